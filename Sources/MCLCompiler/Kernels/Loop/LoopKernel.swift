import MCLGraph

/// The family that serves every comprehension: loops over vectors of points.
struct LoopKernel: KernelFamily {
  let name = "loop"

  func plan(
    _ specification: KernelSpecification, symbol: String, target: TargetDescription
  ) throws -> KernelPlan? {
    guard case .comprehension(let comprehension) = specification.form else { return nil }
    let space = try IterationSpace(comprehension, operandElements: specification.operandElements)
    let loop = LoopPlan(space, comprehension: comprehension, target: target)
    switch specification.byProduct {
    case nil: break
    case .squares, .sum:
      guard comprehension.reduction == .sum, loop.orientation == .overOutput else { return nil }
    case .moments: return nil
    }
    return KernelPlan(
      phases: [.init(symbol: "\(symbol)_loop", taskCount: loop.taskCount)], temporaryBytes: 0,
      scratchBytes: 0,
      family: name, multiplyAdds: 0)
  }

  func emit(
    _ specification: KernelSpecification, symbol: String, builder: ModuleBuilder, target: TargetDescription
  ) throws {
    guard case .comprehension(let comprehension) = specification.form else { return }
    let operands = specification.operandElements.indices.map { ArgumentSlot(position: $0) }
    try LoopEmitter.emit(
      comprehension, operandElements: specification.operandElements, operands: operands,
      output: ArgumentSlot(position: operands.count), byProduct: specification.byProduct,
      symbol: "\(symbol)_loop", builder: builder, target: target)
  }
}
