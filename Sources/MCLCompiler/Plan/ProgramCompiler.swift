import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLPasses
import MCLSupport
import Synchronization

/// Compiles a program: passes, schedule, memory plan, kernels.
public struct ProgramCompiler: Sendable {
  package let kernelCompiler: KernelCompiler
  /// Passes and rules of planning that are left out, by name (`OptionalParts`).
  public let without: Set<String>
  /// Whether reports say which passes changed nothing, which takes a comparison of graphs after each.
  package var tellsChanges = false

  /// - Parameters:
  ///   - fuses: whether operations are put together; if not, each has a launch and a path of its own, for looking at.
  ///   - makesOperands: whether contractions make the maps they read (`OperandMap`); if not, these have launches of their
  ///     own, as where contractions alone are measured.
  ///   - without: passes and rules to leave out besides.
  package init(
    _ kernelCompiler: KernelCompiler = KernelCompiler(), fuses: Bool = true, makesOperands: Bool = true,
    without: Set<String> = OptionalParts.leftOut
  ) {
    self.kernelCompiler = kernelCompiler
    self.without =
      without.union(fuses ? [] : OptionalParts.fusion).union(makesOperands ? [] : [ByProducts.operandRule])
  }

  /// Compiles for this machine. Kernels are kept in the folder `MCL_CACHE`, in the user's cache folder by default.
  public init() { self.init(KernelCompiler()) }

  /// What compiling did, for people.
  package struct Report: Sendable {
    package var passes: [Pipeline.Record] = []
    /// What follows the passes, in order: names and seconds.
    package var stages: [(name: String, seconds: Double)] = []
    /// What passes and planning did, and what they let be.
    package var decisions: [Decision] = []
    /// What each rule that decides is for, by its name.
    package var purposes: [String: String] = [:]
    package var operationsBefore = 0
    package var launches = 0
    package var distinctKernels = 0
    package var compiledKernels = 0
    package var cachedKernels = 0
    package var isCacheWritable = true
    package var seconds = 0.0
  }

  /// What compiling a program gives.
  public struct Compiled: Sendable {
    /// What an `Executor` (MCLExecution) runs.
    public var plan: ExecutionPlan
    package var report: Report
    /// The graph after all passes.
    public var graph: Graph
  }

