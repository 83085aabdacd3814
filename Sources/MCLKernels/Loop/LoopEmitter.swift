import LLVMBindings
import MCLGraph
import MCLKernelForms

/// The generic kernel: any comprehension as a nest of loops over vectors of points.
///
/// Every operation's result is rounded to its element type, as if it had been stored. Sums are added in float64 in a
/// fixed order, so that the result depends on the shape alone.
struct LoopEmitter {
  let builder: ModuleBuilder
  let space: IterationSpace
  let plan: LoopPlan
  let comprehension: Comprehension
  private(set) var point: PointEmitter
  let accumulation: Accumulation
  let function: KernelFunction
  let body: Int
  let epilogue: Int
  /// What else is made, if anything.
  private let besides: Besides?

  /// A sum made beside the first, of the squared deviations from the mean or of another body; or maps, which are read as
  /// operands from `firstOperand` on.
  private enum Besides {
    case squares(epilogue: Int)
    case sum(body: Int, epilogue: Int)
    case maps([Int], firstOperand: Int)

    var isSum: Bool { if case .maps = self { false } else { true } }
    var count: Int { if case .maps(let roots, _) = self { roots.count } else { 1 } }
  }

  /// Emits the kernel `symbol`.
  ///
  /// - Parameters:
  ///   - operands: where each operand of the comprehension stands among the arguments, maps made besides last.
  ///   - output: where the result goes.
  ///   - byProduct: squares, a second sum, maps, or nothing; they go to the arguments after the temporary.
  static func emit(
    _ comprehension: Comprehension, operandElements: [ElementType], operands: [ArgumentSlot],
    output: ArgumentSlot, byProduct: ByProduct? = nil, symbol: String, builder: ModuleBuilder,
    target: TargetDescription
  ) throws {
    let emitter = try LoopEmitter(
      comprehension, operandElements: operandElements, operands: operands, byProduct: byProduct,
      symbol: symbol, builder: builder, target: target)
    var outputs = [emitter.function.argument(output)]
    for number in 0..<(emitter.besides?.count ?? 0) {
      outputs.append(emitter.function.argument(ArgumentSlot(position: output.position + 2 + number)))
    }
    emitter.emitTask(outputs)
    if emitter.isStreaming { builder.fence() }
    builder.endFunction()
  }

  private init(
    _ comprehension: Comprehension, operandElements: [ElementType], operands: [ArgumentSlot],
    byProduct: ByProduct?, symbol: String, builder: ModuleBuilder, target: TargetDescription
  ) throws {
    self.builder = builder
    self.comprehension = comprehension
    let space = try IterationSpace(comprehension, operandElements: operandElements)
    self.space = space
    plan = LoopPlan(space, comprehension: comprehension, target: target)
    let loads = comprehension.accesses.map { operandElements[$0.operand] }
    let reduced = comprehension.reducedElement(loads: loads)
    let accumulator = comprehension.reduction == .firstMaximumPosition ? .int64 : reduced
    var program = ScalarProgram(loads: loads, accumulator: accumulator)
    body = try program.append(comprehension.body, expected: reduced)
    epilogue = try program.append(comprehension.epilogue, expected: comprehension.element)
    guard program.nodes[epilogue].element == comprehension.element else {
      throw KernelError(
        "a kernel computes \(program.nodes[epilogue].element.rawValue) elements where its result has "
          + "\(comprehension.element.rawValue); convert at the end")
    }
    switch byProduct {
    case .squares(let tree): besides = .squares(epilogue: try program.append(tree, expected: .float32))
    case .sum(let other, let tree):
      besides = .sum(
        body: try program.append(other, expected: reduced),
        epilogue: try program.append(tree, expected: .float32))
    case .maps(let trees):
      besides = .maps(
        try trees.map { try program.append($0, expected: comprehension.element) },
        firstOperand: operandElements.count - trees.count)
    case .moments, nil: besides = nil
    }
    let function = KernelFunction(symbol, builder: builder)
    self.function = function
    let pointers = operands.map { function.argument($0) }
    point = PointEmitter(
      builder: builder, space: space, program: program,
      bases: space.accesses.map { pointers[$0.operand] }, target: target)
    accumulation = Accumulation(
      comprehension.reduction, element: reduced, scalar: point.scalar,
      isDouble: besides?.isSum ?? false)
    // The processor does not foresee windows that jump; the next line of windows is asked for with this one.
    if space.reductionRank > 0, isWrittenOut(space.outputRank), space.outputRank > 2 {
      point.ahead = space.outputRank - 3
    }
  }

