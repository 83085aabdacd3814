import MCLGraph

/// Folds constants, removes what does nothing, and merges views; the rewriter makes equal entries one.
package struct Simplify: Pass {
  package let name = "simplify"
  let rules: [SimplificationRule]

  /// - Parameter rules: the rules to apply, tried in order; tests give one alone.
  package init(rules: [SimplificationRule] = SimplificationRules.all) { self.rules = rules }

  package func run(_ graph: Graph) throws -> Graph {
    var rewriter = GraphRewriter(graph)
    for (index, entry) in graph.entries.enumerated() {
      var operation = entry.operation
      var operands = entry.operands.map { rewriter.mapping[$0] }
      var target: Int?
      // What one rule makes may be what another one takes: a reshape of a reshape may change nothing.
      while target == nil {
        let site = RewriteSite(
          operation: operation, operands: operands, type: entry.type,
          entries: operands.map { rewriter.result.entries[$0] })
        switch rules.lazy.compactMap({ $0.apply(site) }).first {
        case .operand(let existing): target = existing
        case .operation(let simpler, let remaining): (operation, operands) = (simpler, remaining)
        case nil: target = try rewriter.append(operation, operands, like: entry)
        }
      }
      rewriter.map(index, to: target ?? -1)
    }
    return rewriter.finish()
  }
}

/// An operation about to be added, and the entries of its operands.
package struct RewriteSite {
  package var operation: any Operation
  package var operands: [Int]
  package var type: TensorType
  package var entries: [Graph.Entry]

  func entry(_ position: Int) -> Graph.Entry { entries[position] }
  func constant(_ position: Int) -> Double? { (entry(position).operation as? Constant)?.value }
}

/// One rule: what it is called, and what it makes of a site it recognises.
package struct SimplificationRule: Sendable {
  package enum Outcome {
    /// The value of an entry that is there already.
    case operand(Int)
    case operation(any Operation, [Int])
  }

  package var name: String
  package var apply: @Sendable (RewriteSite) -> Outcome?

  package init(name: String, apply: @escaping @Sendable (RewriteSite) -> Outcome?) {
    self.name = name
    self.apply = apply
  }
}

/// The rules, tried in order. Each gives the same bits for every float: NaN, infinities and the sign of zero included.
package enum SimplificationRules {
  package static let all: [SimplificationRule] = [
    SimplificationRule(name: "fold constants") { site in
      guard !site.operands.isEmpty, site.type.count <= maximumElementCount else { return nil }
      let scalars = site.entries.compactMap { ($0.operation as? Constant)?.number }
      guard scalars.count == site.operands.count else { return nil }
      switch site.operation {
      case is Unary, is Binary, is Select, is Convert:
        guard let value = folded(site, scalars) else { return nil }
        return .operation(Constant(value, site.type), [])
      case is Broadcast, is Reshape, is Transpose, is Slice:
        return .operation(Constant(scalars[0], site.type), [])
      default: return nil
      }
    },
    // x + 0 is not x where x is -0.
    SimplificationRule(name: "x + -0, x - 0, x * 1, x / 1 are x") { site in
      guard let binary = site.operation as? Binary else { return nil }
      let (left, right) = (site.constant(0), site.constant(1))
      let isInteger = site.type.element == .int64
      func isZero(_ value: Double?, _ sign: FloatingPointSign) -> Bool {
        value == 0 && (isInteger || value?.sign == sign)
      }
      switch binary.function {
      case .add where isZero(right, .minus): return .operand(site.operands[0])
      case .add where isZero(left, .minus): return .operand(site.operands[1])
      case .subtract where isZero(right, .plus): return .operand(site.operands[0])
      case .multiply where right == 1: return .operand(site.operands[0])
      case .multiply where left == 1: return .operand(site.operands[1])
      case .divide where right == 1: return .operand(site.operands[0])
      default: return nil
      }
    },
    SimplificationRule(name: "a sum of zeros is zero") { site in
      guard (site.operation as? Reduce)?.kind == .sum, site.constant(0) == 0 else { return nil }
      return .operation(Constant(.integer(0), site.type), [])
    },
    SimplificationRule(name: "-(-x) is x") { site in
      guard (site.operation as? Unary)?.function == .negate,
        (site.entry(0).operation as? Unary)?.function == .negate
      else { return nil }
      return .operand(site.entry(0).operands[0])
    },
    SimplificationRule(name: "a view that changes nothing") { site in
      guard site.operation is Reshape || site.operation is Broadcast, site.entry(0).type == site.type else {
        return nil
      }
      return .operand(site.operands[0])
    },
    SimplificationRule(name: "a reshape of a reshape") { site in
      guard site.operation is Reshape, site.entry(0).operation is Reshape else { return nil }
      return .operation(site.operation, [site.entry(0).operands[0]])
    },
    SimplificationRule(name: "a transpose of a transpose") { site in
      guard let outer = site.operation as? Transpose, let inner = site.entry(0).operation as? Transpose else {
        return nil
      }
      let permutation = outer.permutation.map { inner.permutation[$0] }
      let source = site.entry(0).operands[0]
      return permutation == Array(permutation.indices)
        ? .operand(source) : .operation(Transpose(permutation), [source])
    },
    SimplificationRule(name: "select between equals") { site in
      guard site.operation is Select, site.operands[2] == site.operands[3] else { return nil }
      return .operand(site.operands[2])
    },
  ]

  /// The value of an operation on constants, where compiled code would compute the same number: nil where rounding each
  /// operand and result to its element type gives another, and for functions that kernels approximate.
  private static func folded(_ site: RewriteSite, _ scalars: [Scalar]) -> Scalar? {
    if let unary = site.operation as? Unary, [.exponential, .logarithm].contains(unary.function) {
      return nil
    }
    func evaluated(_ prepare: (Double) -> Double) -> Value {
      let operands = zip(site.entries, scalars).map { entry, scalar in
        let type = TensorType(entry.type.element, [])
        return switch scalar {
        case .float(let value): Value(type, [prepare(value)])
        case .integer(let value): Value(type, integers: [value])
        }
      }
      return site.operation.evaluate(operands, result: TensorType(site.type.element, []))
    }
    let (value, rounded) = (evaluated { $0 }, evaluated { Double(Float($0)) })
    if site.type.element == .int64 {
      return value.integers == rounded.integers ? .integer(value.integers[0]) : nil
    }
    let (exact, single) = (value.elements[0], rounded.elements[0])
    if exact.isNaN { return single.isNaN ? .float(exact) : nil }
    return Float(exact).bitPattern == Float(single).bitPattern ? .float(exact) : nil
  }
}
