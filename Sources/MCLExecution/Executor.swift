import MCLCompiler
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLPasses
import MCLSupport

/// Runs a compiled program: holds its states, its arena and its threads.
///
/// Results are the same bits for any number of threads. Not for use from several threads at once.
public final class Executor {
  /// The compiled program that is run.
  public let plan: ExecutionPlan
  private let pool: ThreadPool
  private let library: KernelLibrary
  private let arena: MemoryRegion
  private let inputRegions: [MemoryRegion]
  private let stateRegions: [MemoryRegion]
  private let scratch: [MemoryRegion]
  private var calls: [BoundCall] = []
  private var isGiven: [Bool]
  /// Whether what the plan's preparation makes stands in the arena, made of the states as they are.
  private var isPrepared = false
  /// Seconds spent in each launch, summed over all runs; filled when `isProfiling`.
  package private(set) var launchSeconds: [Double]
  package var isProfiling = false
  /// What is counted as a launch's time.
  package var profilingClock = BenchmarkClock.elapsed
  /// Whether the first NaN or infinity that a launch gives stops the run: `MCL_CHECK=3`.
  public var trapsNotFinite: Bool

  /// Launches of one kernel with their pointers, all within regions that the executor owns.
  private struct BoundCall {
    var launches: Range<Int>
    /// As many for each launch.
    var arguments: [UnsafeMutableRawPointer?]
    /// Each for so many of the launches, the first ones.
    var phases: [(entry: KernelEntry, taskCount: Int, launches: Int)]
    var copiedBases: [(from: UnsafeMutableRawPointer, to: UnsafeMutableRawPointer, byteCount: Int)]
  }

  /// Takes the memory of a plan, links its kernels and starts its threads. States are not set yet.
  ///
  /// - Throws: `ExecutionError` when memory is short, `LLVMError` when a kernel cannot be linked.
  public init(_ plan: ExecutionPlan, threads: Int? = nil) throws {
    self.plan = plan
    trapsNotFinite = try CheckLevel.current() == .trap
    pool = ThreadPool(workers: threads)
    library = try KernelLibrary(plan.objects)
    arena = try MemoryRegion(byteCount: plan.arenaBytes, purpose: "arena of program '\(plan.name)'")
    inputRegions = try plan.inputs.map {
      try MemoryRegion(byteCount: $0.type.byteCount, purpose: "input '\($0.name)'")
    }
    stateRegions = try plan.states.map {
      try MemoryRegion(byteCount: $0.type.byteCount, purpose: "state '\($0.name)'")
    }
    scratch = try (0..<pool.workerCount).map { _ in
      try MemoryRegion(byteCount: plan.scratchBytes, purpose: "scratch memory")
    }
    isGiven = plan.inputs.map { $0.defaultValue != nil }
    launchSeconds = [Double](repeating: 0, count: plan.launches.count)
    for (index, input) in plan.inputs.enumerated() {
      if let value = input.defaultValue { try fill(inputRegions[index], input, value) }
    }
    calls = try plan.calls.map(bind)
  }

  private func fill(_ region: MemoryRegion, _ input: Graph.Input, _ value: Scalar) throws {
    let type = input.type
    // Bound: the region was made for `type.count` elements.
    switch type.element {
    case .float32:
      region.base.bindMemory(to: Float.self, capacity: type.count).update(
        repeating: Float(value.double), count: type.count)
    case .int64:
      guard case .integer(let integer) = value.held(by: .int64) else {
        throw ExecutionError(
          "input '\(input.name)' is \(type), but its default \(value) is no integer of 64 bits")
      }
      region.base.bindMemory(to: Int64.self, capacity: type.count).update(
        repeating: integer, count: type.count)
    }
  }

  private func pointer(_ buffer: Int) throws -> UnsafeMutableRawPointer {
    let buffer = plan.buffers[buffer]
    switch buffer.storage {
    case .input(let index): return inputRegions[index].base
    case .state(let index): return stateRegions[index].base
    case .arena(let offset):
      guard offset >= 0, offset + buffer.type.byteCount <= arena.byteCount else {
        throw ExecutionError("the plan of program '\(plan.name)' leaves its arena; compile it again")
      }
      return arena.base + offset
    }
  }

