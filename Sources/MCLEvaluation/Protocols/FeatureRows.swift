/// Features as rows of a matrix, with the factor that makes each a unit vector.
package struct FeatureRows: Sendable {
  package let values: [Float]
  package let width: Int
  /// 1 over each row's L2 norm, summed in Double; 0 for a row of zeros, which is like nothing.
  let scales: [Float]

  package var count: Int { scales.count }

  /// - Parameter values: [rows, width].
  package init(_ values: [Float], width: Int) {
    (self.values, self.width) = (values, width)
    scales = values.withUnsafeBufferPointer { values in
      (0..<(width > 0 ? values.count / width : 0)).map { row in
        var sum = 0.0
        // Bounds: whole rows of `width` numbers.
        for place in row * width..<(row + 1) * width { sum += Double(values[place]) * Double(values[place]) }
        return sum > 0 ? Float(1 / sum.squareRoot()) : 0
      }
    }
  }

  /// Unit vectors of some rows, in a block of `rows` that is filled up with zeros.
  func block(_ part: Range<Int>, rows: Int) -> [Float] {
    var block = [Float](repeating: 0, count: rows * width)
    block.withUnsafeMutableBufferPointer { block in
      values.withUnsafeBufferPointer { values in
        for (target, row) in part.enumerated() {
          let scale = scales[row]
          // Bounds: `part` has at most `rows` rows, each of `width` numbers.
          for place in 0..<width { block[target * width + place] = values[row * width + place] * scale }
        }
      }
    }
    return block
  }
}
