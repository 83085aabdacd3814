import LLVMBindings
import MCLGraph
import MCLKernelForms

extension StencilSweep {
  /// The sweep by its definition: each stage over all pixels, one after the other, every value in float32. What the
  /// kernel must give, bit for bit (row sums up to their order).
  ///
  /// - Parameter planes: `planeCount` dense planes [height, width], a sampled one [height, width, 4], changed in place.
  /// - Parameter fused: whether samples are summed by fused multiply-adds.
  /// - Returns: the sum of each row by stage, added up in double precision.
  @discardableResult
  package func evaluate(
    _ planes: inout [[Float]], width: Int, height: Int,
    fused: Bool = TargetDescription.host.hasFusedMultiplyAdd
  ) -> [[Double]] {
    stages.map { stage in
      let before = planes
      var sums = [Double](repeating: 0, count: height)
      for y in 0..<height {
        for x in 0..<width {
          var values: [Float] = []
          for definition in stage.definitions {
            switch definition {
            case .tap(let tap):
              let (row, column) = (y + tap.row, x + tap.column)
              let (nearRow, nearColumn) = (min(max(row, 0), height - 1), min(max(column, 0), width - 1))
              let isInside = row == nearRow && column == nearColumn
              let value = before[tap.plane][nearRow * width + nearColumn]
              values.append(isInside || tap.edge == .repeated ? value : 0)
            case .sample(let channel):
              guard let sampler = stage.sampler else { continue }
              values.append(
                sampler.evaluate(
                  channel, before[sampler.plane], x, y, values[sampler.right], values[sampler.below], width,
                  height, fused))
            case .inside(let column): values.append((0..<width).contains(x + column) ? 1 : 0)
            case .hypotenuse(let a, let b):
              let (a, b) = (Double(values[a]), Double(values[b]))
              values.append(Float((a * a + b * b).squareRoot()))
            case .value(let expression): values.append(Self.evaluate(expression, values))
            }
          }
          for store in stage.stores { planes[store.plane][y * width + x] = values[store.definition] }
          if let sum = stage.sum { sums[y] += Double(values[sum]) }
        }
      }
      return sums
    }
  }

  fileprivate static func evaluate(_ expression: ScalarExpression, _ values: [Float]) -> Float {
    func value(_ expression: ScalarExpression) -> Float { evaluate(expression, values) }
    switch expression {
    case .load(let definition): return values[definition]
    case .constant(let constant): return Float(constant)
    case .integer(let constant): return Float(constant)
    case .unary(let function, let a):
      switch function {
      case .negate: return -value(a)
      case .absolute: return abs(value(a))
      case .squareRoot: return value(a).squareRoot()
      case .reciprocal: return 1 / value(a)
      // No sweep has these; they are defined up to rounding only.
      case .exponential, .logarithm: return .nan
      }
    case .binary(let function, let a, let b):
      let (a, b) = (value(a), value(b))
      switch function {
      case .add: return a + b
      case .subtract: return a - b
      case .multiply: return a * b
      case .divide, .remainder: return a / b
      case .maximum: return a > b || a.isNaN ? a : b
      case .minimum: return a < b || a.isNaN ? a : b
      }
    case .select(let comparison, let a, let b, let yes, let no):
      let (a, b) = (value(a), value(b))
      let holds =
        switch comparison {
        case .equal: a == b
        case .notEqual: a != b
        case .less: a < b
        case .lessOrEqual: a <= b
        case .greater: a > b
        case .greaterOrEqual: a >= b
        }
      return holds ? value(yes) : value(no)
    case .convert(_, let a): return value(a)
    case .index, .accumulator: return .nan
    }
  }
}

extension StencilSweep.Sampler {
  /// A channel of an image [height, width, 4] at (x + right, y + below), 0 outside.
  fileprivate func evaluate(
    _ channel: Int, _ image: [Float], _ x: Int, _ y: Int, _ right: Float, _ below: Float, _ width: Int,
    _ height: Int, _ fused: Bool
  ) -> Float {
    func add(_ a: Float, _ b: Float, to c: Float) -> Float { fused ? c.addingProduct(a, b) : a * b + c }
    func split(_ place: Int, _ displacement: Float, _ size: Int) -> (Int, [Float]) {
      let position = min(max(Float(place) + displacement, -8), Float(size + 8))
      let whole = position.rounded(.down)
      let (a, x) = (sharpness, position - whole)
      let y = 1 - x
      let (w0, w3) = (a * ((y * y) * x), a * ((x * x) * y))
      let w1 = add(add(a + 2, x, to: -(a + 3)), x * x, to: 1)
      return (Int(whole), [w0, w1, 1 - w0 - w1 - w3, w3])
    }
    let (column, wx) = split(x, right, width)
    let (line, wy) = split(y, below, height)
    func pixel(_ row: Int, _ column: Int) -> Float {
      (0..<height).contains(row) && (0..<width).contains(column)
        ? image[(row * width + column) * 4 + channel] : 0
    }
    func sum(_ values: [Float], _ weights: [Float]) -> Float {
      (1..<4).reduce(values[0] * weights[0]) { add(values[$1], weights[$1], to: $0) }
    }
    return sum((0..<4).map { j in sum((0..<4).map { pixel(line - 1 + j, column - 1 + $0) }, wx) }, wy)
  }
}