  private func bind(_ call: Range<Int>) throws -> BoundCall {
    var bound = BoundCall(launches: call, arguments: [], phases: [], copiedBases: [])
    for launch in plan.launches[call] {
      let kernel = plan.kernels[launch.kernel]
      guard launch.temporaryOffset + kernel.temporaryBytes <= arena.byteCount,
        launch.commonOffset + kernel.commonBytes <= arena.byteCount
      else {
        throw ExecutionError("the plan of program '\(plan.name)' leaves its arena; compile it again")
      }
      var own = try launch.buffers.map(pointer)
      for (operand, offset) in launch.operandOffsets.enumerated() {
        // Bound: a kernel reads from the offset on, no further than the operand's end.
        guard 0...plan.buffers[launch.buffers[operand]].type.byteCount ~= offset else {
          throw ExecutionError(
            "the plan of program '\(plan.name)' reads outside an operand; compile it again")
        }
        own[operand] += offset
      }
      bound.arguments += own + [arena.base + launch.temporaryOffset] + (try launch.byProducts.map(pointer))
      bound.arguments.append(arena.base + launch.commonOffset)
      let isCommon = plan.launches[call].allSatisfy { $0.commonOffset == launch.commonOffset }
      bound.phases = try kernel.phases.map {
        (try library.function($0.symbol), $0.taskCount, $0.isCommon && isCommon ? 1 : call.count)
      }
      if let base = launch.base, let output = own.last {
        bound.copiedBases.append((try pointer(base), output, plan.buffers[base].type.byteCount))
      }
    }
    return bound
  }

  /// Computes every output and tap, then makes the updates visible.
  /// - Parameter beforeUpdates: called when every output of one number is known and no state has changed; what it throws
  ///   stops the run there.
  /// - Throws: `ExecutionError` when an input was never given.
  public func run(beforeUpdates: () throws -> Void = {}) throws {
    if let missing = isGiven.firstIndex(of: false) {
      throw ExecutionError("input '\(plan.inputs[missing].name)' of program '\(plan.name)' was not given")
    }
    // What compiling and setting states took is free by now, and would be in the peak.
    if !isPrepared { ProcessMemory.giveBackFreed() }
    for call in calls.dropFirst(isPrepared ? plan.preparationCount : 0) {
      if call.launches.lowerBound == plan.launchesBeforeUpdates { try beforeUpdates() }
      let start = isProfiling ? profilingClock.now() : nil
      perform(call)
      if trapsNotFinite { try plan.launches[call.launches].forEach(expectFinite) }
      guard let start else { continue }
      let seconds = (profilingClock.now() - start) / Double(call.launches.count)
      for launch in call.launches { launchSeconds[launch] += seconds }
    }
    if plan.launchesBeforeUpdates >= plan.launches.count { try beforeUpdates() }
    isPrepared = true
    for copy in plan.copies {
      let target = stateRegions[copy.state].base
      target.copyMemory(from: try pointer(copy.buffer), byteCount: plan.states[copy.state].type.byteCount)
    }
  }

  /// Runs the launches of a call: the same task of each after one another, so that what they have in common is in the
  /// caches.
  private func perform(_ call: BoundCall) {
    for copy in call.copiedBases { copy.to.copyMemory(from: copy.from, byteCount: copy.byteCount) }
    let argumentCount = call.arguments.count / call.launches.count
    call.arguments.withUnsafeBufferPointer { arguments in
      guard let base = arguments.baseAddress else { return }
      // The pointers are read only while `run` below has not returned. Bound: `argumentCount` for each launch.
      nonisolated(unsafe) let shared = base
      for phase in call.phases {
        let count = phase.launches
        pool.run(tasks: phase.taskCount * count) { task, worker in
          let (own, launch) = count == 1 ? (task, 0) : task.quotientAndRemainder(dividingBy: count)
          phase.entry(shared + launch * argumentCount, Int64(own), scratch[worker].base)
        }
      }
    }
  }