  /// The axis along the lanes; -1 when there is none.
  var vectorAxis: Int {
    switch plan.orientation {
    case .overOutput: space.outputRank - 1
    case .overReduction: space.axes.count - 1
    case .scalar: -1
    }
  }

  private func enter(_ state: LoopState, _ axis: Int, _ coordinate: IRValue) -> LoopState {
    state.advanced(along: axis, by: coordinate, space.accesses, builder: builder)
  }

  /// What is evaluated along a row.
  private var roots: [Int] {
    switch besides {
    case nil: [body, epilogue]
    case .squares(let root): [body, epilogue, root]
    case .sum(let other, let root): [body, epilogue, other, root]
    case .maps(let others, _): [body, epilogue] + others
    }
  }

  private func bits(_ axes: Range<Int>) -> UInt64 { axes.reduce(0) { $0 | 1 << UInt64($1) } }

  /// The rows and columns of one task.
  private func emitTask(_ outputs: [IRValue]) {
    let (rowTask, columnTask) = builder.divide(function.task, by: plan.columnTasks)
    func range(_ task: IRValue, _ perTask: Int, _ count: Int, _ tasks: Int) -> (IRValue, IRValue) {
      if tasks == 1 { return (builder.constant(0), builder.constant(count)) }
      let first = builder.multiply(task, perTask)
      return (first, builder.minimum(builder.add(first, perTask), builder.constant(count)))
    }
    let rows = range(rowTask, plan.rowsPerTask, plan.rows, plan.rowTasks)
    let columns = range(columnTask, plan.columnsPerTask, plan.columns, plan.columnTasks)
    let start = LoopState(space.accesses, rank: space.axes.count, builder: builder)
    let isOverOutput = plan.orientation == .overOutput
    let rowAxes = isOverOutput ? space.outputRank - 1 : space.outputRank

    /// The state at a row, and what holds all along it.
    func enterRow(_ row: IRValue) -> (LoopState, PointEmitter.Known) {
      var state = start
      let coordinates = builder.delinearize(row, Array(space.axes.prefix(rowAxes)))
      for (axis, coordinate) in coordinates.enumerated() { state = enter(state, axis, coordinate) }
      return (state, point.hoist(roots, outOf: bits(rowAxes..<space.axes.count), state: state))
    }
    if let (axis, accesses) = plan.transposed {
      return emitTransposed(axis, accesses, rows: rows, columns: columns, output: outputs[0])
    }
    if plan.columnsOutside {
      _ = emitRange(from: columns.0, to: columns.1, carrying: []) { column, vectors, lanes, _ in
        builder.loop(from: rows.0, to: rows.1) { row in
          let (state, known) = enterRow(row)
          emitVectors(state, known, column, vectors, lanes, outputs, row: row)
        }
        return []
      }
      return
    }
    builder.loop(from: rows.0, to: rows.1) { row in
      let (state, known) = enterRow(row)
      if isOverOutput {
        _ = emitRange(from: columns.0, to: columns.1, carrying: []) { column, vectors, lanes, _ in
          emitVectors(state, known, column, vectors, lanes, outputs, row: row)
          return []
        }
      } else {
        store(emitOutputs([state], known, lanes: 1)[0], outputs, row)
      }
    }
  }

  /// Computes and stores some vectors of a row, from a column on.
  private func emitVectors(
    _ state: LoopState, _ known: PointEmitter.Known, _ column: IRValue, _ vectors: Int, _ lanes: Int,
    _ outputs: [IRValue], row: IRValue
  ) {
    let states = (0..<vectors).map { enter(state, vectorAxis, builder.add(column, $0 * lanes)) }
    let base = builder.add(builder.multiply(row, plan.columns), column)
    for (vector, values) in emitOutputs(states, known, lanes: lanes).enumerated() {
      store(values, outputs, builder.add(base, vector * lanes))
    }
  }

  /// Results that would not stay in the caches anyway are stored past them: bytes of the result from which on.
  static let streamingBytes = 20 << 20

  /// Whether results are so stored: all of them in whole vectors, each at a multiple of its size.
  private var isStreaming: Bool {
    comprehension.reduction == .none && plan.orientation == .overOutput && plan.transposed == nil
      && comprehension.outputCount * comprehension.element.byteCount >= Self.streamingBytes
      && plan.columns % plan.lanes == 0 && plan.lanes * comprehension.element.byteCount >= 16
  }

  private func store(_ values: [IRValue], _ outputs: [IRValue], _ position: IRValue) {
    let bytes = comprehension.element.byteCount
    for (value, output) in zip(values, outputs) {
      let address = builder.element(output, position, bytes: bytes)
      if isStreaming {
        builder.storeStreaming(value, address, alignment: plan.lanes * bytes)
      } else {
        builder.store(value, address, alignment: bytes)
      }
    }
  }

