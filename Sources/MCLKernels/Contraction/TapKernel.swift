import LLVMBindings
import MCLGraph
import MCLKernelForms

/// The family for contractions whose operands lie as the multiply-adds want them: a tile of arbitrary rows times
/// vectors of columns, all of k in registers, nothing packed, nothing multiplied by padding unless that takes less time
/// (`PaddedFactor`), in which case phase 0 makes the padded copy.
///
/// Phase 1 lists the rows; phase 2 multiplies, and applies the epilogue to the sums in registers; phase 3, where k
/// was split or the result is not contiguous along the lanes, puts the results in their places.
struct TapKernel: KernelFamily {
  let name = "contraction"
  let makesOperands = true

  private struct Layout {
    var problem: TapProblem
    var plans: [TapPlan]
    var tableOffsets: [Int]
    var partialOffset: Int
    var temporaryBytes: Int
    /// Where the sums of rows stand in the temporary, when they are asked for.
    var momentsOffset: Int?
    var finish: PartialResults?
    /// What the rows read instead of their operand, and where it stands in the temporary.
    var padded: (factor: PaddedFactor, byteOffset: Int)?
    /// Products of values.
    var multiplyAdds: Int
    var operandMap: OperandMap?

    func symbolOfPadding(_ symbol: String) -> String { "\(symbol)_pad" }
  }

  /// A contraction as a problem, and how each of its parts is cut.
  private struct Arrangement {
    var problem: TapProblem
    var plans: [TapPlan]
    var cost: Double { plans.reduce(0) { $0 + $1.cost } }
    var multiplyAdds: Int { plans.reduce(0) { $0 + $1.multiplyAdds } }

    /// - Parameter keepsColumns: whether each task computes all columns of its rows.
    init?(
      _ comprehension: Comprehension, _ elements: [ElementType], keepsColumns: Bool = false,
      _ target: TargetDescription
    ) throws {
      guard let problem = try TapProblem(comprehension, operandElements: elements, target: target) else {
        return nil
      }
      self.init(problem, keepsColumns: keepsColumns, target)
      guard problem.sumsLanes || !isFull(target) else { return }
      let most = problem.sumsLanes ? costWithLines : TapKernel.leastGain * costWithLines
      for (axis, size) in problem.stretchAxes {
        for count in 1...size {
          let rows = (size + count - 1) / count
          guard (2...TapPlan.mostRows).contains(rows),
            let own = problem.stretched(along: axis, most: rows).map({
              Arrangement($0, keepsColumns: keepsColumns, target)
            }),
            own.costWithLines < min(costWithLines, most)
          else { continue }
          self = own
        }
      }
    }

    /// Whether nearly all multiply-adds are of products of values.
    func isFull(_ target: TargetDescription) -> Bool {
      Double(multiplyAdds) >= TapKernel.fullEnough * cost * Double(target.lanes)
    }

    private init(_ problem: TapProblem, keepsColumns: Bool, _ target: TargetDescription) {
      self.problem = problem
      plans = problem.parts.indices.map { number in
        TapPlan(
          problem.parts[number], classes: problem.classes[number], stretch: problem.stretches[number],
          lane: problem.lane, isDirect: problem.isDirect,
          allowsSplits: problem.parts.count == 1 && !problem.sumsLanes, keepsColumns: keepsColumns,
          target: target)
      }
    }

    /// The cost with the time that lines take to come from the second cache.
    private var costWithLines: Double { cost + 2 * Double(plans.reduce(0) { $0 + $1.lines }) }
  }

  /// The share of the time that products alone would take, below which padding is weighed; and the share of the time
  /// that it must save.
  private static let fullEnough = 0.8
  private static let leastGain = 0.85

  /// The quickest way to pad the operand of the rows; nil where none is worth it.
  private func padded(
    _ own: Arrangement, _ comprehension: Comprehension, _ elements: [ElementType], _ target: TargetDescription
  ) throws -> (factor: PaddedFactor, arrangement: Arrangement)? {
    guard own.problem.classes.contains(where: { $0.count > 1 }),
      !own.isFull(target)
    else { return nil }
    var best: (factor: PaddedFactor, arrangement: Arrangement)?
    var least = Self.leastGain * own.cost
    for factor in PaddedFactor.candidates(comprehension, factor: own.problem.factor) {
      guard let arrangement = try Arrangement(factor.contraction, elements, target),
        arrangement.problem.factor == own.problem.factor
      else { continue }
      let cost = arrangement.cost + 4 * Double(factor.copy.outputCount / target.lanes)
      if cost < least { (best, least) = ((factor, arrangement), cost) }
    }
    return best
  }

