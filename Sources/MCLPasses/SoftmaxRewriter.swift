import MCLGraph

/// Puts one sweep in the place of every site: what stood for exponentials is the number a row that the sweep's own are
/// to be multiplied by.
struct SoftmaxRewriter {
  private var rewriter: GraphRewriter
  /// Of each site, its sweep in the result.
  private var sweeps: [Int: Int] = [:]
  /// Of each entry that stands for exponentials, its factor [rows, 1] in the result; none where it is 1.
  private var factors: [Int: Int] = [:]

  static func run(_ graph: Graph, _ sites: [SoftmaxSite]) throws -> Graph {
    var siteOf: [Int: SoftmaxSite] = [:]
    for site in sites { for index in site.roles.keys { siteOf[index] = site } }
    var own = SoftmaxRewriter(rewriter: GraphRewriter(graph))
    for index in graph.entries.indices {
      if let site = siteOf[index] {
        try own.take(index, site)
      } else {
        try own.rewriter.copy(index)
      }
    }
    return own.rewriter.finish()
  }

  private mutating func take(_ index: Int, _ site: SoftmaxSite) throws {
    let graph = rewriter.source
    let entry = graph.entries[index]
    let depth = graph.entries[site.a].type.shape[1]
    switch site.roles[index] {
    case .scores where index == site.scores:
      let operands = [site.a, site.b].map { rewriter.mapping[$0] }
      sweeps[index] = try rewriter.append(ExponentialSums(scale: site.scale), operands, like: entry)
    case .scores, .shifted, nil: break
    case .maximum: rewriter.map(index, to: try part(site, depth + 1..<depth + 2, like: entry))
    case .exponentials(let shift):
      let maximum = try part(site, depth + 1..<depth + 2, like: entry)
      let over = try column(shift, like: entry)
      if over == maximum { break }
      let difference = try rewriter.append(Binary(.subtract), [maximum, over], like: entry)
      factors[index] = try rewriter.append(Unary(.exponential), [difference], like: entry)
    case .scaled(let source, let function, let factor):
      let operands = [try known(source, like: entry), try column(factor, like: entry)]
      factors[index] = try rewriter.append(Binary(function), operands, like: entry)
    case .negated(let source):
      factors[index] = try rewriter.append(
        Unary(.negate), [try known(source, like: entry)], like: entry)
    case .unchanged(let source): factors[index] = factors[source]
    case .combined(let left, let function, let right):
      let operands = [try known(left, like: entry), try known(right, like: entry)]
      factors[index] = try rewriter.append(Binary(function), operands, like: entry)
    case .total(let source):
      let sums = try part(site, depth..<depth + 1, like: entry)
      rewriter.map(index, to: try scaled(sums, by: factors[source], like: entry))
    case .weighted(let source):
      let sums = try part(site, 0..<depth, like: entry)
      rewriter.map(index, to: try scaled(sums, by: factors[source], like: entry))
    }
  }

  private mutating func part(
    _ site: SoftmaxSite, _ range: Range<Int>, like entry: Graph.Entry
  ) throws -> Int {
    let slice = Slice(axis: 1, start: range.lowerBound, end: range.upperBound)
    return try rewriter.append(slice, [sweeps[site.scores] ?? -1], like: entry)
  }

  /// The factor of an entry that stands for exponentials, 1 where it has none.
  private mutating func known(_ index: Int, like entry: Graph.Entry) throws -> Int {
    if let factor = factors[index] { return factor }
    let rows = rewriter.source.entries[index].type.shape[0]
    return try rewriter.append(Constant(value: 1, shape: [rows, 1]), [], like: entry)
  }

  private mutating func scaled(_ sums: Int, by factor: Int?, like entry: Graph.Entry) throws -> Int {
    guard let factor else { return sums }
    let factors = try broadcast(factor, rewriter.result.entries[sums].type.shape, like: entry)
    return try rewriter.append(Binary(.multiply), [sums, factors], like: entry)
  }

  /// One number a row of an entry that is the same along rows.
  private mutating func column(_ index: Int, like entry: Graph.Entry) throws -> Int {
    let made = rewriter.source.entries[index]
    let shape = [made.type.shape[0], 1]
    if let constant = made.operation as? Constant {
      return try rewriter.append(Constant(value: constant.value, shape: shape), [], like: entry)
    }
    return try broadcast(rewriter.mapping[made.operands[0]], shape, like: entry)
  }

  private mutating func broadcast(_ place: Int, _ shape: [Int], like entry: Graph.Entry) throws -> Int {
    rewriter.result.entries[place].type.shape == shape
      ? place : try rewriter.append(Broadcast(to: shape), [place], like: entry)
  }
}