  /// Walks a range along the lanes: `plan.unroll` vectors a turn, then single vectors, then single points.
  func emitRange(
    from first: IRValue, to last: IRValue, carrying initial: [IRValue],
    _ body: (_ start: IRValue, _ vectors: Int, _ lanes: Int, _ carried: [IRValue]) -> [IRValue]
  ) -> [IRValue] {
    var carried = initial
    var start = first
    var steps = [(vectors: plan.unroll, lanes: plan.lanes), (1, plan.lanes)]
    if plan.unroll == 1 { steps.removeFirst() }
    // Every range ends where the axis does or at a multiple of the lanes, so the rest has a known size.
    let rest = space.axes[vectorAxis] % plan.lanes
    if plan.orientation == .overReduction {
      steps.append((1, 1))
    } else {
      for lanes in Self.halves(below: plan.lanes) where rest & lanes != 0 { steps.append((1, lanes)) }
    }
    for (vectors, lanes) in steps {
      let step = vectors * lanes
      var end = last
      if step > 1 {
        // step is a power of two times the unrolling; the span is never negative.
        let span = builder.maximum(builder.subtract(last, start), builder.constant(0))
        let whole = builder.multiply(builder.divide(span, by: step).quotient, step)
        end = builder.add(start, whole)
      }
      carried = builder.loop(from: start, to: end, step: step, carrying: carried) { index, carried in
        body(index, vectors, lanes, carried)
      }
      start = end
    }
    return carried
  }

  /// The powers of two below one, largest first.
  private static func halves(below lanes: Int) -> [Int] {
    var result: [Int] = []
    var half = lanes / 2
    while half > 0 {
      result.append(half)
      half /= 2
    }
    return result
  }

  // MARK: Reduction

  /// The results at some vectors of output points, each with what is made besides.
  private func emitOutputs(_ states: [LoopState], _ known: PointEmitter.Known, lanes: Int) -> [[IRValue]] {
    let axis = plan.orientation == .overOutput ? vectorAxis : -1
    var accumulators: [[IRValue]?] = states.map { _ in nil }
    if comprehension.reduction != .none {
      accumulators = reduce(states, known, lanes: lanes)
    }
    return zip(states, accumulators).map { state, accumulator in
      var values: PointEmitter.Known = [:]
      let maps = emitMaps(state, known, lanes: lanes, &values)
      let reduced =
        accumulator?.first
        ?? point.evaluate(
          body, state, lanes: lanes, along: axis, accumulator: nil, hoisted: known, values: &values)
      func finished(_ root: Int, _ reduced: IRValue) -> IRValue {
        var values = values
        return point.evaluate(
          root, state, lanes: lanes, along: axis, accumulator: point.scalar.narrowed(reduced), hoisted: known,
          values: &values)
      }
      let first = finished(epilogue, reduced)
      guard let besides, let accumulator, accumulator.count == 2 else { return [first] + maps }
      switch besides {
      case .squares(let root):
        let deviations = point.scalar.squaredDeviations(
          sum: accumulator[0], ofSquares: accumulator[1], count: comprehension.reductionCount)
        return [first, finished(root, deviations)]
      case .sum(_, let root): return [first, finished(root, accumulator[1])]
      case .maps: return [first] + maps
      }
    }
  }

  /// The maps made besides, at some points, in order; what reads one of them there has it from now on.
  private func emitMaps(
    _ state: LoopState, _ known: PointEmitter.Known, lanes: Int, _ values: inout PointEmitter.Known
  ) -> [IRValue] {
    guard case .maps(let roots, let firstOperand) = besides else { return [] }
    return roots.enumerated().map { number, root in
      let value = point.evaluate(
        root, state, lanes: lanes, along: vectorAxis, accumulator: nil, hoisted: known, values: &values)
      for (node, operation) in point.program.nodes.enumerated() {
        guard case .load(let access) = operation.operation,
          space.accesses[access].operand == firstOperand + number
        else { continue }
        values[node] = value
      }
      return value
    }
  }

  /// What each state reduces to.
  private func reduce(_ states: [LoopState], _ known: PointEmitter.Known, lanes: Int) -> [[IRValue]] {
    let carried = nest(space.outputRank, states, known, lanes: lanes, start(states, lanes: lanes))
    guard plan.orientation == .overReduction else {
      let fields = accumulation.fields
      return states.indices.map { accumulation.result(Array(carried[($0 * fields)..<(($0 + 1) * fields)])) }
    }
    // Unrolled vectors, their lanes, and single points become one.
    var vectors = Array(carried.dropLast())
    while vectors.count > 1 {
      let half = (vectors.count + 1) / 2
      vectors = (0..<half).map {
        $0 + half < vectors.count ? accumulation.combine(vectors[$0], vectors[$0 + half]) : vectors[$0]
      }
    }
    return [[accumulation.combine(accumulation.fold(vectors[0]), carried[carried.count - 1])]]
  }

