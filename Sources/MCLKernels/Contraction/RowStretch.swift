/// Rows of a tile that follow one another along the axis along which taps step, as the frames of a pixel do where a
/// window reaches through time.
///
/// The taps that are valid differ from row to row, and are known of each while code is made: a tile may hold an image's
/// edges and what lies between them, and a line that one of its rows has read for a tap is near when the next row reads
/// it for the tap before.
struct RowStretch: Hashable {
  /// The axis of k whose taps these are.
  var tap: Int
  /// Elements from what a row reads to what the next one does, and from one tap to the next.
  var rowStride: Int
  var tapStride: Int
  /// The valid taps of each row of a stretch.
  var valid: [Range<Int>]

  var count: Int { valid.count }
  var taps: Int { valid.reduce(0) { $0 + $1.count } }

  /// For each row the taps for which it reads a line that no row before it does.
  var firstTaps: [[Int]] {
    var seen: Set<Int> = []
    return valid.enumerated().map { row, taps in
      taps.filter { seen.insert(row * rowStride + $0 * tapStride).inserted }
    }
  }
}

extension ContractionProblem {
  /// The most parts that differ in the taps of their rows.
  private static let mostParts = 4

  /// The rows in stretches of at most `most` along the innermost of their axes, one part for each kind of them; nil where
  /// no taps step along it.
  func stretches(_ classes: [RowClass], most: Int) -> [(classes: [RowClass], stretch: RowStretch?)]? {
    guard let axis = rows.last, !isEmpty else { return nil }
    let last = rows.count - 1
    let taps = inner.indices.filter { isTap(inner[$0], of: axis) }
    guard taps.count == 1, sizes[inner[taps[0]]] <= TapPlan.mostWritten else { return nil }
    let tap = taps[0]
    // Classes that differ in the taps along this axis alone are one class of stretches.
    var lines: [RowClass] = []
    var valid: [[Range<Int>]] = []
    var numbers: [RowClass: Int] = [:]
    for part in classes {
      var line = part
      (line.start[last], line.size[last]) = (0, sizes[axis])
      line.inner[tap] = 0..<sizes[inner[tap]]
      let number = numbers[line] ?? lines.count
      if number == lines.count {
        numbers[line] = number
        lines.append(line)
        valid.append([])
      }
      guard part.start[last] == valid[number].count else { return nil }
      valid[number] += [Range<Int>](repeating: part.inner[tap], count: part.size[last])
    }
    guard let own = valid.first, own.count == sizes[axis], valid.allSatisfy({ $0 == own }) else { return nil }
    var parts: [(classes: [RowClass], stretch: RowStretch?)] = []
    let count = (sizes[axis] + most - 1) / most
    for number in 0..<count {
      let range = sizes[axis] * number / count..<sizes[axis] * (number + 1) / count
      let stretch = RowStretch(
        tap: inner[tap], rowStride: a.strides[axis], tapStride: a.strides[inner[tap]],
        valid: Array(own[range]))
      let strips = lines.compactMap { $0.clipped(to: range, along: last) }
      if let position = parts.firstIndex(where: { $0.stretch == stretch }) {
        parts[position].classes += strips
      } else {
        parts.append((strips, stretch))
      }
    }
    return parts.count <= Self.mostParts ? parts : nil
  }
}
