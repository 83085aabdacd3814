#if canImport(Glibc)
  import Glibc
#endif
import MCLGraph

/// What a softmax over many products needs of them. Of `a` [N, d] and `b` [K, d], with `s[n, k] = scale x a[n] . b[k]`,
/// row n of the result [N, d + 2] is
///
///     sum over k of exp(s[n, k] - m[n]) b[k],   sum over k of exp(s[n, k] - m[n]),   m[n] = max over k of s[n, k]
///
/// so that neither products nor exponentials need to be stored. Stands only in compiled graphs (`SweepSoftmax`).
struct ExponentialSums: Operation {
  static let name = "exponential_sums"
  let scale: Double

  init(scale: Double) { self.scale = scale }

  init(from attributes: AttributeReader) throws { scale = try attributes.number("scale") }

  var attributes: [(String, Attribute)] { [("scale", .number(scale))] }

  func infer(_ operands: [TensorType]) throws -> TensorType {
    guard operands.count == 2, operands.allSatisfy({ $0.element == .float32 && $0.rank == 2 }),
      operands[0].shape[1] == operands[1].shape[1]
    else {
      throw ShapeError("\(name) takes two f32 matrices whose rows have one length")
    }
    return TensorType(.float32, [operands[0].shape[0], operands[0].shape[1] + 2])
  }

  func evaluate(_ operands: [Value], result: TensorType) -> Value {
    let (rows, depth) = (operands[0].shape[0], operands[0].shape[1])
    let terms = operands[1].shape[0]
    let (a, b) = (operands[0].elements, operands[1].elements)
    var elements: [Double] = []
    for row in 0..<rows {
      let scores = (0..<terms).map { term in
        (0..<depth).reduce(0) {
          $0 + a[row * depth + $1] * b[term * depth + $1]
        } * scale
      }
      let largest = scores.reduce(-.infinity) { $1.isNaN || $1 > $0 ? $1 : $0 }
      var sums = [Double](repeating: 0, count: depth)
      var total = 0.0
      for (term, score) in scores.enumerated() {
        let weight = exp(score - largest)
        total += weight
        for place in 0..<depth { sums[place] += weight * b[term * depth + place] }
      }
      elements += sums + [total, largest]
    }
    return Value(result, elements)
  }

  /// None: differentiation is over.
  func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    operands.map { _ in nil }
  }

  /// The same by operations that store the products.
  func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    let scores = operands[0].matmul(operands[1].matrixTransposed()) * scale
    let largest = scores.maximum([1])
    let weights = (scores - largest).exponential()
    return .composite(concatenate([weights.matmul(operands[1]), weights.sum([1]), largest], axis: 1))
  }
}
