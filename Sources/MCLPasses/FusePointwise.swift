import MCLGraph

/// Computes maps inside their readers instead of storing them, where that saves traffic: a map with one reader
/// always; one with several where they all can take it and reading its operands again costs no more than writing
/// and reading it back. Contractions take plain views only, since their kernels want plain products.
package struct FusePointwise: DecidingPass {
  package let name = "fuse-pointwise"
  package let purpose =
    "Maps are computed where they are read instead of being stored."
  static let operationLimit = 96
  static let accessLimit = 16

  package init() {}

  /// Why a map is stored and not computed inside its readers.
  enum Refusal: String {
    case isReduction = "a reduction is stored where it is read"
    case isNamed = "an output, an update or a tap, which is stored"
    case isReadAsItIs = "read through a reshape, or by an update of rows"
    case isReadByContraction = "read by a contraction, whose kernels take plain products of reads"
    case isRepeated = "smaller than what reads it: it would be computed again and again"
    case hasOtherAxes = "read at places, such as padding, at which it cannot be computed"
    case isExpensive = "several readers, and a formula too dear to compute in each"
    case readsMore = "several readers: reading its operands in each costs more than storing it"
    case isPadded = "a product with padding, which kernels of sums of products would leave out"
    case isTooLarge = "the formula or its reads would be over the limit of a kernel"
  }

  package func run(_ graph: Graph, decisions: inout [Decision]) throws -> Graph {
    let uses = graph.useCounts()
    var readers = [[Int]](repeating: [], count: graph.entries.count)
    for (index, entry) in graph.entries.enumerated() {
      for operand in Set(entry.operands) { readers[operand].append(index) }
    }
    let roots = Set(graph.roots)
    var computations = graph.entries.map { entry in
      (entry.operation as? Compute).map {
        FusedComputation(comprehension: $0.comprehension, operands: entry.operands, parts: $0.parts)
      }
    }

    // One answer a producer, so that all its readers do the same.
    var answers: [Int: Refusal?] = [:]
    func refusal(of producer: Int) -> Refusal? {
      if let known = answers[producer] { return known }
      let answer = whyNotInReaders(producer)
      answers[producer] = .some(answer)
      return answer
    }

    /// Why entry `producer` may not be computed inside every reader; nil where it may.
    func whyNotInReaders(_ producer: Int) -> Refusal? {
      guard let computation = computations[producer], computation.comprehension.reduction == .none else {
        return .isReduction
      }
      if roots.contains(producer) { return .isNamed }
      let inner = computation.comprehension
      if isView(inner) { return nil }
      for reader in readers[producer] {
        guard let outer = computations[reader] else { return .isReadAsItIs }
        if outer.isContraction { return .isReadByContraction }
        // A small value read by a large computation would be computed again and again.
        if inner.body.operationCount > 0, inner.outputCount * 2 < outer.comprehension.axes.reduce(1, *) {
          return .isRepeated
        }
        let accesses = outer.comprehension.accesses.indices.filter {
          outer.operands[outer.comprehension.accesses[$0].operand] == producer
        }
        if !accesses.allSatisfy({ outer.canInline(computation, at: $0) }) { return .hasOtherAxes }
      }
      guard readers[producer].count > 1 || uses[producer] > 1 else { return nil }
      let large = inner.accesses.count { access in
        access.indices.map(\.extent).reduce(1, *) * 2 > inner.outputCount
      }
      let count = readers[producer].count
      if inner.isExpensive { return .isExpensive }
      return count * large <= count + 1 + large ? nil : .readsMore
    }

    // What became of each producer, for the decisions.
    var takers: [Int: [Int]] = [:]
    var refusals: [Int: (refusal: Refusal, readers: [Int])] = [:]

    for index in graph.entries.indices {
      guard var computation = computations[index] else { continue }
      var refused = Set<Int>()
      var access = 0
      while access < computation.comprehension.accesses.count {
        let producer = computation.operands[computation.comprehension.accesses[access].operand]
        guard !refused.contains(producer), let inner = computations[producer] else {
          access += 1
          continue
        }
        var refusal: Refusal? =
          computation.isContraction
          ? isPermutation(inner.comprehension) ? nil : .isReadByContraction : refusal(of: producer)
        let fused = refusal == nil ? computation.inlining(inner, at: access) : nil
        if let fused, !fused.isWithinLimits { refusal = .isTooLarge }
        if let fused, computation.isContraction, !fused.isContraction { refusal = .isReadByContraction }
        if let fused, !computation.isContraction, fused.isContraction, fused.comprehension.isPadded {
          refusal = .isPadded
        }
        guard refusal == nil, let fused else {
          refused.insert(producer)
          refusals[producer, default: (refusal ?? .hasOtherAxes, [])].readers.append(index)
          access += 1
          continue
        }
        takers[producer, default: []].append(index)
        computation = fused
        access = 0
      }
      computations[index] = computation
    }

    for (producer, entry) in graph.entries.enumerated() {
      guard let inner = (entry.operation as? Compute)?.comprehension, inner.reduction == .none else {
        continue
      }
      if let (refusal, readers) = refusals[producer] {
        decisions.append(
          Decision(
            name, entry, targets: readers.map { graph.entries[$0] }, reason: refusal.rawValue))
      } else if let takers = takers[producer], !isView(inner) {
        decisions.append(Decision(name, entry, targets: takers.map { graph.entries[$0] }))
      }
    }

    var rewriter = GraphRewriter(graph)
    for (index, entry) in graph.entries.enumerated() {
      guard let computation = computations[index], let compute = entry.operation as? Compute else {
        try rewriter.copy(index)
        continue
      }
      let operands = computation.operands.map { rewriter.mapping[$0] }
      rewriter.map(
        index,
        to: try rewriter.append(
          Compute(computation.comprehension, shape: compute.shape, parts: computation.parts), operands,
          like: entry))
    }
    return try EliminateDeadCode().run(rewriter.finish())
  }

  private func isView(_ comprehension: Comprehension) -> Bool {
    switch comprehension.body {
    case .load, .constant: true
    default: false
    }
  }

  /// A view that only reorders axes.
  private func isPermutation(_ comprehension: Comprehension) -> Bool {
    guard case .load = comprehension.body, comprehension.reduction == .none, comprehension.accesses.count == 1
    else {
      return false
    }
    var covered = Set<Int>()
    for index in comprehension.accesses[0].indices where index.extent != 1 {
      let axes = index.coefficients.indices.filter { index.coefficients[$0] != 0 }
      guard axes.count == 1, index.coefficients[axes[0]] == 1, index.divisor == 1,
        covered.insert(axes[0]).inserted
      else { return false }
    }
    return comprehension.axes.indices.allSatisfy { comprehension.axes[$0] == 1 || covered.contains($0) }
  }
}

