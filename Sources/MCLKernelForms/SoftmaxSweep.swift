/// The sums of a softmax over products of rows (`ExponentialSums` says which): operands a [rows, depth] and
/// b [terms, depth], result [rows, depth + 2].
package struct SoftmaxSweep: Hashable, Sendable {
  package var rows: Int
  package var terms: Int
  /// A multiple of the target's lanes.
  package var depth: Int
  package var scale: Double

  package init(rows: Int, terms: Int, depth: Int, scale: Double) {
    self.rows = rows
    self.terms = terms
    self.depth = depth
    self.scale = scale
  }
}
