/// Walks over the pixels of a flow's planes, the same way for writing and for reading (`PackedFlow`).
struct FlowPlaneWalk {
  private let width: Int
  private let height: Int
  private let tolerance: Int
  /// Of one plane, by context: whether a difference is zero, its sign, its magnitude in unary.
  private var models: [AdaptiveBit] = []
  /// The row at hand and the two above it, each with two more pixels on the left and one on the right.
  private var lines: [Int16] = []
  /// The plane walked over last, as a reader has it.
  private(set) var last: [UInt8] = []

  /// Unary decisions of a magnitude; what is beyond takes eight even ones.
  private static let unaryLimit = 20
  /// Classes of the changes in the other plane, among the nearest neighbours, and to those beyond them.
  private static let (otherClasses, nearClasses, farClasses) = (4, 8, 4)
  private static let signPlace = otherClasses * nearClasses * farClasses
  private static let magnitudePlace = signPlace + 27
  private static let modelCount = magnitudePlace + nearClasses * unaryLimit

  /// The class of a sum of absolute differences: how many of the bounds it exceeds.
  private static func classes(_ bounds: [Int], upTo limit: Int) -> [UInt8] {
    (0...limit).map { sum in UInt8(bounds.prefix { sum > $0 }.count) }
  }
  /// Of the nearest neighbours' three differences, then, from `farPlace` on, of the far ones' two.
  private static let neighbours =
    classes([0, 1, 2, 4, 7, 12, 20], upTo: 765) + classes([0, 1, 3], upTo: 510)
  private static let farPlace = 766
  private static let around = classes([0, 2, 5], upTo: 1020)

  init(width: Int, height: Int, tolerance: Int) {
    (self.width, self.height, self.tolerance) = (width, height, tolerance)
  }

  /// Codes one plane and returns it as a reader has it; nil where a reader's bytes end too early.
  ///
  /// - Parameters:
  ///   - source: the plane to write; nil for reading.
  ///   - other: the plane already coded, whose edges tell where this one's are.
  mutating func plane<Coder: BinaryCoder>(
    coding source: [UInt8]?, other: [UInt8]?, with coder: inout Coder
  ) -> [UInt8]? {
    models = .init(repeating: AdaptiveBit(), count: Self.modelCount)
    // Before the first row lies no motion.
    let length = width + 3
    lines = .init(repeating: 128, count: 3 * length)
    // Grown row by row, so that a false size costs no more memory than there are bytes for it.
    var result: [UInt8] = []
    var edges = [UInt8](repeating: 0, count: width)
    for y in 0..<height {
      if let other { Self.classify(other, row: y, width: width, height: height, into: &edges) }
      let (row, above) = (y % 3 * length, (y + 2) % 3 * length)
      // Left of a row lies what lies above its first pixel.
      (lines[row], lines[row + 1]) = (lines[above + 2], lines[above + 2])
      codeRow(source, y: y, edges: edges, &coder)
      guard !coder.isExhausted else { return nil }
      lines[row + width + 2] = lines[row + width + 1]
      result.append(contentsOf: lines[row + 2..<row + 2 + width].lazy.map { UInt8(truncatingIfNeeded: $0) })
    }
    last = result
    return result
  }

  private mutating func codeRow<Coder: BinaryCoder>(
    _ source: [UInt8]?, y: Int, edges: [UInt8], _ coder: inout Coder
  ) {
    let (width, tolerance, step) = (width, tolerance, 2 * tolerance + 1)
    let length = width + 3
    let (here, above, higher) = (y % 3 * length + 2, (y + 2) % 3 * length + 2, (y + 1) % 3 * length + 2)
    lines.withUnsafeMutableBufferPointer { lines in
      models.withUnsafeMutableBufferPointer { models in
        Self.neighbours.withUnsafeBufferPointer { neighbours in
          AdaptiveBit.withRates { rates in
            for x in 0..<width {
              // Bounds: here, above and higher begin rows of width + 1 pixels and have two before them; sums of three
              // and two differences of 8-bit numbers are at most 765 and 510.
              let (left, left2) = (Int(lines[here + x - 1]), Int(lines[here + x - 2]))
              let (up, up2) = (Int(lines[above + x]), Int(lines[higher + x]))
              let (corner, right) = (Int(lines[above + x - 1]), Int(lines[above + x + 1]))
              let (low, high) = (min(left, up), max(left, up))
              let predicted = corner >= high ? low : corner <= low ? high : left + up - corner
              let near = Int(neighbours[abs(left - corner) + abs(up - corner) + abs(up - right)])
              let far = Int(neighbours[Self.farPlace + abs(left - left2) + abs(up - up2)])
              let context = (Int(edges[x]) * Self.nearClasses + near) * Self.farClasses + far
              var units = 0
              if let source {
                let difference = Int(source[y * width + x]) - predicted
                units = difference.signum() * ((abs(difference) + tolerance) / step)
              }
              if coder.code(units == 0 ? 0 : 1, &models[context], rates) != 0 {
                let slope =
                  ((left - corner).signum() + 1) * 9 + ((up - corner).signum() + 1) * 3
                  + (right - up).signum() + 1
                let isNegative = coder.code(units < 0 ? 1 : 0, &models[Self.signPlace + slope], rates) != 0
                let place = Self.magnitudePlace + near * Self.unaryLimit - 1
                let wanted = abs(units)
                var count = 1
                while count <= Self.unaryLimit,
                  coder.code(wanted > count ? 1 : 0, &models[place + count], rates) != 0
                { count += 1 }
                if count > Self.unaryLimit {
                  let rest = (0..<8).reduce(0) { $0 | coder.code(even: (wanted - count) >> $1 & 1) << $1 }
                  count += rest
                }
                units = isNegative ? -count : count
              }
              lines[here + x] = Int16(truncatingIfNeeded: min(max(predicted + units * step, 0), 255))
            }
          }
        }
      }
    }
  }

  /// How much the other plane changes around each pixel of a row, as a class.
  private static func classify(
    _ plane: [UInt8], row y: Int, width: Int, height: Int, into edges: inout [UInt8]
  ) {
    let (above, here, below) = (max(y - 1, 0) * width, y * width, min(y + 1, height - 1) * width)
    plane.withUnsafeBufferPointer { plane in
      edges.withUnsafeMutableBufferPointer { edges in
        around.withUnsafeBufferPointer { classes in
          for x in 0..<width {
            // Bounds: the rows lie within the plane's width x height pixels; four differences are at most 1020.
            let pixel = Int(plane[here + x])
            let sum =
              abs(pixel - Int(plane[here + max(x - 1, 0)]))
              + abs(pixel - Int(plane[here + min(x + 1, width - 1)]))
              + abs(pixel - Int(plane[above + x])) + abs(pixel - Int(plane[below + x]))
            edges[x] = classes[sum]
          }
        }
      }
    }
  }
}
