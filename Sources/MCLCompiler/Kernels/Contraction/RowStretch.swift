/// Rows of a tile that follow one another along the axis along which taps step, as the frames of a pixel do where a
/// window reaches through time.
///
/// The taps that are valid differ from row to row, and are known of each while code is made: a tile may hold an image's
/// edges and what lies between them, and a line that one of its rows has read for a tap is near when the next row reads
/// it for the tap before.
struct RowStretch: Hashable {
  /// The axis of k whose taps these are.
  var tap: Int
  /// Rows from the line that a row reads for a tap to the one that it reads for the next.
  var step: Int
  /// The valid taps of each row of a stretch.
  var valid: [Range<Int>]

  var count: Int { valid.count }
  var taps: Int { valid.reduce(0) { $0 + $1.count } }

  /// For each row the taps for which it reads a line that no row before it does.
  var firstTaps: [[Int]] {
    var seen: Set<Int> = []
    return valid.enumerated().map { row, taps in taps.filter { seen.insert(row + step * $0).inserted } }
  }
}

extension ContractionProblem {
  /// The most parts that differ in the taps of their rows.
  private static let mostParts = 4

  /// The rows in stretches of at most `most`, one part for each kind of them; nil where taps do not step along one axis
  /// of rows alone, the innermost.
  func stretches(_ classes: [RowClass], most: Int) -> [(classes: [RowClass], stretch: RowStretch?)]? {
    guard let axis = rows.last, rows.filter(hasTaps) == [axis], let first = classes.first else { return nil }
    let last = rows.count - 1
    let taps = inner.indices.filter { isTap(inner[$0], of: axis) }
    guard taps.count == 1, !isEmpty, sizes[inner[taps[0]]] <= TapPlan.mostWritten else { return nil }
    let tap = taps[0]
    let step = a.strides[inner[tap]] / a.strides[axis]
    var valid: [Range<Int>] = []
    for part in classes {
      // Other axes have no part in what is valid.
      guard part.start[last] == valid.count, part.count == part.size[last] * rowCount / sizes[axis],
        inner.indices.allSatisfy({ $0 == tap || part.inner[$0] == first.inner[$0] })
      else { return nil }
      valid += [Range<Int>](repeating: part.inner[tap], count: part.size[last])
    }
    var whole = first
    whole.inner[tap] = 0..<sizes[inner[tap]]
    var parts: [(classes: [RowClass], stretch: RowStretch?)] = []
    let count = (sizes[axis] + most - 1) / most
    for number in 0..<count {
      let range = sizes[axis] * number / count..<sizes[axis] * (number + 1) / count
      let stretch = RowStretch(tap: inner[tap], step: step, valid: Array(valid[range]))
      whole.start[last] = range.lowerBound
      whole.size[last] = range.count
      if let position = parts.firstIndex(where: { $0.stretch == stretch }) {
        parts[position].classes.append(whole)
      } else {
        parts.append(([whole], stretch))
      }
    }
    return parts.count <= Self.mostParts ? parts : nil
  }
}