  /// What the loops start from: for each state its fields; lanes along the reduction add one for single points.
  private func start(_ states: [LoopState], lanes: Int) -> [IRValue] {
    if plan.orientation == .overReduction {
      return (0..<plan.unroll).flatMap { _ in accumulation.identity(lanes: plan.lanes) }
        + accumulation.identity(lanes: 1)
    }
    return states.flatMap { _ in accumulation.identity(lanes: lanes) }
  }

  /// All axes from `axis` on.
  private func nest(
    _ axis: Int, _ states: [LoopState], _ known: PointEmitter.Known, lanes: Int, _ carried: [IRValue]
  ) -> [IRValue] {
    if axis == space.axes.count { return join(states, known, lanes: lanes, carried) }
    return range(
      axis, from: builder.constant(0), to: builder.constant(space.axes[axis]), states, known, lanes: lanes,
      carried)
  }

  /// Part of `axis`, and all axes within it.
  private func range(
    _ axis: Int, from first: IRValue, to last: IRValue, _ states: [LoopState], _ known: PointEmitter.Known,
    lanes: Int, _ carried: [IRValue]
  ) -> [IRValue] {
    if plan.orientation == .overReduction, axis == space.axes.count - 1 {
      return emitRange(from: first, to: last, carrying: carried) { index, vectors, lanes, carried in
        var carried = carried
        let places = lanes == 1 ? [plan.unroll] : Array(0..<vectors)
        for (vector, place) in places.enumerated() {
          let state = enter(states[0], axis, builder.add(index, vector * lanes))
          carried[place] = join([state], known, lanes: lanes, along: axis, [carried[place]])[0]
        }
        return carried
      }
    }
    func turn(_ index: IRValue, _ carried: [IRValue]) -> [IRValue] {
      nest(axis + 1, states.map { enter($0, axis, index) }, known, lanes: lanes, carried)
    }
    if isWrittenOut(axis) {
      return (0..<space.axes[axis]).reduce(carried) { turn(builder.constant($1), $0) }
    }
    return builder.loop(from: first, to: last, carrying: carried, turn)
  }

  /// Whether all turns of a loop over a reduction axis are written out, one after the other: those over small windows,
  /// whose steps and checks then are constants.
  private func isWrittenOut(_ axis: Int) -> Bool {
    let turns = space.axes.suffix(from: axis).reduce(1, *)
    return plan.orientation == .overOutput && turns <= 16
      && turns * (comprehension.body.operationCount + space.accesses.count) <= 128
  }

  /// Joins the body's values at some vectors of points to what is carried.
  private func join(
    _ states: [LoopState], _ known: PointEmitter.Known, lanes: Int, along reductionAxis: Int? = nil,
    _ carried: [IRValue]
  ) -> [IRValue] {
    let axis = reductionAxis ?? vectorAxis
    let fields = accumulation.fields
    return states.enumerated().flatMap { number, state in
      let own = Array(carried[(number * fields)..<((number + 1) * fields)])
      var values: PointEmitter.Known = [:]
      func evaluate(_ node: Int) -> IRValue {
        point.evaluate(
          node, state, lanes: lanes, along: axis, accumulator: nil, hoisted: known, values: &values)
      }
      func added(_ root: Int, _ sum: IRValue) -> IRValue {
        point.scalar.binary(.add, sum, point.scalar.widened(evaluate(root)), accumulation.element)
      }
      if comprehension.reduction == .sum {
        switch besides {
        case nil, .maps: return [added(body, own[0])]
        case .sum(let other, _): return [added(body, own[0]), added(other, own[1])]
        case .squares:
          let value = point.scalar.widened(evaluate(body))
          return [
            point.scalar.binary(.add, own[0], value, accumulation.element),
            point.scalar.multiplyAdd(value, value, own[1]),
          ]
        }
      }
      var position = builder.constant(0)
      if comprehension.reduction == .firstMaximumPosition {
        for axis in space.outputRank..<space.axes.count {
          if let coordinate = state.coordinates[axis] {
            position = builder.add(
              position, builder.multiply(coordinate, space.positionStrides[axis]))
          }
        }
      }
      return accumulation.join(own, evaluate(body), position: position)
    }
  }
}
