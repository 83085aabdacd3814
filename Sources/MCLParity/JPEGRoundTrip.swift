import Foundation

/// What a small grey image becomes by JPEG at quality 100 and back, where every quantisation step is 1: the discrete
/// cosine transform of blocks of 8x8 (edge pixels repeated), rounded to integers, and its inverse, rounded and clipped.
/// Codecs with integer transforms differ from it by 1 here and there.
enum JPEGRoundTrip {
  /// - Precondition: `image` holds `width * height` bytes.
  static func decoded(_ image: [UInt8], width: Int, height: Int) -> [UInt8] {
    var result = image
    for top in stride(from: 0, to: height, by: 8) {
      for left in stride(from: 0, to: width, by: 8) {
        let block = (0..<64).map { i in
          Double(image[min(top + i / 8, height - 1) * width + min(left + i % 8, width - 1)]) - 128
        }
        let coefficients = transformed(block, inverse: false).map { $0.rounded() }
        let pixels = transformed(coefficients, inverse: true)
        for y in top..<min(top + 8, height) {
          for x in left..<min(left + 8, width) {
            let value = pixels[(y - top) * 8 + x - left] + 128
            result[y * width + x] = UInt8(min(max(value.rounded(), 0), 255))
          }
        }
      }
    }
    return result
  }

  /// The orthonormal basis: cosine k at sample n.
  private static let basis: [Double] = (0..<64).map { i in
    let (k, n) = (i / 8, i % 8)
    let scale = k == 0 ? (1.0 / 8).squareRoot() : 0.5
    return scale * cos(Double((2 * n + 1) * k) * .pi / 16)
  }

  private static func transformed(_ block: [Double], inverse: Bool) -> [Double] {
    func along(_ values: [Double], _ place: (Int, Int) -> Int) -> [Double] {
      var result = values
      for line in 0..<8 {
        for k in 0..<8 {
          result[place(line, k)] = (0..<8).reduce(0) { sum, n in
            sum + values[place(line, n)] * basis[inverse ? n * 8 + k : k * 8 + n]
          }
        }
      }
      return result
    }
    return along(along(block) { $0 * 8 + $1 }) { $1 * 8 + $0 }
  }
}
