import MCLGraph

/// Makes the softmax of a few rows over many products one sweep (`ExponentialSums`) where nothing but sums is wanted of
/// it: with `x = scale x a b^T`, the maximum of x along its columns, the sum of `exp(x - max)`, and products of the
/// exponentials, times factors of their row, with b itself, as the gradient of a log-sum-exp by a has them.
///
/// Neither x nor the exponentials are stored then, and b is read once. Where anything else reads one of these (a name, a
/// second derivative, a derivative by b), everything is left as it is.
public struct SweepSoftmax: DecidingPass {
  public let name = "sweep-softmax"
  public let purpose =
    "A softmax over many products of which only sums are wanted is summed on the way, and the products are not stored."

  /// With more rows, the products are worth a kernel of their own.
  private static let mostRows = 64
  /// With fewer terms, there is little to store.
  private static let leastTerms = 1024
  /// The length of a row is a multiple of this, so of every target's vectors.
  private static let depthUnit = 16

  public init() {}

  /// Exponentials of products, and what is wanted of them.
  private struct Site {
    var maximum: Int
    var a: Int
    var b: Int
    var scale: Double
    var sums: [Int] = []
    /// Products with b, each with the factors that are the same along a row.
    var products: [(entry: Int, factors: [Int])] = []
  }

  public func run(_ graph: Graph, decisions: inout [Decision]) throws -> Graph {
    var readers = [[Int]](repeating: [], count: graph.entries.count)
    for (index, entry) in graph.entries.enumerated() {
      for operand in Set(entry.operands) { readers[operand].append(index) }
    }
    let named = Set(graph.roots)
    var operations: [Int: ExponentialSums] = [:]
    var sites: [Int: Site] = [:]
    for (index, entry) in graph.entries.enumerated() {
      guard var site = Self.site(index, graph) else { continue }
      let reason =
        Self.shapeReason(site, graph)
        ?? (Self.isSeen(index, site, graph, readers, named) ? "its products are read elsewhere" : nil)
        ?? (Self.collect(index, factors: [], &site, graph, readers, named)
          ? nil : "more is read of it than sums along its rows and products with what it is made of")
        ?? (site.products.isEmpty ? "no product with what it is made of is wanted" : nil)
      let targets = (site.sums + site.products.map(\.entry)).map { graph.entries[$0] }
      decisions.append(Decision(name, entry, targets: reason == nil ? targets : [], reason: reason))
      guard reason == nil else { continue }
      operations[site.maximum] = ExponentialSums(scale: site.scale)
      for made in [site.maximum] + site.sums + site.products.map(\.entry) { sites[made] = site }
    }
    guard !sites.isEmpty else { return graph }

    var rewriter = GraphRewriter(graph)
    var sweeps: [Int: Int] = [:]
    for (index, entry) in graph.entries.enumerated() {
      guard let site = sites[index] else {
        try rewriter.copy(index)
        continue
      }
      if let operation = operations[index] {
        sweeps[index] = try rewriter.append(
          operation, [site.a, site.b].map { rewriter.mapping[$0] }, like: entry)
      }
      guard let sweep = sweeps[site.maximum] else { continue }
      let depth = graph.entries[site.a].type.shape[1]
      func part(_ start: Int, _ end: Int) throws -> Int {
        try rewriter.append(Slice(axis: 1, start: start, end: end), [sweep], like: entry)
      }
      if index == site.maximum {
        rewriter.map(index, to: try part(depth + 1, depth + 2))
      } else if let product = site.products.first(where: { $0.entry == index }) {
        var result = try part(0, depth)
        for factor in product.factors {
          let scaled = try Self.factor(factor, shape: entry.type.shape, &rewriter, like: entry)
          result = try rewriter.append(Binary(.multiply), [result, scaled], like: entry)
        }
        rewriter.map(index, to: result)
      } else {
        rewriter.map(index, to: try part(depth, depth + 1))
      }
    }
    return try EliminateDeadCode().run(rewriter.finish())
  }

