import MCLCompiler
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLPasses
import MCLTestKit
import Testing

/// A plan as data for people: it must say what the plan does.
@Suite struct PlanReportTests {
  private static let compiled = Result {
    let settings = ["batch": "2", "size": "32", "widths": "8,8,8,8", "queue_size": "12"]
    return try ProgramCompiler().compile(try projectModel("tiny", settings: settings).programs)
  }

  /// Values that are alive at the same launch never share a byte, and together they fill the arena.
  @Test func lifetimesAreThoseTheArenaWasPlannedFor() throws {
    for compiled in try Self.compiled.get() {
      let report = PlanReport(compiled)
      var end = 0
      let placed = report.values.compactMap { value -> (value: PlanReport.Value, offset: Int)? in
        guard case .arena(let offset) = value.place else { return nil }
        end = max(end, offset + max(value.byteCount, 1))
        return (value, offset)
      }
      // Memory of no bytes has a place of 64.
      #expect((0...64).contains(report.arenaBytes - (end + 63) / 64 * 64))
      for (position, one) in placed.enumerated() {
        for other in placed[(position + 1)...]
        where one.value.first <= other.value.last && other.value.first <= one.value.last {
          let isApart =
            one.offset + one.value.byteCount <= other.offset
            || other.offset + other.value.byteCount <= one.offset
          #expect(isApart, "\(report.name): \(one) and \(other)")
        }
      }
      for (index, launch) in compiled.plan.launches.enumerated() {
        for buffer in launch.buffers + launch.byProducts {
          let value = report.values[buffer]
          #expect(value.first <= index && index <= value.last, "launch \(index) of \(report.name): \(value)")
        }
      }
      let peak = try #require(report.peakLaunch)
      let alive = report.alive(at: peak)
      #expect(alive.reduce(0) { $0 + report.values[$1].byteCount } == report.liveBytes[peak])
      #expect(report.liveBytes[peak] <= report.arenaBytes && report.liveBytes[peak] > report.arenaBytes / 2)
      #expect(report.values.reduce(0) { $0 + ($1.role == .result ? $1.byteCount : 0) } < report.unsharedBytes)
    }
  }

  @Test func launchesSayWhatTheyReadAndDo() throws {
    let compiled = try #require(try Self.compiled.get().first { $0.plan.name == "step" })
    let report = PlanReport(compiled)
    #expect(report.launches.count == compiled.plan.launches.count)
    let kinds = Dictionary(grouping: report.launches, by: \.kind).mapValues(\.count)
    let contractions = compiled.plan.launches.count { compiled.plan.kernels[$0.kernel].multiplyAdds > 0 }
    #expect(kinds[.contraction] == contractions && kinds[.rowUpdate] == 1)
    for (index, launch) in report.launches.enumerated() {
      #expect(launch.sources.allSatisfy { $0 < index } && !launch.parts.isEmpty && !launch.formula.isEmpty)
      #expect(launch.bytes > 0 && launch.kind == .copy || launch.kind == .rowUpdate || launch.operations > 0)
      let whole = (launch.operands + [launch.result] + launch.byProducts).reduce(0) {
        $0 + report.values[$1].byteCount
      }
      #expect(launch.bytes <= whole || launch.kind == .rowUpdate, "launch \(index)")
    }
    #expect(report.launches.contains { $0.parts.contains { $0.role == .byProduct } })
    // No launch that changes a parameter stands under the parameter's name: it is where the parameter is read.
    let states = Set(compiled.plan.states.filter(\.isTrainable).map(\.name))
    let changed = report.launches.filter { !states.isDisjoint(with: $0.statesWritten) }
    #expect(changed.count > 50)
    let homeless = changed.filter { states.contains($0.scope) }
    #expect(homeless.count * 10 < changed.count, "\(homeless.map(\.path))")
  }

  /// A product of 6 x 5 by 5 x 7 with an epilogue: 2 x 210 operations and one a result; every byte once.
  @Test func workIsCounted() throws {
    let context = ProgramContext()
    let (a, b) = (context.input("a", [6, 5]), context.input("b", [5, 7]))
    let graph = try Graph(
      name: "test", inputs: context.inputs, states: [], outputs: [("y", a.matmul(b) * 3)], updates: [],
      taps: [], declared: [a, b])
    let compiled = try ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil))).compile(graph)
    let report = PlanReport(compiled)
    let launch = try #require(report.launches.first)
    #expect(report.launches.count == 1)
    #expect(launch.operations == 2 * 210 + 42 && launch.bytes == 4 * (30 + 35 + 42))
    #expect(report.values[launch.result].keptAs == ["output y"])
  }
}
