/// Rows of a contraction that sum over the same terms: a box of row coordinates, and for each axis of k the part that
/// lies inside the operand for all of them.
///
/// Padding is skipped exactly: at an image's edge fewer taps are valid, so edge pixels make classes of their own, and
/// a register tile takes its rows from one class.
struct RowClass: Hashable {
  /// The box, by position in the problem's row axes.
  var start: [Int]
  var size: [Int]
  /// The valid part of each axis of k, by position in the problem's inner axes.
  var inner: [Range<Int>]

  var count: Int { size.reduce(1, *) }
  /// The rows whose coordinate at a position lies in a range; nil where there are none.
  func clipped(to range: Range<Int>, along position: Int) -> RowClass? {
    let own = (start[position]..<start[position] + size[position]).clamped(to: range)
    guard !own.isEmpty else { return nil }
    var part = self
    part.start[position] = own.lowerBound
    part.size[position] = own.count
    return part
  }

  /// Terms of each sum.
  var depth: Int { inner.reduce(1) { $0 * $1.count } }
}

extension ContractionProblem {
  /// The most classes worth a kernel of this kind.
  static let mostRowClasses = 4096

  /// The rows by the taps that are valid for them; nil where the checks of `a` couple other axes than one of the rows
  /// with one of k, or `b` has any.
  func rowClasses() -> [RowClass]? {
    guard b.guards.isEmpty, (a.guards.allSatisfy { $0.divisor == 1 }) else { return nil }
    struct Check {
      var row: Int?
      var inner: Int?
      var check: Guard
    }
    var checks: [Check] = []
    for check in a.guards {
      let used = sizes.indices.filter { check.coefficients[$0] != 0 }
      let row = used.compactMap { rows.firstIndex(of: $0) }
      let inner = used.compactMap { self.inner.firstIndex(of: $0) }
      guard row.count <= 1, inner.count <= 1, used.count == row.count + inner.count else { return nil }
      checks.append(Check(row: row.first, inner: inner.first, check: check))
    }
    /// What a check leaves of its axis of k (or of the row, as all or nothing) at a row coordinate.
    func valid(_ check: Check, at row: Int) -> Range<Int> {
      let fixed = check.check.offset + (check.row.map { check.check.coefficients[rows[$0]] * row } ?? 0)
      guard let inner = check.inner else {
        return (0..<check.check.extent).contains(fixed) ? 0..<Int.max : 0..<0
      }
      let axis = self.inner[inner]
      let coefficient = check.check.coefficients[axis]
      let inside = (0..<sizes[axis]).filter { (0..<check.check.extent).contains(fixed + coefficient * $0) }
      guard let first = inside.first, let last = inside.last else { return 0..<0 }
      return first..<(last + 1)
    }
    let whole = inner.map { 0..<sizes[$0] }
    func restrict(_ ranges: [Range<Int>], _ checks: [Check], at row: Int) -> [Range<Int>] {
      var ranges = ranges
      for check in checks {
        let range = valid(check, at: row)
        if let inner = check.inner {
          ranges[inner] = ranges[inner].clamped(to: range)
        } else if range.isEmpty, let first = ranges.indices.first {
          ranges[first] = 0..<0
        }
      }
      return ranges
    }
    let base = restrict(whole, checks.filter { $0.row == nil }, at: 0)
    var classes = [RowClass(start: [], size: [], inner: base)]
    for position in rows.indices {
      let own = checks.filter { $0.row == position }
      let size = sizes[rows[position]]
      var runs: [(start: Int, size: Int, inner: [Range<Int>])] = []
      if own.isEmpty {
        runs = [(0, size, whole)]
      } else {
        for coordinate in 0..<size {
          let ranges = restrict(whole, own, at: coordinate)
          if let last = runs.last, last.inner == ranges {
            runs[runs.count - 1].size += 1
          } else {
            runs.append((coordinate, 1, ranges))
          }
        }
      }
      guard classes.count * runs.count <= Self.mostRowClasses else { return nil }
      classes = classes.flatMap { part in
        runs.map { run in
          RowClass(
            start: part.start + [run.start], size: part.size + [run.size],
            inner: zip(part.inner, run.inner).map { $0.clamped(to: $1) })
        }
      }
    }
    return classes
  }
}
