import MCLGraph

/// The family for contractions whose operands lie as the multiply-adds want them: a tile of arbitrary rows times
/// vectors of columns, all of k in registers, nothing packed, nothing multiplied by padding.
///
/// Phase 1 lists the rows; phase 2 multiplies, and applies the epilogue to the sums in registers; phase 3, where k
/// was split or the result is not contiguous along the lanes, puts the results in their places.
struct TapKernel: KernelFamily {
  let name = "contraction"

  private struct Layout {
    var problem: TapProblem
    var plans: [TapPlan]
    var tableOffsets: [Int]
    var partialOffset: Int
    var temporaryBytes: Int
    /// Where the sums of rows stand in the temporary, when they are asked for.
    var momentsOffset: Int?
    var finish: PartialResults?
  }

  private func layout(_ specification: KernelSpecification, target: TargetDescription) throws -> Layout? {
    guard case .comprehension(let comprehension) = specification.form else { return nil }
    let elements = specification.operandElements
    guard let problem = try TapProblem(comprehension, operandElements: elements, target: target) else {
      return nil
    }
    let plans = zip(problem.parts, problem.classes).map { part, classes in
      TapPlan(
        part, classes: classes, lane: problem.lane, isDirect: problem.isDirect,
        allowsSplits: problem.parts.count == 1, target: target)
    }
    guard plans.reduce(0, { $0 + $1.multiplyAdds }) >= ContractionKernel.leastMultiplyAdds,
      plans.reduce(0, { $0 + $1.problem.rowCount }) >= 2,
      comprehension.reductionCount >= ContractionKernel.leastTerms
    else { return nil }
    var offset = 0
    var tableOffsets: [Int] = []
    for plan in plans {
      tableOffsets.append(offset)
      offset += plan.tableBytes
    }
    var layout = Layout(
      problem: problem, plans: plans, tableOffsets: tableOffsets, partialOffset: offset,
      temporaryBytes: offset, finish: nil)
    if plans[0].isPartial {
      layout.temporaryBytes += plans[0].splits * comprehension.outputCount * 4
      layout.finish = PartialResults(
        comprehension, operandElements: elements, space: problem.space,
        order: plans[0].partialOrder,
        splits: plans[0].splits, byteOffset: offset)
    }
    guard let byProduct = specification.byProduct else { return layout }
    guard case .moments(let kept, _, _) = byProduct, comprehension.epilogue == .accumulator,
      layout.finish == nil, plans.count == 1, plans[0].problem.batch.isEmpty,
      kept.compactMap({ problem.space.places[$0] }) == plans[0].laneLast
    else { return nil }
    layout.momentsOffset = (offset + 63) / 64 * 64
    layout.temporaryBytes = (offset + 63) / 64 * 64 + TapMoments.byteCount(plans[0])
    return layout
  }

  func plan(
    _ specification: KernelSpecification, symbol: String, target: TargetDescription
  ) throws -> KernelPlan? {
    guard let layout = try layout(specification, target: target) else { return nil }
    var phases = [
      KernelPlan.Phase(symbol: "\(symbol)_rows", taskCount: layout.plans.reduce(0) { $0 + $1.tableTasks }),
      KernelPlan.Phase(
        symbol: "\(symbol)_product", taskCount: layout.plans.reduce(0) { $0 + $1.taskCount }),
    ]
    if let finish = layout.finish {
      phases.append(try finish.phase(symbol: symbol, target: target))
    }
    if layout.momentsOffset != nil {
      phases.append(
        KernelPlan.Phase(symbol: "\(symbol)_moments", taskCount: TapMoments.taskCount(layout.plans[0])))
    }
    return KernelPlan(
      phases: phases, temporaryBytes: layout.temporaryBytes,
      scratchBytes: layout.plans.map(\.scratchBytes).max() ?? 0, family: name,
      multiplyAdds: layout.plans.reduce(0) { $0 + $1.multiplyAdds })
  }

  func emit(
    _ specification: KernelSpecification, symbol: String, builder: ModuleBuilder, target: TargetDescription
  ) throws {
    guard let layout = try layout(specification, target: target),
      case .comprehension(let comprehension) = specification.form
    else { return }
    let output = specification.operandElements.count
    let classTables = layout.plans.map { builder.constantTable(TapEmitter.classTable($0)) }
    for isTable in [true, false] {
      let function = KernelFunction(symbol + (isTable ? "_rows" : "_product"), builder: builder)
      var epilogue: TapEpilogue?
      if !isTable, layout.finish == nil, comprehension.epilogue != .accumulator {
        epilogue = try self.epilogue(specification, comprehension, layout, function, target)
      }
      var first = 0
      for (number, plan) in layout.plans.enumerated() {
        let count = isTable ? plan.tableTasks : plan.taskCount
        let result =
          plan.isPartial
          ? ArgumentSlot(position: output + 1, byteOffset: layout.partialOffset)
          : ArgumentSlot(position: output)
        let emit = {
          var emitter = TapEmitter(
            builder: builder, plan: plan, target: target,
            a: function.argument(ArgumentSlot(position: plan.problem.a.operand)),
            b: function.argument(ArgumentSlot(position: plan.problem.b.operand)),
            output: function.argument(result),
            table: function.argument(
              ArgumentSlot(position: output + 1, byteOffset: layout.tableOffsets[number])),
            scratch: function.scratch, classTable: classTables[number], epilogue: epilogue)
          emitter.moments = isTable ? nil : moments(layout, function, temporary: output + 1)
          let task = builder.add(function.task, -first)
          if isTable { emitter.emitTable(task: task) } else { emitter.emitProducts(task: task) }
        }
        if layout.plans.count == 1 {
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
    if case .moments(_, let sum, let squares) = specification.byProduct {
      let function = KernelFunction(symbol + "_moments", builder: builder)
      moments(layout, function, temporary: output + 1)?.finish(
        task: function.task, sum: (sum, function.argument(ArgumentSlot(position: output + 2))),
        squares: (squares, function.argument(ArgumentSlot(position: output + 3))))
      builder.endFunction()
    }
    try layout.finish?.emit(symbol: symbol, builder: builder, target: target)
  }

  private func moments(_ layout: Layout, _ function: KernelFunction, temporary: Int) -> TapMoments? {
    layout.momentsOffset.map { offset in
      TapMoments(
        builder: function.builder, plan: layout.plans[0],
        partials: function.argument(ArgumentSlot(position: temporary, byteOffset: offset)))
    }
  }

  private func epilogue(
    _ specification: KernelSpecification, _ comprehension: Comprehension, _ layout: Layout,
    _ function: KernelFunction, _ target: TargetDescription
  ) throws -> TapEpilogue {
    let loads = comprehension.accesses.map { specification.operandElements[$0.operand] }
    var program = ScalarProgram(loads: loads, accumulator: .float32)
    let root = try program.append(comprehension.epilogue, expected: .float32)
    guard program.nodes[root].element == .float32 else {
      throw KernelError("a contraction ends in int64 elements where its result has f32; convert at the end")
    }
    let pointers = specification.operandElements.indices.map {
      function.argument(ArgumentSlot(position: $0))
    }
    let point = PointEmitter(
      builder: function.builder, space: layout.problem.space, program: program,
      bases: layout.problem.space.accesses.map { pointers[$0.operand] }, target: target,
      isWide: LoopEmitter.isWide(program))
    return TapEpilogue(point: point, root: root)
  }
}