  /// Compiles one program.
  ///
  /// - Parameters:
  ///   - taps: names of the taps to compute; the others are dropped, so that nothing is kept alive for them.
  ///   - observe: is given the graph after each pass.
  /// - Throws: `ModelError`, `KernelError`, `LLVMError`.
  public func compile(
    _ source: Graph, taps: Set<String> = [], observe: (String, Graph) -> Void = { _, _ in }
  ) throws -> Compiled {
    let clock = ContinuousClock()
    let start = clock.now
    if let unknown = taps.subtracting(source.taps.map(\.name)).min() {
      let nearest =
        nearestName(to: unknown, in: source.taps.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
      throw ModelError([Diagnostic("program '\(source.name)' has no tap '\(unknown)'\(nearest)")])
    }
    try OptionalParts.verify(without.union(kernelCompiler.excludedFamilies))
    var graph = source
    graph.taps = source.taps.filter { taps.contains($0.name) }
    let (lowered, records) = try Pipeline.run(
      graph, without: without, tellsChanges: tellsChanges, observe: observe)
    var stages: [(name: String, seconds: Double)] = []
    var last = clock.now
    func mark(_ name: String) {
      let now = clock.now
      stages.append((name, (now - last).inSeconds))
      last = now
    }
    let byProducts = try ByProducts(lowered) { entry, request, map in
      var specification = try specification(entry, in: lowered)
      specification.byProduct = request
      specification.operandMap = map
      return !without.contains(ByProducts.rule(request, map)) && kernelCompiler.isServed(specification)
    }
    mark("by-products")
    let planned = byProducts.graph
    let schedule = Schedule(planned, hosts: byProducts.hosts)
    let computed = planned.entries.indices.count { index in
      let operation = planned.entries[index].operation
      return operation is any LaunchedOperation && byProducts.hosts[index] == nil
    }
    guard schedule.order.count == computed else {
      throw ModelError([
        Diagnostic(
          "\(computed - schedule.order.count) computations of program '\(planned.name)' wait for each other, which is a "
            + "fault of the compiler; please report the model")
      ])
    }
    let compiledEntries = schedule.order + byProducts.madeMaps
    let separated = try compiledEntries.map { entry in
      var specification = try specification(planned.entries[entry], in: planned)
      specification.byProduct = byProducts.requests[entry]?.request
      specification.operandMap = byProducts.operandMaps[entry]?.map
      return kernelCompiler.separatingOffsets(specification)
    }
    mark("schedule")
    let compiled = try kernelCompiler.compile(separated.map(\.specification))
    mark("kernels")
    var temporaries = [Int](repeating: 0, count: planned.entries.count)
    for (kernel, entry) in zip(compiled.plans, compiledEntries) {
      temporaries[entry] = kernel.temporaryBytes + kernel.commonBytes
    }
    let besides = byProducts.besides
    let recomputation = Recomputation(
      planned, schedule, besides: besides, operandMaps: Set(byProducts.madeMaps),
      temporaries: temporaries)
    mark("recompute")
    let kernels = zip(compiledEntries, zip(compiled.plans, separated)).map { entry, kernel in
      let symbol = kernel.0.phases.first?.symbol ?? ""
      return (entry, SiblingLaunches.Kernel(symbol: symbol, places: kernel.1.places))
    }
    let siblings = SiblingLaunches(
      planned, schedule, recomputation,
      kernels: Dictionary(kernels, uniquingKeysWith: { first, _ in first }), besides: besides,
      temporaries: temporaries)
    mark("run-together")
    let lifetimes = recomputation.lifetimes(order: siblings.order, calls: siblings.calls)
    let plan = plan(planned, schedule, siblings, lifetimes, byProducts, separated, compiled)
    mark("memory plan")
    let report = Report(
      passes: records, stages: stages,
      decisions: records.flatMap(\.decisions) + byProducts.decisions + schedule.decisions
        + recomputation.decisions + siblings.decisions,
      purposes: Self.purposes,
      operationsBefore: source.entries.count, launches: plan.launches.count,
      distinctKernels: compiled.objects.count, compiledKernels: compiled.compiledCount,
      cachedKernels: compiled.cachedCount, isCacheWritable: compiled.isCacheWritable,
      seconds: (clock.now - start).inSeconds)
    return Compiled(plan: plan, report: report, graph: lowered)
  }

  /// Several programs, at the same time where there are processors for that.
  public func compile(_ sources: [Graph]) throws -> [Compiled] {
    let results = Mutex([Result<Compiled, any Error>?](repeating: nil, count: sources.count))
    ParallelLoop.run(sources.count) { index in
      let result = Result { try compile(sources[index]) }
      results.withLock { $0[index] = result }
    }
    return try results.withLock { try $0.compactMap { try $0?.get() } }
  }

  private func specification(_ entry: Graph.Entry, in graph: Graph) throws -> KernelSpecification {
    guard let operation = entry.operation as? any LaunchedOperation else {
      throw KernelError("no kernel carries out \(entry.operation.name)")
    }
    return operation.specification(entry.operands.map { graph.entries[$0].type })
  }

  private static let purposes: [String: String] = {
    let passes = Pipeline.passes.compactMap { $0 as? any DecidingPass }.map { ($0.name, $0.purpose) }
    let planning = [
      ("by-products", "Sums are made by the launch that makes or reads their terms anyway."),
      (ByProducts.mapsRule, ByProducts.mapsPurpose),
      (ByProducts.operandRule, ByProducts.operandPurpose),
      (
        Recomputation.rule,
        "Maps are computed again before they are read late, where that spares memory when most is in use."
      ),
      (SiblingLaunches.rule, SiblingLaunches.purpose),
      ("update-in-place", "The new value of a state is written over the old one instead of being copied."),
    ]
    return Dictionary(passes + planning, uniquingKeysWith: { first, _ in first })
  }()

  /// The operations that a launch carries out, those of its by-products last.
  private static func parts(_ entry: Int, _ besides: [Int: [Int]], _ graph: Graph) -> [Compute.Part] {
    func own(_ index: Int) -> [Compute.Part] {
      let made = graph.entries[index]
      return (made.operation as? Compute)?.parts
        ?? [Compute.Part(made.operation.name, path: made.path, type: made.type)]
    }
    return own(entry) + (besides[entry] ?? []).flatMap { own($0).map { $0.with(.byProduct) } }
  }

  private func plan(
    _ graph: Graph, _ schedule: Schedule, _ siblings: SiblingLaunches, _ lifetimes: Lifetimes,
    _ byProducts: ByProducts, _ separated: [OperandOffsets], _ compiled: KernelCompiler.Result
  ) -> ExecutionPlan {
    let stateNumber = Dictionary(
      graph.states.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    let inputNumber = Dictionary(
      graph.inputs.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    let order = siblings.order
    let writers = schedule.writers
    let besides = byProducts.besides
    let kernel = Dictionary(
      (schedule.order + byProducts.madeMaps).enumerated().map { ($1, $0) },
      uniquingKeysWith: { first, _ in first })

    // What lives in the arena: values, then kernels' temporaries, then what they have in common.
    var blocks = lifetimes.values.map { value in
      let isInState = schedule.statesWritten[value.entry] != nil
      return MemoryPlan.Block(
        byteCount: isInState ? 0 : graph.entries[value.entry].type.byteCount, first: value.first,
        last: value.last)
    }
    let firstTemporary = blocks.count
    for (step, entry) in order.enumerated() {
      let bytes = compiled.plans[kernel[entry] ?? 0].temporaryBytes
      let span = lifetimes.spans[step]
      blocks.append(MemoryPlan.Block(byteCount: bytes, first: span.lowerBound, last: span.upperBound))
    }
    var commonBlocks: [Int] = []
    for (step, span) in lifetimes.spans.enumerated() {
      let plan = compiled.plans[kernel[order[step]] ?? 0]
      func operands(_ step: Int) -> [Int] {
        plan.commonOperands.map { graph.storage(of: graph.entries[order[step]].operands[$0]) }
      }
      if step > span.lowerBound, operands(step) == operands(span.lowerBound) {
        commonBlocks.append(commonBlocks[span.lowerBound])
      } else {
        commonBlocks.append(blocks.count)
        blocks.append(
          MemoryPlan.Block(byteCount: plan.commonBytes, first: span.lowerBound, last: span.upperBound))
      }
    }
    let memory = MemoryPlan(blocks)

    var buffers: [ExecutionPlan.Buffer] = []
    var bufferOfEntry: [Int: Int] = [:]
    // The latest value of each entry.
    var standing: [Int: Int] = [:]
    func buffer(_ entry: Int) -> Int {
      let stored = graph.storage(of: entry)
      if let known = bufferOfEntry[stored] { return known }
      let storage: ExecutionPlan.Storage
      switch graph.entries[stored].operation {
      case let leaf as InputLeaf: storage = .input(inputNumber[leaf.leafName] ?? 0)
      case let leaf as StateLeaf: storage = .state(stateNumber[leaf.leafName] ?? 0)
      default:
        if let state = schedule.statesWritten[stored] {
          storage = .state(stateNumber[state] ?? 0)
        } else {
          storage = .arena(offset: memory.offsets[standing[stored] ?? 0])
        }
      }
      buffers.append(ExecutionPlan.Buffer(storage: storage, type: graph.entries[stored].type))
      bufferOfEntry[stored] = buffers.count - 1
      return buffers.count - 1
    }

    var launches: [ExecutionPlan.Launch] = []
    for (step, entry) in order.enumerated() {
      let operands = graph.entries[entry].operands.map(buffer)
      for value in [step] + (lifetimes.byProducts[step] ?? []) {
        standing[lifetimes.values[value].entry] = value
        bufferOfEntry[lifetimes.values[value].entry] = nil
      }
      let output = buffer(entry)
      let isUpdate = graph.entries[entry].operation is UpdateRows
      let own = separated[kernel[entry] ?? 0]
      launches.append(
        ExecutionPlan.Launch(
          kernel: kernel[entry] ?? 0, buffers: own.places.map { operands[$0.operand] } + [output],
          operandOffsets: own.places.map(\.byteOffset),
          byProducts: besides[entry]?.map(buffer) ?? [],
          temporaryOffset: memory.offsets[firstTemporary + step],
          commonOffset: memory.offsets[commonBlocks[step]],
          base: isUpdate && buffers[operands[0]].storage != buffers[output].storage ? operands[0] : nil,
          path: graph.entries[entry].path, specification: own.specification,
          parts: Self.parts(entry, besides, graph)))
    }
    func named(_ list: [Graph.Named]) -> [ExecutionPlan.Named] {
      list.map { .init(name: $0.name, buffer: buffer($0.entry), type: graph.entries[$0.entry].type) }
    }
    let outputs = named(graph.outputs)
    let taps = named(graph.taps)
    let copies = schedule.copies.map { (state: stateNumber[$0.state] ?? 0, buffer: buffer($0.entry)) }
    return ExecutionPlan(
      name: graph.name, inputs: graph.inputs, states: graph.states, buffers: buffers, launches: launches,
      calls: siblings.calls, preparationCount: schedule.preparationCount,
      launchesBeforeUpdates: order.firstIndex { writers.contains($0) } ?? order.count,
      kernels: compiled.plans, objects: compiled.objects, outputs: outputs, taps: taps, copies: copies,
      arenaBytes: memory.byteCount, unsharedBytes: blocks.reduce(0) { $0 + $1.byteCount },
      scratchBytes: compiled.plans.map(\.scratchBytes).max() ?? 0, target: kernelCompiler.target)
  }
}
