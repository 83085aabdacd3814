import MCLGraph

/// The family for 3 x 3 windows in steps of one over many channels, by Winograd's minimal filtering F(2x2, 3x3): 16
/// multiplications where the definition has 36 (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks",
/// 2016, equation 8). Its rounding is of the size of the direct way's.
///
/// Phase 1 transforms the weights, phase 2 does the rest.
struct WinogradKernel: KernelFamily {
  let name = "winograd"

  private func layout(_ specification: KernelSpecification, target: TargetDescription) throws -> WinogradPlan?
  {
    guard case .comprehension(let comprehension) = specification.form, specification.byProduct == nil,
      let problem = try WinogradProblem(
        comprehension, operandElements: specification.operandElements, target: target)
    else { return nil }
    return WinogradPlan(problem, target: target)
  }

  func plan(
    _ specification: KernelSpecification, symbol: String, target: TargetDescription
  ) throws -> KernelPlan? {
    guard let plan = try layout(specification, target: target) else { return nil }
    return KernelPlan(
      phases: [
        KernelPlan.Phase(symbol: "\(symbol)_weights", taskCount: plan.panels * plan.channelRuns),
        KernelPlan.Phase(symbol: "\(symbol)_product", taskCount: plan.chunks),
      ],
      temporaryBytes: plan.weightBytes, scratchBytes: plan.scratchBytes, family: name,
      multiplyAdds: plan.problem.directMultiplyAdds)
  }

  func emit(
    _ specification: KernelSpecification, symbol: String, builder: ModuleBuilder, target: TargetDescription
  ) throws {
    guard let plan = try layout(specification, target: target) else { return }
    let output = specification.operandElements.count
    for isWeights in [true, false] {
      let function = KernelFunction(symbol + (isWeights ? "_weights" : "_product"), builder: builder)
      let emitter = WinogradEmitter(
        builder: builder, plan: plan, hasFusedMultiplyAdd: target.hasFusedMultiplyAdd,
        image: function.argument(ArgumentSlot(position: plan.problem.problem.a.operand)),
        weights: function.argument(ArgumentSlot(position: plan.problem.problem.b.operand)),
        output: function.argument(ArgumentSlot(position: output)),
        transformed: function.argument(ArgumentSlot(position: output + 1)), scratch: function.scratch)
      if isWeights {
        emitter.emitWeights(task: function.task)
      } else {
        emitter.emitProducts(task: function.task)
      }
      builder.endFunction()
    }
  }
}