  /// `exp(x - max x)` with `x = scale x a b^T`.
  private static func site(_ index: Int, _ graph: Graph) -> Site? {
    func binary(_ entry: Int, _ function: BinaryFunction) -> (Int, Int)? {
      guard (graph.entries[entry].operation as? Binary)?.function == function else { return nil }
      return (graph.entries[entry].operands[0], graph.entries[entry].operands[1])
    }
    guard (graph.entries[index].operation as? Unary)?.function == .exponential,
      graph.entries[index].type.rank == 2,
      let (x, shift) = binary(graph.entries[index].operands[0], .subtract),
      graph.entries[shift].operation is Broadcast, let maximum = graph.entries[shift].operands.first,
      let reduce = graph.entries[maximum].operation as? Reduce, reduce.kind == .maximum, reduce.axes == [1],
      graph.entries[maximum].operands == [x]
    else { return nil }
    var product = x
    var scale = 1.0
    if let (left, right) = binary(x, .multiply) {
      if let constant = graph.entries[right].operation as? Constant {
        (product, scale) = (left, constant.value)
      } else if let constant = graph.entries[left].operation as? Constant {
        (product, scale) = (right, constant.value)
      }
    }
    guard graph.entries[product].operation is MatrixMultiply,
      let transpose = graph.entries[graph.entries[product].operands[1]].operation as? Transpose,
      transpose.permutation == [1, 0]
    else { return nil }
    return Site(
      maximum: maximum, a: graph.entries[product].operands[0],
      b: graph.entries[graph.entries[product].operands[1]].operands[0], scale: scale)
  }

  private static func shapeReason(_ site: Site, _ graph: Graph) -> String? {
    let (a, b) = (graph.entries[site.a].type.shape, graph.entries[site.b].type.shape)
    if a[0] > mostRows { return "it has more than \(mostRows) rows" }
    if b[0] < leastTerms { return "it has fewer than \(leastTerms) terms" }
    return a[1] % depthUnit == 0 ? nil : "its rows' length is no multiple of \(depthUnit)"
  }

  /// Whether anything else reads what lies between a, b and the exponentials.
  private static func isSeen(
    _ index: Int, _ site: Site, _ graph: Graph, _ readers: [[Int]], _ named: Set<Int>
  ) -> Bool {
    let difference = graph.entries[index].operands[0]
    let x = graph.entries[difference].operands[0]
    var inner: [(entry: Int, readers: Set<Int>)] = [(difference, [index]), (x, [difference, site.maximum])]
    if !(graph.entries[x].operation is MatrixMultiply) {
      let product = graph.entries[x].operands.first { graph.entries[$0].operation is MatrixMultiply }
      if let product { inner.append((product, [x])) }
    }
    return inner.contains { named.contains($0.entry) || !$0.readers.isSuperset(of: readers[$0.entry]) }
  }

  /// Finds the sums and products that an entry, the exponentials times these factors, is read for; false where it is
  /// read for something else.
  private static func collect(
    _ index: Int, factors: [Int], _ site: inout Site, _ graph: Graph, _ readers: [[Int]],
    _ named: Set<Int>
  ) -> Bool {
    guard !named.contains(index) else { return false }
    for reader in readers[index] {
      let entry = graph.entries[reader]
      switch entry.operation {
      case let reduce as Reduce where reduce.kind == .sum && reduce.axes == [1] && factors.isEmpty:
        site.sums.append(reader)
      case let multiply as Binary where multiply.function == .multiply:
        guard let factor = entry.operands.first(where: { $0 != index }), isSameAlongRows(factor, graph),
          collect(reader, factors: factors + [factor], &site, graph, readers, named)
        else { return false }
      case is MatrixMultiply where entry.operands == [index, site.b]:
        site.products.append((reader, factors))
      default: return false
      }
    }
    return true
  }

  private static func isSameAlongRows(_ factor: Int, _ graph: Graph) -> Bool {
    let entry = graph.entries[factor]
    if entry.operation is Constant { return true }
    return entry.operation is Broadcast && graph.entries[entry.operands[0]].type.shape[1] == 1
  }

  /// A factor that is the same along rows, for rows of another length.
  private static func factor(
    _ index: Int, shape: [Int], _ rewriter: inout GraphRewriter, like entry: Graph.Entry
  ) throws -> Int {
    let made = rewriter.source.entries[index]
    if let constant = made.operation as? Constant {
      return try rewriter.append(
        Constant(value: constant.value, shape: shape, element: .float32), [], like: entry)
    }
    return try rewriter.append(Broadcast(to: shape), [rewriter.mapping[made.operands[0]]], like: entry)
  }
}
