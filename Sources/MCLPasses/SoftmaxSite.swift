import MCLGraph

/// Products `x = scale x a b^T` whose exponentials are summed, and what becomes of every entry that is made of them.
struct SoftmaxSite {
  /// What an entry is, in terms of x, of its maximum m along rows, and of `e = exp(x - m)`.
  enum Role {
    /// x itself, or the product before it is scaled.
    case scores
    /// m
    case maximum
    /// x - c, by the entry of c, which is the same along rows.
    case shifted(by: Int)
    /// `exp(x - c)`
    case exponentials(over: Int)
    /// Exponentials by a factor that is the same along rows.
    case scaled(Int, BinaryFunction, by: Int)
    case negated(Int)
    case combined(Int, BinaryFunction, Int)
    /// Such exponentials with zero added, which shows in no sum.
    case unchanged(Int)
    /// The sum of such exponentials along rows.
    case total(of: Int)
    /// The product of such exponentials with b.
    case weighted(of: Int)
  }

  let scores: Int
  let a: Int
  let b: Int
  private(set) var scale = 1.0
  private(set) var roles: [Int: Role] = [:]

  /// What others read: maxima, sums and products.
  var results: [Int] {
    roles.filter {
      switch $0.value {
      case .maximum, .total, .weighted: true
      default: false
      }
    }.keys.sorted()
  }

  /// The operands of a product `a b^T` of matrices.
  static func product(at index: Int, _ graph: Graph) -> (a: Int, b: Int)? {
    let entry = graph.entries[index]
    guard entry.operation is MatrixMultiply, entry.type.rank == 2,
      let transpose = graph.entries[entry.operands[1]].operation as? Transpose,
      transpose.permutation == [1, 0]
    else { return nil }
    return (entry.operands[0], graph.entries[entry.operands[1]].operands[0])
  }

  /// - Returns: nil unless an entry is such a product, scaled if it is read scaled, from which something of its row is
  ///   subtracted before exponentials are taken.
  init?(scoresAt index: Int, _ graph: Graph, _ readers: [[Int]]) {
    let entry = graph.entries[index]
    var product = index
    if let function = (entry.operation as? Binary)?.function, function == .multiply || function == .divide {
      let sides = function == .multiply ? [0, 1] : [0]
      guard
        let side = sides.first(where: { Self.product(at: entry.operands[$0], graph) != nil }),
        let constant = graph.entries[entry.operands[1 - side]].operation as? Constant
      else { return nil }
      product = entry.operands[side]
      scale = function == .multiply ? constant.value : 1 / constant.value
      roles[product] = .scores
    }
    guard let (a, b) = Self.product(at: product, graph),
      readers[index].contains(where: { reader in
        (graph.entries[reader].operation as? Binary)?.function == .subtract
          && readers[reader].contains { (graph.entries[$0].operation as? Unary)?.function == .exponential }
      })
    else { return nil }
    (scores, self.a, self.b) = (index, a, b)
    roles[index] = .scores
  }

  /// Follows what is made of x to the sums and products; says why where something else is made of it.
  mutating func followingReason(_ graph: Graph, _ readers: [[Int]], _ names: Set<Int>) -> String? {
    var hasProducts = false
    for (index, entry) in graph.entries.enumerated() where roles[index] == nil {
      guard entry.operands.contains(where: isStored) else { continue }
      guard let role = role(of: entry, graph) else {
        return "\(entry.operation.choiceName) reads it or its exponentials, which have to be stored then"
      }
      if case .weighted = role { hasProducts = true }
      roles[index] = role
    }
    if roles.keys.contains(where: { names.contains($0) && isStored($0) }) {
      return "it or its exponentials have a name that has to be kept"
    }
    return hasProducts ? nil : "no product with what it is made of is wanted"
  }

  /// Whether an entry would be as long as x.
  func isStored(_ index: Int) -> Bool {
    switch roles[index] {
    case .scores, .shifted, .exponentials, .scaled, .negated, .combined, .unchanged: true
    case .maximum, .total, .weighted, nil: false
    }
  }

  private func isExponentials(_ index: Int) -> Bool {
    switch roles[index] {
    case .exponentials, .scaled, .negated, .combined, .unchanged: true
    default: false
    }
  }

  private func role(of entry: Graph.Entry, _ graph: Graph) -> Role? {
    let operands = entry.operands
    switch entry.operation {
    case let reduce as Reduce where reduce.axes == [1]:
      if reduce.kind == .maximum, operands[0] == scores { return .maximum }
      return reduce.kind == .sum && isExponentials(operands[0]) ? .total(of: operands[0]) : nil
    case is MatrixMultiply where operands[1] == b && isExponentials(operands[0]):
      return .weighted(of: operands[0])
    case let unary as Unary:
      if unary.function == .negate, isExponentials(operands[0]) { return .negated(operands[0]) }
      guard unary.function == .exponential, case .shifted(let shift) = roles[operands[0]] else { return nil }
      return .exponentials(over: shift)
    case let binary as Binary: return role(of: binary.function, operands, graph)
    default: return nil
    }
  }

  private func role(of function: BinaryFunction, _ operands: [Int], _ graph: Graph) -> Role? {
    let (left, right) = (operands[0], operands[1])
    switch function {
    case .subtract where left == scores && Self.isSameAlongRows(right, graph): return .shifted(by: right)
    case .add where isExponentials(left) && Self.isZero(right, graph): return .unchanged(left)
    case .add where isExponentials(right) && Self.isZero(left, graph): return .unchanged(right)
    case .add, .subtract:
      return isExponentials(left) && isExponentials(right) ? .combined(left, function, right) : nil
    case .multiply where isExponentials(right) && Self.isSameAlongRows(left, graph):
      return .scaled(right, .multiply, by: left)
    case .multiply, .divide:
      return isExponentials(left) && Self.isSameAlongRows(right, graph)
        ? .scaled(left, function, by: right) : nil
    default: return nil
    }
  }

  private static func isZero(_ index: Int, _ graph: Graph) -> Bool {
    (graph.entries[index].operation as? Constant)?.value == 0
  }

  private static func isSameAlongRows(_ index: Int, _ graph: Graph) -> Bool {
    let entry = graph.entries[index]
    if entry.operation is Constant { return true }
    return entry.operation is Broadcast && graph.entries[entry.operands[0]].type.shape[1] == 1
  }
}
