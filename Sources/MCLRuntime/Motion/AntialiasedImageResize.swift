/// Antialiased bilinear resizing of 8-bit planes as Pillow's `resize(BILINEAR)` does it: a triangle as wide as the
/// reduction, weights normalised and rounded to 22 fractional bits, horizontally first, 8 bits between the passes.
struct AntialiasedImageResize: Sendable {
  let sourceWidth, sourceHeight, width, height: Int
  private let columns: Taps
  private let rows: Taps

  /// For every target index the first source index, the number of them, and their weights.
  private struct Taps: Sendable {
    var first: [Int] = []
    var count: [Int] = []
    var size = 0
    var weights: [Int32] = []
  }

  init(fromWidth: Int, height fromHeight: Int, toWidth: Int, height toHeight: Int) {
    (sourceWidth, sourceHeight, width, height) = (fromWidth, fromHeight, toWidth, toHeight)
    columns = Self.taps(from: fromWidth, to: toWidth)
    rows = Self.taps(from: fromHeight, to: toHeight)
  }

  private static func taps(from source: Int, to target: Int) -> Taps {
    let scale = Double(source) / Double(target)
    let reduction = max(scale, 1)
    var taps = Taps()
    taps.size = Int(reduction.rounded(.up)) * 2 + 1
    for i in 0..<target {
      let center = (Double(i) + 0.5) * scale
      let first = max(Int(center - reduction + 0.5), 0)
      let end = min(Int(center + reduction + 0.5), source)
      let triangle = (first..<end).map { max(1 - abs((Double($0) - center + 0.5) / reduction), 0) }
      let sum = triangle.reduce(0, +)
      taps.first.append(first)
      taps.count.append(end - first)
      for k in 0..<taps.size {
        let weight = k < triangle.count ? triangle[k] / sum : 0
        taps.weights.append(Int32(weight * Double(1 << 22) + 0.5))
      }
    }
    return taps
  }

  /// - Precondition: `image` holds sourceWidth * sourceHeight bytes.
  func callAsFunction(_ image: [UInt8]) -> [UInt8] {
    precondition(image.count == sourceWidth * sourceHeight, "the image does not have the size of the resize")
    let narrowed = width == sourceWidth ? image : horizontally(image)
    return height == sourceHeight ? narrowed : vertically(narrowed)
  }

  private static func rounded(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: min(max((sum &+ (1 << 21)) &>> 22, 0), 255))
  }

  private func horizontally(_ image: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: width * sourceHeight) { target, initialized in
      image.withUnsafeBufferPointer { image in
        columns.weights.withUnsafeBufferPointer { weights in
          for y in 0..<sourceHeight {
            for x in 0..<width {
              let from = y * sourceWidth + columns.first[x]
              // Weights sum to 2^22 and 255 * 2^22 fits in 31 bits.
              var sum: Int32 = 0
              for k in 0..<columns.count[x] {
                sum &+= Int32(image[from + k]) &* weights[x * columns.size + k]
              }
              target[y * width + x] = Self.rounded(sum)
            }
          }
        }
      }
      initialized = width * sourceHeight
    }
  }

  private func vertically(_ image: [UInt8]) -> [UInt8] {
    var sums = [Int32](repeating: 0, count: width)
    return [UInt8](unsafeUninitializedCapacity: width * height) { target, initialized in
      sums.withUnsafeMutableBufferPointer { sums in
        image.withUnsafeBufferPointer { image in
          for y in 0..<height {
            sums.update(repeating: 0)
            for k in 0..<rows.count[y] {
              let weight = rows.weights[y * rows.size + k]
              let row = (rows.first[y] + k) * width
              for x in 0..<width { sums[x] &+= Int32(image[row + x]) &* weight }
            }
            for x in 0..<width { target[y * width + x] = Self.rounded(sums[x]) }
          }
        }
      }
      initialized = width * height
    }
  }
}
