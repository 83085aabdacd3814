import MCLGraph

/// Computes maps inside their readers instead of storing them, where that saves traffic: a map with one reader
/// always; one with several where they all can take it and reading its operands again costs no more than writing
/// and reading it back. Contractions take plain views only, since their kernels want plain products.
public struct FusePointwise: Pass {
  public let name = "fuse-pointwise"
  static let operationLimit = 96
  static let accessLimit = 16

  public init() {}

  public func run(_ graph: Graph) throws -> Graph {
    let uses = graph.useCounts()
    var readers = [[Int]](repeating: [], count: graph.entries.count)
    for (index, entry) in graph.entries.enumerated() {
      for operand in Set(entry.operands) { readers[operand].append(index) }
    }
    let roots = Set(graph.roots)
    var computations = graph.entries.map { entry in
      (entry.operation as? Compute).map {
        FusedComputation(comprehension: $0.comprehension, operands: entry.operands)
      }
    }

    // One answer a producer, so that all its readers do the same.
    var answers: [Int: Bool] = [:]
    func isFusible(_ producer: Int) -> Bool {
      if let known = answers[producer] { return known }
      let answer = mayMoveIntoReaders(producer)
      answers[producer] = answer
      return answer
    }

    /// Whether entry `producer` may be computed inside every reader.
    func mayMoveIntoReaders(_ producer: Int) -> Bool {
      guard let computation = computations[producer], computation.comprehension.reduction == .none,
        !roots.contains(producer)
      else { return false }
      let inner = computation.comprehension
      if isView(inner) { return true }
      for reader in readers[producer] {
        guard let outer = computations[reader], !outer.isContraction else { return false }
        // A small value read by a large computation would be computed again and again.
        if inner.body.operationCount > 0, inner.outputCount * 2 < outer.comprehension.axes.reduce(1, *) {
          return false
        }
        let accesses = outer.comprehension.accesses.indices.filter {
          outer.operands[outer.comprehension.accesses[$0].operand] == producer
        }
        if accesses.contains(where: { outer.inlining(computation, at: $0) == nil }) { return false }
      }
      guard readers[producer].count > 1 || uses[producer] > 1 else { return true }
      let large = inner.accesses.count { access in
        access.indices.map(\.extent).reduce(1, *) * 2 > inner.outputCount
      }
      let count = readers[producer].count
      return !isExpensive(inner) && count * large <= count + 1 + large
    }

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
        let isAllowed =
          computation.isContraction ? isPermutation(inner.comprehension) : isFusible(producer)
        guard isAllowed, let fused = computation.inlining(inner, at: access), fused.isWithinLimits,
          !computation.isContraction || fused.isContraction
        else {
          refused.insert(producer)
          access += 1
          continue
        }
        computation = fused
        access = 0
      }
      computations[index] = computation
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
          Compute(computation.comprehension, shape: compute.shape), operands, like: entry))
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

  private func isExpensive(_ comprehension: Comprehension) -> Bool {
    var isExpensive = comprehension.body.operationCount > 24
    comprehension.body.forEach { node in
      switch node {
      case .unary(.exponential, _), .unary(.logarithm, _), .unary(.squareRoot, _), .binary(.remainder, _, _):
        isExpensive = true
      default: break
      }
    }
    return isExpensive
  }
}

extension FusedComputation {
  /// A sum of products of two reads, large enough for the contraction kernels.
  var isContraction: Bool {
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

  var isWithinLimits: Bool {
    comprehension.accesses.count <= FusePointwise.accessLimit
      && comprehension.body.operationCount + comprehension.epilogue.operationCount
        <= FusePointwise.operationLimit
  }
}
