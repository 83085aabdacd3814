/// The first operand [rows, ...] with rows `(start + i) mod rows` replaced by row i of the second; `start` is the
/// third, an i64 scalar. The queue of negatives takes its keys so.
public struct UpdateRows: Operation {
  public static let name = "update_rows"

  public init() {}
  public init(from attributes: AttributeReader) throws {}

  public func infer(_ operands: [TensorType]) throws -> TensorType {
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

  public func evaluate(_ operands: [Value], result: TensorType) -> Value {
    let rows = result.shape[0]
    let width = result.count / rows
    var elements = operands[0].elements
    // Reduced before it becomes an integer, so that no value of the cursor can overflow.
    let cursor = operands[2].elements[0].truncatingRemainder(dividingBy: Double(rows))
    let start = cursor.isFinite ? Int(cursor) : 0
    for row in 0..<operands[1].shape[0] {
      let target = ((start + row) % rows + rows) % rows
      for column in 0..<width {
        elements[target * width + column] = operands[1].elements[row * width + column]
      }
    }
    return Value(result, elements)
  }

  /// None: what the queue holds is a constant to training.
  public func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] { [nil, nil, nil] }
  public func lower(_ operands: [Tensor], result: TensorType) -> Lowering { .updateRows }
}