  private func layout(_ specification: KernelSpecification, target: TargetDescription) throws -> Layout? {
    guard case .comprehension(let comprehension) = specification.form else { return nil }
    let elements = specification.operandElements
    let keepsColumns = specification.operandMap != nil
    guard let own = try Arrangement(comprehension, elements, keepsColumns: keepsColumns, target),
      own.multiplyAdds >= SharedLimits.leastMultiplyAdds,
      own.plans.reduce(0, { $0 + $1.problem.rowCount }) >= 2,
      comprehension.reductionCount >= ContractionKernel.leastTerms
    else { return nil }
    if let map = specification.operandMap {
      guard own.plans.count == 1,
        try TapOperandMap.isServed(
          map, comprehension, factor: own.problem.factor, own.plans[0], elements)
      else { return nil }
    }
    let padded = keepsColumns ? nil : try padded(own, comprehension, elements, target)
    let (problem, plans) =
      padded.map { ($0.arrangement.problem, $0.arrangement.plans) } ?? (own.problem, own.plans)
    var offset = 0
    var tableOffsets: [Int] = []
    for plan in plans {
      tableOffsets.append(offset)
      offset += plan.tableBytes
    }
    var layout = Layout(
      problem: problem, plans: plans, tableOffsets: tableOffsets, partialOffset: offset,
      temporaryBytes: offset, multiplyAdds: own.multiplyAdds, operandMap: specification.operandMap)
    if let factor = padded?.factor {
      layout.padded = (factor, offset)
      offset += (factor.byteCount + 63) / 64 * 64
      layout.partialOffset = offset
      layout.temporaryBytes = offset
    }
    if problem.sumsLanes {
      if comprehension.epilogue != .accumulator {
        layout.finish = PartialResults(
          inOrder: comprehension, operandElements: elements, splits: 1,
          partials: ArgumentSlot(position: elements.count))
      }
    } else if plans[0].isPartial {
      layout.temporaryBytes += plans[0].splits * comprehension.outputCount * 4
      layout.finish = PartialResults(
        comprehension, operandElements: elements, space: problem.space,
        order: plans[0].partialOrder,
        splits: plans[0].splits, byteOffset: offset)
    }
    guard let byProduct = specification.byProduct else { return layout }
    guard case .moments(let kept, _, _) = byProduct, comprehension.epilogue == .accumulator,
      layout.finish == nil, plans.count == 1, plans[0].problem.batch.isEmpty, !problem.sumsLanes,
      kept.compactMap({ problem.space.places[$0] }) == plans[0].laneLast
    else { return nil }
    layout.momentsOffset = (offset + 63) / 64 * 64
    layout.temporaryBytes = (offset + 63) / 64 * 64 + TapMoments.extent(plans[0]).byteCount
    return layout
  }

  func plan(
    _ specification: KernelSpecification, symbol: String, target: TargetDescription
  ) throws -> KernelPlan? {
    guard let layout = try layout(specification, target: target) else { return nil }
    var phases: [KernelPlan.Phase] = []
    if let (factor, _) = layout.padded {
      let space = try IterationSpace(factor.copy, operandElements: [.float32])
      let loop = LoopPlan(space, comprehension: factor.copy, target: target)
      phases.append(.init(symbol: layout.symbolOfPadding(symbol), taskCount: loop.taskCount))
    }
    phases += [
      KernelPlan.Phase(symbol: "\(symbol)_rows", taskCount: layout.plans.reduce(0) { $0 + $1.tableTasks }),
      KernelPlan.Phase(
        symbol: "\(symbol)_product", taskCount: layout.plans.reduce(0) { $0 + $1.taskCount }),
    ]
    if let finish = layout.finish {
      phases.append(try finish.phase(symbol: symbol, target: target))
    }
    if layout.momentsOffset != nil {
      phases.append(
        KernelPlan.Phase(
          symbol: "\(symbol)_moments", taskCount: TapMoments.extent(layout.plans[0]).joinTasks))
    }
    return KernelPlan(
      phases: phases, temporaryBytes: layout.temporaryBytes,
      scratchBytes: layout.plans.map(\.scratchBytes).max() ?? 0, family: name,
      multiplyAdds: layout.multiplyAdds)
  }

