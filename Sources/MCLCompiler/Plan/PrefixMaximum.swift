/// The largest of the first numbers of a list, for any count of them, while single ones grow: a binary indexed tree.
package struct PrefixMaximum {
  private var tree: [Int]

  /// - Parameter count: numbers, of which each is -1 at first.
  package init(count: Int) { tree = [Int](repeating: -1, count: count + 1) }

  /// Makes the number at a position at least `value`.
  package mutating func raise(_ position: Int, to value: Int) {
    var node = position + 1
    while node < tree.count {
      tree[node] = max(tree[node], value)
      node += node & -node
    }
  }

  /// The largest number up to a position.
  package func maximum(through position: Int) -> Int {
    var node = position + 1
    var result = -1
    while node > 0 {
      result = max(result, tree[node])
      node -= node & -node
    }
    return result
  }
}
