/// The median of every 5x5 neighbourhood, edge pixels repeated.
///
/// The five values of each column are sorted once and shared by the five windows that hold the column; sorting then
/// the five ranks across the columns leaves a matrix sorted both ways, in which only 13 of the 25 entries can be
/// the median: entry (i, j) has (i+1)(j+1) - 1 entries that are not above it and (5-i)(5-j) - 1 not below.
struct MedianFilter {
  /// Five rows of one sorted rank each, with 8 columns of padding on both sides as in a plane.
  private let ranks: UnsafeMutablePointer<Float>
  private let rankStride: Int
  private let memory: FlowPlane

  init(_ largest: PlaneLayout) {
    rankStride = largest.stride
    memory = FlowPlane(PlaneLayout(width: largest.vectorWidth, height: 5))
    ranks = memory.pixels
  }

  /// Writes the medians of `source` to `target`; fills the padding of `source`.
  func run(_ source: FlowPlane, to target: FlowPlane) {
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
      let r0 = sortedRank(0, x)
      let r1 = sortedRank(1, x)
      let r2 = sortedRank(2, x)
      let r3 = sortedRank(3, x)
      let r4 = sortedRank(4, x)
      // Drop the least and the greatest of eight, of seven with one more entry, and so on: what is left is the
      // seventh of the thirteen candidates.
      var w = (r0.3, r1.2, r2.1, r3.0, r1.4, r2.3, r3.2, r4.1)
      dropExtremes(&w.0, &w.1, &w.2, &w.3, &w.4, &w.5, &w.6, &w.7)
      w.0 = r2.2
      dropExtremes(&w.0, &w.1, &w.2, &w.3, &w.4, &w.5, &w.6)
      w.0 = r1.3
      dropExtremes(&w.0, &w.1, &w.2, &w.3, &w.4, &w.5)
      w.0 = r3.1
      dropExtremes(&w.0, &w.1, &w.2, &w.3, &w.4)
      w.0 = r0.4
      dropExtremes(&w.0, &w.1, &w.2, &w.3)
      w.0 = r4.0
      dropExtremes(&w.0, &w.1, &w.2)
      target.store(w.1, x)
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
  private func sort(_ a: inout Lanes4, _ b: inout Lanes4, _ c: inout Lanes4, _ d: inout Lanes4, _ e: inout Lanes4) {
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

  // Each of these moves the least of its values to the first place and the greatest to the last.

  @inline(__always)
  private func dropExtremes(
    _ a: inout Lanes4, _ b: inout Lanes4, _ c: inout Lanes4, _ d: inout Lanes4, _ e: inout Lanes4,
    _ f: inout Lanes4, _ g: inout Lanes4, _ h: inout Lanes4
  ) {
    exchange(&a, &e)
    exchange(&b, &f)
    exchange(&c, &g)
    exchange(&d, &h)
    moveLeast(&a, &b, &c, &d)
    moveGreatest(&e, &f, &g, &h)
  }

  @inline(__always)
  private func dropExtremes(
    _ a: inout Lanes4, _ b: inout Lanes4, _ c: inout Lanes4, _ d: inout Lanes4, _ e: inout Lanes4,
    _ f: inout Lanes4, _ g: inout Lanes4
  ) {
    exchange(&a, &d)
    exchange(&b, &e)
    exchange(&c, &f)
    exchange(&a, &g)
    exchange(&a, &b)
    exchange(&a, &c)
    moveGreatest(&d, &e, &f, &g)
  }

  @inline(__always)
  private func dropExtremes(
    _ a: inout Lanes4, _ b: inout Lanes4, _ c: inout Lanes4, _ d: inout Lanes4, _ e: inout Lanes4,
    _ f: inout Lanes4
  ) {
    exchange(&a, &d)
    exchange(&b, &e)
    exchange(&c, &f)
    exchange(&a, &b)
    exchange(&a, &c)
    exchange(&d, &f)
    exchange(&e, &f)
  }

  @inline(__always)
  private func dropExtremes(
    _ a: inout Lanes4, _ b: inout Lanes4, _ c: inout Lanes4, _ d: inout Lanes4, _ e: inout Lanes4
  ) {
    exchange(&a, &d)
    exchange(&b, &e)
    exchange(&a, &c)
    exchange(&a, &b)
    exchange(&d, &e)
    exchange(&c, &e)
  }

  @inline(__always)
  private func dropExtremes(_ a: inout Lanes4, _ b: inout Lanes4, _ c: inout Lanes4, _ d: inout Lanes4) {
    exchange(&a, &c)
    exchange(&b, &d)
    exchange(&a, &b)
    exchange(&c, &d)
  }

  @inline(__always)
  private func dropExtremes(_ a: inout Lanes4, _ b: inout Lanes4, _ c: inout Lanes4) {
    exchange(&a, &c)
    exchange(&a, &b)
    exchange(&b, &c)
  }

  @inline(__always)
  private func moveLeast(_ a: inout Lanes4, _ b: inout Lanes4, _ c: inout Lanes4, _ d: inout Lanes4) {
    exchange(&a, &b)
    exchange(&c, &d)
    exchange(&a, &c)
  }

  @inline(__always)
  private func moveGreatest(_ a: inout Lanes4, _ b: inout Lanes4, _ c: inout Lanes4, _ d: inout Lanes4) {
    exchange(&a, &b)
    exchange(&c, &d)
    exchange(&b, &d)
  }
}
