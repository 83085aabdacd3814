import LLVMBindings
import MCLGraph
import MCLKernelForms

/// The family for the gradient by the weights of windows of 3 or 3 x 3 taps in steps of one over many channels, by
/// Winograd's minimal filtering F(3, 4) or F(3, 2) a side: the gradient's values are the filter, the taps the results, so that
/// of 3 x 3 taps 24 multiplications stand where the definition has 72, or 16 for 36 (Lavin and Gray, "Fast Algorithms for
/// Convolutional Neural Networks", 2016, section 4.3):
///
///     dW = A' [sum over tiles of (G y G') . (B' d B)] A
///
/// Phase 1 does all that, phase 2 joins the splits of the tiles if there are any, phase 3 brings the sums to their places
/// and applies the epilogue.
struct WinogradGradientKernel: KernelFamily {
  let name = "winogradGradient"

  private func layout(
    _ specification: KernelSpecification, target: TargetDescription
  ) throws -> (plan: WinogradGradientPlan, finish: PartialResults)? {
    guard case .comprehension(let comprehension) = specification.form, specification.byProduct == nil,
      let problem = try WinogradGradientProblem(
        comprehension, operandElements: specification.operandElements, target: target),
      let plan = WinogradGradientPlan.best(problem, target: target)
    else { return nil }
    let finish = PartialResults(
      comprehension, operandElements: specification.operandElements, space: problem.space,
      order: plan.partialOrder.map { [$0] }, splits: 1, byteOffset: 0)
    return (plan, finish)
  }

  func plan(
    _ specification: KernelSpecification, symbol: String, target: TargetDescription
  ) throws -> KernelPlan? {
    guard let (plan, finish) = try layout(specification, target: target) else { return nil }
    var phases = [KernelPlan.Phase(symbol: "\(symbol)_product", taskCount: plan.taskCount)]
    if plan.splits > 1 {
      phases.append(KernelPlan.Phase(symbol: "\(symbol)_join", taskCount: plan.joinTasks))
    }
    phases.append(try finish.phase(symbol: symbol, target: target))
    return KernelPlan(
      phases: phases, temporaryBytes: plan.temporaryBytes, scratchBytes: plan.scratchBytes, family: name,
      multiplyAdds: plan.problem.directMultiplyAdds)
  }

  func emit(
    _ specification: KernelSpecification, symbol: String, builder: ModuleBuilder, target: TargetDescription
  ) throws {
    guard let (plan, finish) = try layout(specification, target: target) else { return }
    for isJoin in plan.splits > 1 ? [false, true] : [false] {
      let function = KernelFunction(symbol + (isJoin ? "_join" : "_product"), builder: builder)
      let emitter = WinogradGradientEmitter(
        builder: builder, plan: plan, hasFusedMultiplyAdd: target.hasFusedMultiplyAdd,
        image: function.argument(ArgumentSlot(position: plan.problem.problem.a.operand)),
        gradient: function.argument(ArgumentSlot(position: plan.problem.problem.b.operand)),
        partials: function.argument(ArgumentSlot(position: specification.operandElements.count + 1)),
        scratch: function.scratch)
      if isJoin { emitter.emitJoin(task: function.task) } else { emitter.emit(task: function.task) }
      builder.endFunction()
    }
    try finish.emit(symbol: symbol, builder: builder, target: target)
  }
}
