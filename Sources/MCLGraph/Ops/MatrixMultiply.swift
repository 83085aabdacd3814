/// `result[b, m, n] = sum over k of a[b, m, k] b[b, k, n]`.
package struct MatrixMultiply: Operation {
  package static let name = "matmul"

  package init() {}
  package init(from attributes: AttributeReader) throws {}

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(2, operands)
    try expectFloat(operands[0], operands[1])
    let (a, b) = (operands[0].shape, operands[1].shape)
    guard a.count == b.count, a.count >= 2, a.dropLast(2) == b.dropLast(2), a[a.count - 1] == b[b.count - 2]
    else {
      throw ShapeError(
        "matmul of \(operands[0]) and \(operands[1]): the columns of the first must be the rows of the second"
      )
    }
    return TensorType(.float32, a.dropLast() + [b[b.count - 1]])
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    let rank = result.rank
    let (rows, columns) = (result.shape[rank - 2], result.shape[rank - 1])
    let depth = operands[0].shape[rank - 1]
    let (a, b) = (operands[0].elements, operands[1].elements)
    var elements = [Double](repeating: 0, count: result.count)
    for batch in 0..<result.count / (rows * columns) {
      for m in 0..<rows {
        for k in 0..<depth {
          let left = a[(batch * rows + m) * depth + k]
          for n in 0..<columns {
            elements[(batch * rows + m) * columns + n] +=
              left * b[(batch * depth + k) * columns + n]
          }
        }
      }
    }
    return Value(result, elements)
  }

  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    [upstream.matmul(operands[1].matrixTransposed()), operands[0].matrixTransposed().matmul(upstream)]
  }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering {
    let rank = result.rank
    let (a, b) = (operands[0].shape, operands[1].shape)
    let space = result.shape + [a[rank - 1]]
    let batch = (0..<rank - 2).map { AffineIndex.axis($0, of: rank + 1, extent: a[$0]) }
    let row = AffineIndex.axis(rank - 2, of: rank + 1, extent: a[rank - 2])
    let column = AffineIndex.axis(rank - 1, of: rank + 1, extent: b[rank - 1])
    let depth = AffineIndex.axis(rank, of: rank + 1, extent: a[rank - 1])
    return .comprehension(
      Comprehension(
        axes: space, outputRank: rank,
        accesses: [
          Access(operand: 0, batch + [row, depth]), Access(operand: 1, batch + [depth, column]),
        ], body: .load(0) * .load(1), reduction: .sum))
  }
}
