/// Motion boundaries: where the flow changes from one place to the next. The spatial derivative removes constant
/// (camera) motion; summing derivatives over a group of frames before taking the magnitude lets opposite motion cancel.
///
/// On the 8-bit values (unit 40/255 px) each component is convolved with the unnormalised 3x3 Prewitt kernels
/// ([-1 0 1] in three rows, and its transpose; a convolution, so the kernel is flipped), edge pixels repeated; each
/// derivative is summed over the group; the magnitude is sqrt(dx^2 + dy^2) (reference, section 4). As derivatives are
/// linear, a group's are those of its summed images, and all of it is exact in integers.
package struct MotionBoundary: Sendable {
  package let width: Int
  package let height: Int

  /// - Throws: `MotionError` for an empty size.
  package init(width: Int, height: Int) throws {
    guard width > 0, height > 0 else {
      throw MotionError(
        "motion boundaries need images of at least one pixel, not \(width)x\(height); pass the flow's size")
    }
    (self.width, self.height) = (width, height)
  }

  /// The derivatives [height, width] of one component summed over a group.
  ///
  /// - Parameter sum: the group's images added up, `width * height` values.
  /// - Throws: `MotionError` where `sum` has another size.
  package func derivatives(ofSum sum: [Int32]) throws -> (dx: [Int32], dy: [Int32]) {
    try check(sum)
    var (allX, allY) = ([Int32](), [Int32]())
    allX.reserveCapacity(sum.count)
    allY.reserveCapacity(sum.count)
    forEachRow(of: sum) { _, dx, dy in
      allX.append(contentsOf: dx)
      allY.append(contentsOf: dy)
    }
    return (allX, allY)
  }

  /// The magnitude of one component's derivatives, averaged over blocks of `block` x `block` pixels.
  ///
  /// - Parameters:
  ///   - sum: the group's images of one component added up, `width * height` values.
  ///   - block: size of a block; width and height are multiples of it.
  ///   - rim: pixels along each edge that count as zero (and stay in the mean).
  /// - Returns: [height / block, width / block].
  /// - Throws: `MotionError` where `sum` or `block` does not belong to the size.
  package func blockMeans(ofSum sum: [Int32], block: Int, rim: Int) throws -> [Float] {
    try check(sum)
    guard block > 0, width % block == 0, height % block == 0 else {
      throw MotionError(
        "blocks of \(block) pixels do not tile a flow image of \(width)x\(height); resize it to multiples of \(block)"
      )
    }
    let columns = width / block
    var totals = [Double](repeating: 0, count: columns * (height / block))
    forEachRow(of: sum) { y, dx, dy in
      guard y >= rim, y < height - rim else { return }
      for cell in 0..<columns {
        let inside =
          max(cell * block, rim)..<max(min((cell + 1) * block, width - rim), max(cell * block, rim))
        totals[y / block * columns + cell] += Self.magnitudes(dx, dy, inside)
      }
    }
    let area = Double(block * block)
    return totals.map { Float($0 / area) }
  }

  /// The magnitude of one component's derivatives, averaged over the whole image; a rim of `rim` pixels counts as
  /// zero.
  ///
  /// - Throws: `MotionError` where `sum` has another size.
  package func mean(ofSum sum: [Int32], rim: Int) throws -> Double {
    try check(sum)
    var total = 0.0
    guard rim < width - rim else { return 0 }
    forEachRow(of: sum) { y, dx, dy in
      if y >= rim, y < height - rim { total += Self.magnitudes(dx, dy, rim..<width - rim) }
    }
    return total / Double(width * height)
  }

  private func check(_ sum: [Int32]) throws {
    guard sum.count == width * height else {
      throw MotionError(
        "a flow image of \(width)x\(height) cannot hold \(sum.count) values; pass width * height of them")
    }
  }

  /// The sum of the magnitudes in `range`: eight sums over every eighth pixel, added in pairs, then what is left over.
  /// The order depends on the range only.
  private static func magnitudes(
    _ dx: UnsafeBufferPointer<Int32>, _ dy: UnsafeBufferPointer<Int32>, _ range: Range<Int>
  ) -> Double {
    guard let dx = dx.baseAddress, let dy = dy.baseAddress else { return 0 }
    var low = SIMD4<Double>.zero
    var high = SIMD4<Double>.zero
    var x = range.lowerBound
    // Bounds: x + 8 <= range.upperBound, which is at most the width.
    while x + 8 <= range.upperBound {
      let fx = SIMD8<Float>(UnsafeRawPointer(dx + x).loadUnaligned(as: SIMD8<Int32>.self))
      let fy = SIMD8<Float>(UnsafeRawPointer(dy + x).loadUnaligned(as: SIMD8<Int32>.self))
      let magnitude = (fx * fx + fy * fy).squareRoot()
      low += SIMD4<Double>(magnitude.lowHalf)
      high += SIMD4<Double>(magnitude.highHalf)
      x += 8
    }
    var total = (low + high).sum()
    while x < range.upperBound {
      let (fx, fy) = (Float(dx[x]), Float(dy[x]))
      total += Double((fx * fx + fy * fy).squareRoot())
      x += 1
    }
    return total
  }

  /// Calls `body(y, dx, dy)` with the derivatives of every row, each of `width` values.
  private func forEachRow(
    of sum: [Int32], _ body: (Int, UnsafeBufferPointer<Int32>, UnsafeBufferPointer<Int32>) -> Void
  ) {
    let (width, line) = (width, width + 2)
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 4 * line) { lines in
      guard let first = lines.baseAddress else { return }
      // Column sums of three rows and differences of the outer two, with one repeated column at either end; derivatives.
      let (smooth, slope, dx, dy) = (first, first + line, first + 2 * line, first + 3 * line)
      sum.withUnsafeBufferPointer { sum in
        for y in 0..<height {
          // Bounds: rows are 0 ..< height of `sum`, columns 0 ..< width; a line holds two more.
          let (above, here) = (max(y - 1, 0) * width, y * width)
          let below = min(y + 1, height - 1) * width
          for x in 0..<width {
            let (upper, lower) = (sum[above + x], sum[below + x])
            smooth[x + 1] = upper &+ sum[here + x] &+ lower
            slope[x + 1] = upper &- lower
          }
          (smooth[0], smooth[width + 1]) = (smooth[1], smooth[width])
          (slope[0], slope[width + 1]) = (slope[1], slope[width])
          for x in 0..<width {
            dx[x] = smooth[x] &- smooth[x + 2]
            dy[x] = slope[x] &+ slope[x + 1] &+ slope[x + 2]
          }
          body(y, UnsafeBufferPointer(start: dx, count: width), UnsafeBufferPointer(start: dy, count: width))
        }
      }
    }
  }
}