extension Comprehension {
  /// Whether its body is too dear to be computed more often than needed.
  package var isExpensive: Bool {
    var isExpensive = body.operationCount > 24
    body.forEach { node in
      switch node {
      case .unary(.exponential, _), .unary(.logarithm, _), .unary(.squareRoot, _), .binary(.remainder, _, _):
        isExpensive = true
      default: break
      }
    }
    return isExpensive
  }
}

extension Comprehension {
  /// Whether some read may fall outside its operand.
  fileprivate var isPadded: Bool { accesses.contains { $0.mayFallOutside(axes: axes) } }
}

extension FusedComputation {
  /// A sum of products of two reads, large enough for the contraction kernels.
  package var isContraction: Bool {
    guard comprehension.reduction == .sum,
      case .binary(.multiply, .load(let a), .load(let b)) = comprehension.body,
      a != b
    else { return false }
    // Every reduction axis is used by both reads, every output axis by at least one.
    func used(_ access: Int) -> Set<Int> {
      var axes = Set<Int>()
      for index in comprehension.accesses[access].indices {
        for (axis, coefficient) in index.coefficients.enumerated() where coefficient != 0 {
          axes.insert(axis)
        }
      }
      return axes
    }
    let (left, right) = (used(a), used(b))
    let sized = comprehension.axes.indices.filter { comprehension.axes[$0] != 1 }
    let isProduct = sized.allSatisfy { axis in
      axis < comprehension.outputRank
        ? left.contains(axis) || right.contains(axis) : left.contains(axis) && right.contains(axis)
    }
    let rows = sized.filter { $0 < comprehension.outputRank && left.contains($0) && !right.contains($0) }
    let columns = sized.filter { $0 < comprehension.outputRank && !left.contains($0) && right.contains($0) }
    return isProduct && !rows.isEmpty && !columns.isEmpty
  }

  package var isWithinLimits: Bool {
    comprehension.accesses.count <= FusePointwise.accessLimit
      && comprehension.body.operationCount + comprehension.epilogue.operationCount
        <= FusePointwise.operationLimit
  }
}
