/// The median of every 5x5 neighbourhood, edge pixels repeated.
///
/// The five values of each column are sorted once and shared by the five windows that hold the column; sorting then
/// the five ranks across the columns leaves a matrix sorted both ways, in which only 13 of the 25 entries can be
/// the median: entry (i, j) has (i+1)(j+1) - 1 entries that are not above it and (5-i)(5-j) - 1 not below.
package struct MedianFilter {
  /// Five rows of one sorted rank each, with 8 columns of padding on both sides as in a plane.
  private let ranks: UnsafeMutablePointer<Float>
  private let rankStride: Int
  private let memory: FlowPlane

  package init(_ largest: PlaneLayout) {
    rankStride = largest.stride
    memory = FlowPlane(PlaneLayout(width: largest.vectorWidth, height: 5))
    ranks = memory.pixels
  }

  /// Writes the medians of `source` to `target`; fills the padding of `source`.
  package func run(_ source: FlowPlane, to target: FlowPlane) {
    let layout = source.layout
    source.replicateEdges(2)
    for y in 0..<layout.height {
      sortColumns(UnsafePointer(source.pixels + y * layout.stride), layout)
      combine(target.pixels + y * layout.stride, layout)
    }
  }

  /// Ranks of the columns -4 ..< vectorWidth + 4, in the source's padding of 8.
  private func sortColumns(_ row: UnsafePointer<Float>, _ layout: PlaneLayout) {
    let stride = layout.stride
    var x = -4
    while x < layout.vectorWidth + 4 {
      var a = row.lanes4(x - 2 * stride)
      var b = row.lanes4(x - stride)
      var c = row.lanes4(x)
      var d = row.lanes4(x + stride)
      var e = row.lanes4(x + 2 * stride)
      sort(&a, &b, &c, &d, &e)
      ranks.store(a, x)
      ranks.store(b, x + rankStride)
      ranks.store(c, x + 2 * rankStride)
      ranks.store(d, x + 3 * rankStride)
      ranks.store(e, x + 4 * rankStride)
      x += 4
    }
  }

  /// Medians of the columns 0 ..< vectorWidth from the ranks of the columns -2 ..< vectorWidth + 2.
  private func combine(_ target: UnsafeMutablePointer<Float>, _ layout: PlaneLayout) {
    var x = 0
    while x < layout.vectorWidth {
      var (_, _, _, p, z) = sortedRank(0, x)
      var (_, _, q, y, t) = sortedRank(1, x)
      var (_, r, e, u, _) = sortedRank(2, x)
      var (s, f, v, _, _) = sortedRank(3, x)
      var (g, w, _, _, _) = sortedRank(4, x)
      // Dropping the least and the greatest of eight candidates, then of seven with one more among them, and so on
      // leaves the seventh of the thirteen.
      // p q r s hold the least of eight candidates, t u v w the greatest: drop p and w.
      exchange(&p, &q)
      exchange(&r, &s)
      exchange(&p, &r)
      exchange(&t, &u)
      exchange(&v, &w)
      exchange(&u, &w)
      // Of the six left and e drop q and e.
      exchange(&q, &t)
      exchange(&r, &u)
      exchange(&s, &v)
      exchange(&q, &e)
      exchange(&q, &r)
      exchange(&q, &s)
      exchange(&t, &u)
      exchange(&v, &e)
      exchange(&u, &e)
      // Of the five left and y drop r and y.
      exchange(&r, &u)
      exchange(&s, &v)
      exchange(&t, &y)
      exchange(&r, &s)
      exchange(&r, &t)
      exchange(&u, &y)
      exchange(&v, &y)
      // Of the four left and f drop s and f.
      exchange(&s, &v)
      exchange(&t, &f)
      exchange(&s, &u)
      exchange(&s, &t)
      exchange(&v, &f)
      exchange(&u, &f)
      // Of the three left and z drop t and z.
      exchange(&t, &v)
      exchange(&u, &z)
      exchange(&t, &u)
      exchange(&v, &z)
      // The middle of u, v and g.
      exchange(&u, &g)
      exchange(&u, &v)
      exchange(&v, &g)
      target.store(v, x)
      x += 4
    }
  }

  @inline(__always)
  private func sortedRank(_ rank: Int, _ x: Int) -> (Lanes4, Lanes4, Lanes4, Lanes4, Lanes4) {
    let row = ranks + rank * rankStride + x
    var (a, b, c, d, e) = (row.lanes4(-2), row.lanes4(-1), row.lanes4(0), row.lanes4(1), row.lanes4(2))
    sort(&a, &b, &c, &d, &e)
    return (a, b, c, d, e)
  }

  @inline(__always)
  private func exchange(_ a: inout Lanes4, _ b: inout Lanes4) {
    (a, b) = (.lower(a, b), .upper(a, b))
  }

  /// The nine-comparator network for five values.
  @inline(__always)
  private func sort(
    _ a: inout Lanes4, _ b: inout Lanes4, _ c: inout Lanes4, _ d: inout Lanes4, _ e: inout Lanes4
  ) {
    exchange(&a, &d)
    exchange(&b, &e)
    exchange(&a, &c)
    exchange(&b, &d)
    exchange(&a, &b)
    exchange(&c, &e)
    exchange(&b, &c)
    exchange(&d, &e)
    exchange(&c, &d)
  }
}
