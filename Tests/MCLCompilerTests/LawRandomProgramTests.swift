import MCLCompiler
import MCLEngineTestKit
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLPasses
import MCLTestKit
import Testing

/// Random programs: each pass, the memory plan and the compiled whole against the interpreter. The seed is printed.
@Suite struct LawRandomProgramTests {
  static let seed = LawCompiledTests.seed &* 1_000_000

  private static func interpreted(_ graph: Graph, _ program: RandomProgram) throws -> [String: Value] {
    var interpreter = Interpreter(graph, states: program.states)
    var values = try interpreter.run(program.inputs).outputs
    for (name, value) in interpreter.states { values["state \(name)"] = value }
    return values
  }

  @Test func compiledProgramsAreWhatIsInterpreted() throws {
    var worst = 0.0
    for number in 0..<(soakFactor == 1 ? 30 : 1200) {
      let seed = Self.seed &+ UInt64(number)
      let program = try RandomProgram(seed: seed)
      let expected = try Self.interpreted(program.graph, program)
      let run = try CompiledRun(
        program.graph, inputs: program.inputs, states: program.states, threads: 1 + number % 2)
      for (name, value) in expected {
        let actual = name.hasPrefix("state ") ? run.states[String(name.dropFirst(6))] : run.outputs[name]
        worst = max(worst, largestError(actual?.elements ?? [], from: value.elements, floor: 0.1))
        if let complaint = LawCompiledTests.complaint(actual, value, tolerance: 2e-4) {
          Issue.record("random program \(seed): \(name) is \(complaint)")
        }
      }
    }
    print("random programs, seed \(Self.seed): worst error \(worst)")
  }

  /// Every pass keeps values and does nothing when run again on what it made.
  @Test func everyPassKeepsValuesAndIsIdempotent() throws {
    for number in 0..<(soakFactor == 1 ? 20 : 800) {
      let seed = Self.seed &+ UInt64(number)
      let program = try RandomProgram(seed: seed)
      let expected = try Self.interpreted(program.graph, program)
      var graph = program.graph
      for pass in Pipeline.passes {
        graph = try pass.run(graph)
        try graph.verify()
        // What a pass leaves behind unused is not its result. Fusion counts readers as they were before it, so it
        // may find more to do; it must come to an end.
        var live = try EliminateDeadCode().run(graph)
        for _ in 0..<(pass is FusePointwise ? 20 : 0) { live = try EliminateDeadCode().run(pass.run(live)) }
        let isIdempotent = try EliminateDeadCode().run(pass.run(live)).text == live.text
        #expect(isIdempotent, "random program \(seed): \(pass.name) twice")
        for (name, value) in try Self.interpreted(graph, program) {
          let before = try #require(expected[name])
          // Constants fold to float32; all else stays Double.
          if let complaint = LawCompiledTests.complaint(value, before, tolerance: 2e-5) {
            Issue.record("random program \(seed): after \(pass.name), \(name) is \(complaint)")
          }
        }
      }
    }
  }

  /// No two values that are alive at one launch share memory, nor does a kernel's temporary memory with either.
  @Test func noTwoLiveRangesOverlap() throws {
    let compiler = ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil)))
    var pairs = 0
    var shared = 0
    let count = soakFactor == 1 ? 12 : 400
    for number in 0..<count {
      let seed = Self.seed &+ UInt64(number)
      let plan = try compiler.compile(RandomProgram(seed: seed, operations: 20).graph, taps: ["last"]).plan
      let ranges = Self.liveRanges(plan)
      for (position, a) in ranges.enumerated() {
        #expect(a.bytes.upperBound <= plan.arenaBytes && a.bytes.lowerBound % 64 == 0)
        for b in ranges[..<position] where a.launches.overlaps(b.launches) {
          #expect(!a.bytes.overlaps(b.bytes), "random program \(seed): \(a) and \(b) share memory")
          pairs += 1
        }
      }
      if plan.arenaBytes < plan.unsharedBytes { shared += 1 }
    }
    print("memory plan: \(pairs) pairs of live ranges; \(shared) of \(count) programs share memory")
    #expect(pairs > 1000 && shared > 0)
  }

  private struct LiveRange {
    var launches: ClosedRange<Int>
    var bytes: Range<Int>
  }

  /// From the flat plan alone: from the call that writes a place to the last that reads it, or to the end. Common memory
  /// that launches of a call share counts once.
  private static func liveRanges(_ plan: ExecutionPlan) -> [LiveRange] {
    let end = plan.launches.count
    let calls = plan.calls.flatMap { call in call.map { _ in call } }
    let kept = Set((plan.outputs + plan.taps).map(\.buffer) + plan.copies.map(\.buffer))
    var ranges: [LiveRange] = []
    for (number, buffer) in plan.buffers.enumerated() {
      guard case .arena(let offset) = buffer.storage,
        let first = plan.launches.firstIndex(where: { $0.buffers.last == number })
      else { continue }
      let last = plan.launches.lastIndex { $0.buffers.contains(number) || $0.base == number } ?? first
      ranges.append(
        LiveRange(
          launches: calls[first].lowerBound...(kept.contains(number) ? end : calls[last].upperBound - 1),
          bytes: offset..<offset + buffer.type.byteCount))
    }
    for (position, launch) in plan.launches.enumerated() {
      let kernel = plan.kernels[launch.kernel]
      let call = calls[position]
      var blocks = [(launch.temporaryOffset, kernel.temporaryBytes)]
      if !plan.launches[call.lowerBound..<position].contains(where: { $0.commonOffset == launch.commonOffset }
      ) {
        blocks.append((launch.commonOffset, kernel.commonBytes))
      }
      for (offset, size) in blocks where size > 0 {
        ranges.append(
          LiveRange(launches: call.lowerBound...call.upperBound - 1, bytes: offset..<offset + size))
      }
    }
    return ranges
  }
}
