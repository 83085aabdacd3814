/// The first operand [rows, ...] with rows `(start + i) mod rows` replaced by row i of the second; `start` is the
/// third, an i64 scalar of any value. The queue of negatives takes its keys so.
package struct UpdateRows: Operation {
  package static let name = "update_rows"

  package init() {}
  package init(from attributes: AttributeReader) throws {}

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    try expect(3, operands)
    let (base, rows, start) = (operands[0], operands[1], operands[2])
    guard base.rank >= 1, base.rank == rows.rank, base.element == rows.element,
      base.shape.dropFirst() == rows.shape.dropFirst(), rows.shape[0] <= base.shape[0]
    else {
      throw ShapeError("update_rows of \(base) by \(rows): the rows must fit, and be no more than there are")
    }
    guard start.element == .int64, start.count == 1 else {
      throw ShapeError("update_rows takes its start as one i64, not \(start)")
    }
    return base
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    let rows = result.shape[0]
    let width = result.count / rows
    var positions = Array(0..<result.count)
    let start = Int(BinaryFunction.remainder.apply(operands[2].integers[0], Int64(rows)))
    for row in 0..<operands[1].shape[0] {
      let target = (start + row) % rows
      for column in 0..<width {
        positions[target * width + column] = result.count + row * width + column
      }
    }
    return Value.joined([operands[0], operands[1]]).gathered(result, at: positions)
  }

  /// None: what the queue holds is a constant to training.
  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    [nil, nil, nil]
  }
  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering { .updateRows }
}
