import LLVMBindings
import MCLGraph
import MCLKernelForms

/// The family for windows of 3 or 3 x 3 taps in steps of one over many channels, by Winograd's minimal filtering
/// (`MinimalFilter`): F(4, 3) or F(2, 3) along one direction, where 6 multiplications stand for 12 or 4 for 6; F(4x2, 3x3)
/// or F(2x2, 3x3) along two, where 24 stand for 72 or 16 for 36. Its rounding stays within what is to be expected of sums
/// as long.
///
/// Phase 1 transforms the weights or the image, phase 2 does the rest, phase 3 joins the results' moments if these are asked
/// for.
struct WinogradKernel: KernelFamily {
  let name = "winograd"

  private func layout(_ specification: KernelSpecification, target: TargetDescription) throws -> WinogradPlan?
  {
    guard case .comprehension(let comprehension) = specification.form,
      let problem = try WinogradProblem(
        comprehension, operandElements: specification.operandElements, target: target)
    else { return nil }
    switch specification.byProduct {
    case nil: break
    case .moments(let kept, _, _):
      guard kept.compactMap({ problem.space.places[$0] }) == problem.columns else { return nil }
    case .squares, .sum, .maps: return nil
    }
    return WinogradPlan.best(problem, target: target)
  }

  func plan(
    _ specification: KernelSpecification, symbol: String, target: TargetDescription
  ) throws -> KernelPlan? {
    guard let plan = try layout(specification, target: target) else { return nil }
    let isCommon = plan.prepared == .weights
    var phases = [
      KernelPlan.Phase(
        symbol: "\(symbol)_prepare", taskCount: plan.preparingTasks, isCommon: isCommon),
      KernelPlan.Phase(symbol: "\(symbol)_product", taskCount: plan.productTasks),
    ]
    var bytes = isCommon ? 0 : plan.preparedBytes
    if specification.byProduct != nil {
      phases.append(KernelPlan.Phase(symbol: "\(symbol)_moments", taskCount: plan.moments.joinTasks))
      bytes += plan.moments.byteCount
    }
    return KernelPlan(
      phases: phases, temporaryBytes: bytes, commonBytes: isCommon ? plan.preparedBytes : 0,
      commonOperands: isCommon ? [plan.problem.problem.b.operand] : [], scratchBytes: plan.scratchBytes,
      family: name, multiplyAdds: plan.problem.directMultiplyAdds)
  }

  func emit(
    _ specification: KernelSpecification, symbol: String, builder: ModuleBuilder, target: TargetDescription
  ) throws {
    guard let plan = try layout(specification, target: target) else { return }
    let output = specification.operandElements.count
    let isCommon = plan.prepared == .weights
    let prepared = ArgumentSlot(position: isCommon ? specification.commonPosition : output + 1)
    let partials = ArgumentSlot(
      position: output + 1, byteOffset: isCommon ? 0 : plan.preparedBytes)
    let moments = { (function: KernelFunction) in
      ColumnMoments(
        builder: builder, hasFusedMultiplyAdd: target.hasFusedMultiplyAdd, extent: plan.moments,
        partials: function.argument(partials))
    }
    for isPreparation in [true, false] {
      let function = KernelFunction(symbol + (isPreparation ? "_prepare" : "_product"), builder: builder)
      let emitter = WinogradEmitter(
        builder: builder, plan: plan, hasFusedMultiplyAdd: target.hasFusedMultiplyAdd,
        image: function.argument(ArgumentSlot(position: plan.problem.problem.a.operand)),
        weights: function.argument(ArgumentSlot(position: plan.problem.problem.b.operand)),
        output: function.argument(ArgumentSlot(position: output)),
        prepared: function.argument(prepared), scratch: function.scratch,
        moments: isPreparation || specification.byProduct == nil ? nil : moments(function))
      if isPreparation {
        emitter.emitPreparation(task: function.task)
      } else {
        emitter.emitProducts(task: function.task)
      }
      builder.endFunction()
    }
    specification.byProduct?.emitJoin(
      symbol: symbol + "_moments", builder: builder, temporary: output + 1, moments: moments)
  }
}