  /// - Throws: `ExecutionError` that names the launch's path and the first element that is NaN or infinite.
  private func expectFinite(_ launch: ExecutionPlan.Launch) throws {
    let made = launch.byProducts + (launch.buffers.last.map { [$0] } ?? [])
    for output in made where plan.buffers[output].type.element == .float32 {
      let values: [Float] = read(try pointer(output), plan.buffers[output].type.count)
      guard let index = values.firstIndex(where: { !$0.isFinite }) else { continue }
      throw ExecutionError(
        "'\(launch.path)' of program '\(plan.name)' gives \(values[index]) at element \(index) of "
          + "\(plan.buffers[output].type), the first value that is not finite")
    }
  }

  // MARK: Values in and out

  private func inputIndex(_ name: String) throws -> Int {
    if let index = plan.inputs.firstIndex(where: { $0.name == name }) { return index }
    let nearest = nearestName(to: name, in: plan.inputs.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
    throw ExecutionError("program '\(plan.name)' has no input '\(name)'\(nearest)")
  }

  private func stateIndex(_ name: String) throws -> Int {
    if let index = stateNumbers[name] { return index }
    let nearest = nearestName(to: name, in: plan.states.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
    throw ExecutionError("program '\(plan.name)' has no state '\(name)'\(nearest)")
  }

  private lazy var stateNumbers = Dictionary(
    plan.states.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })

  private func write<Element: BitwiseCopyable>(
    _ values: [Element], _ element: ElementType, to region: MemoryRegion, _ type: TensorType, _ what: String
  ) throws {
    guard type.element == element, values.count == type.count else {
      throw ExecutionError("\(what) is \(type), but \(values.count) \(element.rawValue) values were given")
    }
    // Bound: as many elements as the region was made for.
    values.withUnsafeBytes { bytes in
      if let base = bytes.baseAddress { region.base.copyMemory(from: base, byteCount: bytes.count) }
    }
  }

  private func read<Element: BitwiseCopyable>(_ base: UnsafeMutableRawPointer, _ count: Int) -> [Element] {
    [Element](unsafeUninitializedCapacity: count) { target, initialized in
      if let start = target.baseAddress, count > 0 {
        UnsafeMutableRawPointer(start).copyMemory(from: base, byteCount: count * MemoryLayout<Element>.stride)
      }
      initialized = count
    }
  }

  /// Sets an f32 input to values in row-major order. It keeps them until it is set again.
  /// - Throws: `ExecutionError` when there is no such input, it is of another type, or the number of values
  ///   is another.
  public func setInput(_ name: String, floats: [Float]) throws {
    let index = try inputIndex(name)
    try write(floats, .float32, to: inputRegions[index], plan.inputs[index].type, "input '\(name)'")
    isGiven[index] = true
  }

  /// Sets an i64 input to values in row-major order. It keeps them until it is set again.
  /// - Throws: `ExecutionError` when there is no such input, it is of another type, or the number of values
  ///   is another.
  public func setInput(_ name: String, integers: [Int64]) throws {
    let index = try inputIndex(name)
    try write(integers, .int64, to: inputRegions[index], plan.inputs[index].type, "input '\(name)'")
    isGiven[index] = true
  }

  /// Sets an f32 state to values in row-major order. It keeps them until it is set again or a run updates it.
  /// - Throws: `ExecutionError` when there is no such state, it is of another type, or the number of values
  ///   is another.
  public func setState(_ name: String, floats: [Float]) throws {
    let index = try stateIndex(name)
    isPrepared = false
    try write(floats, .float32, to: stateRegions[index], plan.states[index].type, "state '\(name)'")
  }

  /// Sets an i64 state to values in row-major order. It keeps them until it is set again or a run updates it.
  /// - Throws: `ExecutionError` when there is no such state, it is of another type, or the number of values
  ///   is another.
  public func setState(_ name: String, integers: [Int64]) throws {
    let index = try stateIndex(name)
    isPrepared = false
    try write(integers, .int64, to: stateRegions[index], plan.states[index].type, "state '\(name)'")
  }

  /// The bytes of a state where they stand, for as long as `body` runs.
  public func withState<Result>(
    _ name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let index = try stateIndex(name)
    // Bound: the region was made for as many bytes; the executor keeps it.
    return try body(
      UnsafeRawBufferPointer(start: stateRegions[index].base, count: plan.states[index].type.byteCount))
  }

  /// Lets `fill` write a state's new bytes where they stand.
  public func setState(_ name: String, fill: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
    let index = try stateIndex(name)
    isPrepared = false
    // Bound: as above.
    try fill(
      UnsafeMutableRawBufferPointer(
        start: stateRegions[index].base, count: plan.states[index].type.byteCount))
  }

  package func inputFloats(_ name: String) throws -> [Float] {
    let index = try inputIndex(name)
    guard plan.inputs[index].type.element == .float32 else {
      throw ExecutionError("input '\(name)' is \(plan.inputs[index].type), not f32")
    }
    return read(inputRegions[index].base, plan.inputs[index].type.count)
  }

  package func inputIntegers(_ name: String) throws -> [Int64] {
    let index = try inputIndex(name)
    guard plan.inputs[index].type.element == .int64 else {
      throw ExecutionError("input '\(name)' is \(plan.inputs[index].type), not i64")
    }
    return read(inputRegions[index].base, plan.inputs[index].type.count)
  }

  /// The values of an f32 state, row-major.
  /// - Throws: `ExecutionError` when there is no such state, or it is of another type.
  public func stateFloats(_ name: String) throws -> [Float] {
    let index = try stateIndex(name)
    guard plan.states[index].type.element == .float32 else {
      throw ExecutionError("state '\(name)' is \(plan.states[index].type), not f32")
    }
    return read(stateRegions[index].base, plan.states[index].type.count)
  }

  /// The values of an i64 state, row-major.
  /// - Throws: `ExecutionError` when there is no such state, or it is of another type.
  public func stateIntegers(_ name: String) throws -> [Int64] {
    let index = try stateIndex(name)
    guard plan.states[index].type.element == .int64 else {
      throw ExecutionError("state '\(name)' is \(plan.states[index].type), not i64")
    }
    return read(stateRegions[index].base, plan.states[index].type.count)
  }

  private func named(_ name: String) throws -> ExecutionPlan.Named {
    guard let named = (plan.outputs + plan.taps).first(where: { $0.name == name }) else {
      throw ExecutionError("program '\(plan.name)' was compiled without an output or tap '\(name)'")
    }
    return named
  }

  /// The type of an output or a tap.
  public func resultType(_ name: String) throws -> TensorType { try named(name).type }

  /// The value of an f32 output or tap of the last run.
  public func value(_ name: String) throws -> [Float] {
    let named = try named(name)
    guard named.type.element == .float32 else {
      throw ExecutionError("'\(name)' is \(named.type); read it as integers")
    }
    return read(try pointer(named.buffer), named.type.count)
  }

  /// The value of an i64 output or tap of the last run.
  public func integers(_ name: String) throws -> [Int64] {
    let named = try named(name)
    guard named.type.element == .int64 else {
      throw ExecutionError("'\(name)' is \(named.type); read it as floats")
    }
    return read(try pointer(named.buffer), named.type.count)
  }

  /// Fills the arena and the scratch memory with NaN: a run afterwards must give the same, since nothing may be read
  /// before it is written.
  public func poison() {
    isPrepared = false
    for region in [arena] + scratch {
      let count = region.byteCount / 4
      // Bound: whole floats within the region.
      region.base.bindMemory(to: Float.self, capacity: count).update(repeating: .nan, count: count)
    }
  }
}
