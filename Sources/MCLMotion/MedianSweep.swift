import MCLGraph
import MCLKernelForms

/// The median of every 5x5 neighbourhood, edge pixels repeated, as data for the stencil kernels: plane 0 to plane 1.
///
/// The five values of each column are sorted once and shared by the five windows that hold the column; sorting then
/// the five ranks across the columns leaves a matrix sorted both ways, in which only 13 of the 25 entries can be
/// the median: entry (i, j) has (i+1)(j+1) - 1 entries that are not above it and (5-i)(5-j) - 1 not below.
package enum MedianSweep {
  /// Planes 2 to 6 hold a row of each rank.
  package static func sweep() -> StencilSweep {
    var columns = StencilSweep.Stage()
    let column = (-2...2).map { columns.tap(0, row: $0) }
    var sorted = Network(stage: columns, values: column)
    sorted.sort(0, 1, 2, 3, 4)
    for rank in 0..<5 { sorted.stage.store(sorted.values[rank], in: 2 + rank) }

    var windows = StencilSweep.Stage()
    let values = (0..<5).flatMap { rank in (-2...2).map { windows.tap(2 + rank, column: $0) } }
    var network = Network(stage: windows, values: values)
    for rank in 0..<5 { network.sort(5 * rank, 5 * rank + 1, 5 * rank + 2, 5 * rank + 3, 5 * rank + 4) }
    // Dropping the least and the greatest of eight candidates, then of seven with one more among them, and so on
    // leaves the seventh of the thirteen.
    let (p, z) = (3, 4)
    let (q, y, t) = (7, 8, 9)
    let (r, e, u) = (11, 12, 13)
    let (s, f, v) = (15, 16, 17)
    let (g, w) = (20, 21)
    for (low, high) in [
      // p q r s hold the least of eight candidates, t u v w the greatest: drop p and w.
      (p, q), (r, s), (p, r), (t, u), (v, w), (u, w),
      // Of the six left and e drop q and e.
      (q, t), (r, u), (s, v), (q, e), (q, r), (q, s), (t, u), (v, e), (u, e),
      // Of the five left and y drop r and y.
      (r, u), (s, v), (t, y), (r, s), (r, t), (u, y), (v, y),
      // Of the four left and f drop s and f.
      (s, v), (t, f), (s, u), (s, t), (v, f), (u, f),
      // Of the three left and z drop t and z.
      (t, v), (u, z), (t, u), (v, z),
      // The middle of u, v and g.
      (u, g), (u, v), (v, g),
    ] { network.exchange(low, high) }
    network.stage.store(network.values[v], in: 1)
    return StencilSweep(planeCount: 7, rowPlanes: [2, 3, 4, 5, 6], stages: [sorted.stage, network.stage])
  }

  /// Comparators between numbered values.
  private struct Network {
    var stage: StencilSweep.Stage
    var values: [ScalarExpression]

    /// The smaller to `low`, the larger to `high`.
    mutating func exchange(_ low: Int, _ high: Int) {
      let (a, b) = (values[low], values[high])
      values[low] = stage.value(.select(.less, b, a, then: b, else: a))
      values[high] = stage.value(.select(.less, a, b, then: b, else: a))
    }

    /// The nine-comparator network for five values.
    mutating func sort(_ a: Int, _ b: Int, _ c: Int, _ d: Int, _ e: Int) {
      for (low, high) in [(a, d), (b, e), (a, c), (b, d), (a, b), (c, e), (b, c), (d, e), (c, d)] {
        exchange(low, high)
      }
    }
  }
}
