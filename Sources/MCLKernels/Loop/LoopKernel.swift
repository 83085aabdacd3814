import LLVMBindings
import MCLGraph
import MCLKernelForms

/// The family that serves every comprehension: loops over vectors of points.
struct LoopKernel: KernelFamily {
  let name = "loop"

  func plan(
    _ specification: KernelSpecification, symbol: String, target: TargetDescription
  ) throws -> KernelPlan? {
    guard case .comprehension(let comprehension) = specification.form else { return nil }
    let space = try IterationSpace(comprehension, operandElements: specification.readElements)
    let loop = LoopPlan(space, comprehension: comprehension, target: target)
    switch specification.byProduct {
    case nil: break
    case .squares, .sum:
      guard comprehension.reduction == .sum, loop.orientation == .overOutput else { return nil }
    case .maps:
      guard comprehension.reduction == .none, loop.orientation == .overOutput, loop.transposed == nil else {
        return nil
      }
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
    let output = specification.operandElements.count
    // What is made besides stands after the output and the temporary.
    let operands = specification.readElements.indices.map {
      ArgumentSlot(position: $0 < output ? $0 : $0 + 2)
    }
    try LoopEmitter.emit(
      comprehension, operandElements: specification.readElements, operands: operands,
      output: ArgumentSlot(position: output), byProduct: specification.byProduct,
      symbol: "\(symbol)_loop", builder: builder, target: target)
  }
}
