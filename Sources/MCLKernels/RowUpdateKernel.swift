import LLVMBindings
import MCLGraph
import MCLKernelForms

/// The family that writes rows into a ring of rows.
struct RowUpdateKernel: KernelFamily {
  let name = "updateRows"

  func plan(
    _ specification: KernelSpecification, symbol: String, target: TargetDescription
  ) throws -> KernelPlan? {
    guard case .updateRows(let update) = specification.form else { return nil }
    guard update.rowCount > 0, update.rowLength >= 0, 0...update.rowCount ~= update.updatedRows else {
      throw KernelError(
        "\(update.updatedRows) rows cannot replace rows of \(update.rowCount); give at most as many as there are"
      )
    }
    return KernelPlan(
      phases: [.init(symbol: "\(symbol)_rows", taskCount: 1)], temporaryBytes: 0, scratchBytes: 0,
      family: name,
      multiplyAdds: 0)
  }

  func emit(
    _ specification: KernelSpecification, symbol: String, builder: ModuleBuilder, target: TargetDescription
  ) throws {
    guard case .updateRows(let update) = specification.form else { return }
    let function = KernelFunction("\(symbol)_rows", builder: builder)
    let rows = function.argument(ArgumentSlot(position: 1))
    let startAddress = function.argument(ArgumentSlot(position: 2))
    let output = function.argument(ArgumentSlot(position: 3))
    let bytes = update.element.byteCount
    let scalar = ScalarEmitter(builder: builder, hasFusedMultiplyAdd: target.hasFusedMultiplyAdd)
    let count = builder.constant(update.rowCount)
    let start = scalar.binary(
      .remainder, builder.load(builder.i64, startAddress, alignment: 8), count, .int64)

    builder.loop(from: builder.constant(0), to: builder.constant(update.updatedRows)) { row in
      let place = builder.add(start, row)
      let isPast = builder.compare(.signedGreaterOrEqual, place, count)
      let wrapped = builder.select(isPast, builder.subtract(place, count), place)
      let source = builder.element(rows, builder.multiply(row, update.rowLength), bytes: bytes)
      let target0 = builder.element(output, builder.multiply(wrapped, update.rowLength), bytes: bytes)
      let lanes = LoopPlan.lanes(target.lanes, max(1, update.rowLength))
      let vectors = update.rowLength / lanes * lanes
      for (first, last, lanes) in [(0, vectors, lanes), (vectors, update.rowLength, 1)] {
        builder.loop(from: builder.constant(first), to: builder.constant(last), step: lanes) { index in
          let value = builder.load(
            scalar.type(update.element, lanes: lanes), builder.element(source, index, bytes: bytes),
            alignment: bytes)
          builder.store(value, builder.element(target0, index, bytes: bytes), alignment: bytes)
        }
      }
    }
    builder.endFunction()
  }
}
