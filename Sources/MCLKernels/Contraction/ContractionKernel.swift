import LLVMBindings
import MCLGraph
import MCLKernelForms

/// The family for matrix products and convolutions, with their gradients: implicit matrix multiplication.
///
/// Phase 1 packs the operand of the rows (weights, as a rule) into the temporary; phase 2 packs the other operand a
/// tile at a time and multiplies in registers; phase 3, where k was split or there is an epilogue, finishes with
/// the generic kernel. What falls outside an operand is packed as its fill value.
struct ContractionKernel: KernelFamily {
  let name = "contraction"

  /// Terms below which results and what epilogues read take far longer to move than the products of each: the generic
  /// kernel goes through them in the order of memory.
  static let leastTerms = 8

  /// The whole of a kernel: its parts, where they keep what they pack, and how it ends.
  private struct Layout {
    var parts: [ContractionPlan]
    /// Byte offsets in the temporary.
    var packedOffsets: [Int]
    var partialOffset: Int
    var temporaryBytes: Int
    var finish: PartialResults?
  }

  private func layout(
    _ specification: KernelSpecification, target: TargetDescription
  ) throws -> Layout? {
    guard case .comprehension(let comprehension) = specification.form, specification.byProduct == nil else {
      return nil
    }
    let elements = specification.operandElements
    guard let problem = try ContractionProblem(comprehension, operandElements: elements),
      problem.rowCount >= 2, problem.columnCount >= 4, problem.innerCount >= Self.leastTerms,
      problem.batchCount * problem.rowCount * problem.columnCount * problem.innerCount
        >= SharedLimits.leastMultiplyAdds,
      let problems = problem.splitByResidue()
    else { return nil }
    let parts = problems.map { ContractionPlan($0, target: target, allowsSplits: problems.count == 1) }
    var offset = 0
    var packedOffsets: [Int] = []
    for part in parts {
      packedOffsets.append(offset)
      offset += (part.packedBytes + 63) / 64 * 64
    }
    var result = Layout(
      parts: parts, packedOffsets: packedOffsets, partialOffset: offset, temporaryBytes: offset, finish: nil)
    let output = elements.count
    let splits = parts[0].splits
    if splits > 1 {
      result.temporaryBytes += splits * comprehension.outputCount * 4
      let temporary = ArgumentSlot(position: output + 1, byteOffset: offset)
      result.finish = PartialResults(
        inOrder: comprehension, operandElements: elements, splits: splits, partials: temporary)
    } else if comprehension.epilogue != .accumulator {
      result.finish = PartialResults(
        inOrder: comprehension, operandElements: elements, splits: 1, partials: ArgumentSlot(position: output)
      )
    }
    return result
  }

  func plan(
    _ specification: KernelSpecification, symbol: String, target: TargetDescription
  ) throws -> KernelPlan? {
    guard let layout = try layout(specification, target: target) else { return nil }
    var phases = [
      KernelPlan.Phase(symbol: "\(symbol)_pack", taskCount: layout.parts.reduce(0) { $0 + $1.packTasks }),
      KernelPlan.Phase(symbol: "\(symbol)_product", taskCount: layout.parts.reduce(0) { $0 + $1.taskCount }),
    ]
    if let finish = layout.finish { phases.append(try finish.phase(symbol: symbol, target: target)) }
    let scratch = layout.parts.map(\.scratchBytes).max() ?? 0
    return KernelPlan(
      phases: phases, temporaryBytes: layout.temporaryBytes, scratchBytes: scratch, family: name,
      multiplyAdds: layout.parts.reduce(0) { sum, part in
        sum + part.problem.batchCount * part.problem.rowCount * part.problem.columnCount * part.depth
      })
  }

  func emit(
    _ specification: KernelSpecification, symbol: String, builder: ModuleBuilder, target: TargetDescription
  ) throws {
    guard let layout = try layout(specification, target: target) else { return }
    for isPacking in [true, false] {
      let function = KernelFunction(symbol + (isPacking ? "_pack" : "_product"), builder: builder)
      let output = specification.operandElements.count
      var first = 0
      for (part, offset) in zip(layout.parts, layout.packedOffsets) {
        let count = isPacking ? part.packTasks : part.taskCount
        let splits = part.splits
        let result =
          splits > 1
          ? ArgumentSlot(position: output + 1, byteOffset: layout.partialOffset)
          : ArgumentSlot(position: output)
        let emit = {
          let emitter = ContractionEmitter(
            builder: builder, plan: part, target: target,
            a: function.argument(ArgumentSlot(position: part.problem.a.operand)),
            b: function.argument(ArgumentSlot(position: part.problem.b.operand)),
            output: function.argument(result),
            splitStride: part.problem.batchCount * part.problem.rowCount * part.problem.columnCount,
            packed: function.argument(ArgumentSlot(position: output + 1, byteOffset: offset)),
            scratch: function.scratch)
          let task = builder.add(function.task, -first)
          if isPacking { emitter.emitPacking(task: task) } else { emitter.emitProducts(task: task) }
        }
        if layout.parts.count == 1 {
          emit()
        } else {
          let isOwn = builder.and(
            builder.compare(.signedGreaterOrEqual, function.task, builder.constant(first)),
            builder.compare(.signedLess, function.task, builder.constant(first + count)))
          builder.when(isOwn, emit)
        }
        first += count
      }
      builder.endFunction()
    }
    try layout.finish?.emit(symbol: symbol, builder: builder, target: target)
  }
}
