/// The sums of a softmax over products of rows (`ExponentialSums` says which): operands a [rows, depth] and
/// b [terms, depth], result [rows, depth + 2].
public struct SoftmaxSweep: Hashable, Sendable {
  public var rows: Int
  public var terms: Int
  /// A multiple of the target's lanes.
  public var depth: Int
  public var scale: Double

  public init(rows: Int, terms: Int, depth: Int, scale: Double) {
    self.rows = rows
    self.terms = terms
    self.depth = depth
    self.scale = scale
  }
}