  func emit(
    _ specification: KernelSpecification, symbol: String, builder: ModuleBuilder, target: TargetDescription
  ) throws {
    guard let layout = try layout(specification, target: target),
      case .comprehension(let comprehension) = specification.form
    else { return }
    let output = specification.operandElements.count
    let paddedSlot = layout.padded.map { ArgumentSlot(position: output + 1, byteOffset: $0.byteOffset) }
    if let (factor, _) = layout.padded, let paddedSlot {
      try LoopEmitter.emit(
        factor.copy, operandElements: [.float32], operands: [ArgumentSlot(position: factor.operand)],
        output: paddedSlot, symbol: layout.symbolOfPadding(symbol), builder: builder, target: target)
    }
    let madeSlot = ArgumentSlot(position: output + 2 + (specification.byProduct?.resultCount ?? 0))
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
        let operandMap =
          try isTable
          ? nil
          : layout.operandMap.map {
            try self.operandMap($0, specification, plan, made: madeSlot, function, target)
          }
        let emit = {
          var emitter = TapEmitter(
            builder: builder, plan: plan, target: target,
            a: function.argument(
              layout.operandMap == nil
                ? paddedSlot ?? ArgumentSlot(position: plan.problem.a.operand) : madeSlot),
            b: function.argument(ArgumentSlot(position: plan.problem.b.operand)),
            output: function.argument(result),
            table: function.argument(
              ArgumentSlot(position: output + 1, byteOffset: layout.tableOffsets[number])),
            scratch: function.scratch, classTable: classTables[number], epilogue: epilogue)
          if !isTable, let offset = layout.momentsOffset {
            emitter.moments = TapMoments(
              sums: moments(layout, offset, function, temporary: output + 1, target), plan: plan)
          }
          emitter.operandMap = operandMap
          let task = builder.add(function.task, -first)
          if isTable { emitter.emitTable(task: task) } else { emitter.emitProducts(task: task) }
          if !isTable, emitter.isStreaming { builder.fence() }
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
    if let offset = layout.momentsOffset {
      specification.byProduct?.emitJoin(
        symbol: symbol + "_moments", builder: builder, temporary: output + 1
      ) { moments(layout, offset, $0, temporary: output + 1, target) }
    }
    try layout.finish?.emit(symbol: symbol, builder: builder, target: target)
  }

  private func moments(
    _ layout: Layout, _ offset: Int, _ function: KernelFunction, temporary: Int, _ target: TargetDescription
  ) -> ColumnMoments {
    ColumnMoments(
      builder: function.builder, hasFusedMultiplyAdd: target.hasFusedMultiplyAdd,
      extent: TapMoments.extent(layout.plans[0]),
      partials: function.argument(ArgumentSlot(position: temporary, byteOffset: offset)))
  }

  private func operandMap(
    _ own: OperandMap, _ specification: KernelSpecification, _ plan: TapPlan, made: ArgumentSlot,
    _ function: KernelFunction, _ target: TargetDescription
  ) throws -> TapOperandMap {
    let elements = specification.operandElements
    var program = ScalarProgram(
      loads: own.map.accesses.map { elements[$0.operand] }, accumulator: .float32)
    let root = try program.append(own.map.body, expected: .float32)
    let space = try IterationSpace(own.map, operandElements: elements)
    let point = PointEmitter(
      builder: function.builder, space: space, program: program,
      bases: space.accesses.map { function.argument(ArgumentSlot(position: $0.operand)) }, target: target)
    return TapOperandMap(point: point, root: root, lanes: plan.lanes, output: function.argument(made))
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
      bases: layout.problem.space.accesses.map { pointers[$0.operand] }, target: target)
    return TapEpilogue(point: point, root: root)
  }
}
