import MCLGraph

extension Access {
  /// An operand along a row: a stretch of even steps, with the fill value before and after it.
  ///
  /// - Parameters:
  ///   - lane: the axis of the row, which starts at `point`.
  ///   - base: where in `values` the row goes.
  func load<Number>(
    _ operand: [Number], fill: Number, at point: [Int], along lane: Int?, count: Int,
    into values: UnsafeMutableBufferPointer<Number>, from base: Int
  ) {
    var (first, end) = (0, count)
    var offset = 0
    var stride = 0
    var dividing: [(numerator: Int, step: Int, index: AffineIndex, weight: Int)] = []
    var weight = 1
    for index in indices.reversed() {
      var numerator = index.offset
      for axis in point.indices { numerator += index.coefficients[axis] * point[axis] }
      let step = count > 1 ? lane.map { index.coefficients[$0] } ?? 0 : 0
      if step == 0 {
        let (quotient, rest) = numerator.quotientAndRemainder(dividingBy: index.divisor)
        if rest != 0 || quotient < 0 || quotient >= index.extent { end = 0 }
        offset += quotient * weight
      } else if index.divisor == 1 {
        // The j with 0 <= numerator + step j < extent.
        let (low, high) = step > 0 ? (0, index.extent - 1) : (index.extent - 1, 0)
        first = max(
          first, Self.ceiling(step > 0 ? low - numerator : numerator - low, Swift.abs(step)))
        end = min(
          end, Self.ceiling((step > 0 ? high - numerator : numerator - high) + 1, Swift.abs(step)))
        offset += numerator * weight
        stride += step * weight
      } else {
        dividing.append((numerator, step, index, weight))
      }
      weight *= index.extent
    }
    end = max(end, first)
    end = min(end, count)
    first = min(first, end)
    for j in 0..<first { values[base + j] = fill }
    for j in end..<count { values[base + j] = fill }
    operand.withUnsafeBufferPointer { operand in
      if dividing.isEmpty {
        for j in first..<end { values[base + j] = operand[offset + j * stride] }
        return
      }
      for j in first..<end {
        var place = offset + j * stride
        var isInside = true
        for part in dividing {
          let (quotient, rest) = (part.numerator + part.step * j).quotientAndRemainder(
            dividingBy: part.index.divisor)
          if rest != 0 || quotient < 0 || quotient >= part.index.extent {
            isInside = false
            break
          }
          place += quotient * part.weight
        }
        values[base + j] = isInside ? operand[place] : fill
      }
    }
  }

  private static func ceiling(_ a: Int, _ b: Int) -> Int { a <= 0 ? 0 : (a + b - 1) / b }
}
