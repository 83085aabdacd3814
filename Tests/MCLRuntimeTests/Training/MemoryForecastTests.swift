import Foundation
import MCLCompiler
import MCLData
import MCLGraph
import MCLRuntime
import MCLSupport
import Testing

@Suite struct MemoryForecastTests {
  @Test func theTightestLimitCounts() {
    let meminfo = "MemTotal: 100 kB\nMemFree: 10 kB\nMemAvailable:   64 kB\n"
    func group(_ limit: Int, _ used: Int) -> ProcessMemory.ControlGroup { .init(limit: limit, used: used) }
    #expect(ProcessMemory.available(meminfo: meminfo, groups: []) == 65536)
    #expect(ProcessMemory.available(meminfo: meminfo, groups: [group(90_000, 60_000)]) == 30_000)
    #expect(ProcessMemory.available(meminfo: meminfo, groups: [group(10, 60), group(100, 50)]) == 0)
    #expect(ProcessMemory.available(meminfo: nil, groups: []) == nil)
    #expect((ProcessMemory.available ?? 0) > 1 << 20, "this machine's own")
    #expect(ProcessMemory.resident > 1 << 20)
  }

  @Test func whatDoesNotFitIsSaidWithWhatToLower() throws {
    let plan = try TinyStep.plan.get()
    let forecast = MemoryForecast(plan, threads: 2, workers: 2, decoded: 100 << 20)
    #expect(forecast.complaint(available: forecast.byteCount) == nil)
    let sentence = try #require(forecast.complaint(available: forecast.byteCount - 1))
    #expect(
      sentence.wholeMatch(
        of:
          /this training takes about \d+ MiB \(\d+ MiB for values of the step, \d+ MiB for states, \d+ MiB for a checkpoint being written, \d+ MiB for batches made ahead, 100 MiB for decoded frames\) of memory, but \d+ MiB are available; give a smaller --decoded-memory, or --ignore-memory to try/
      ) != nil, "\(sentence)")
    let busy = MemoryForecast(plan, threads: 2, workers: 1000, decoded: 0)
    #expect(busy.complaint(available: 1)?.contains("give fewer --workers or a smaller --set batch") == true)
  }

  /// What a training takes beside what the process had is near what was foreseen.
  @Test func theForecastHoldsEveryPartOfThePlan() throws {
    let plan = try TinyStep.plan.get()
    let forecast = MemoryForecast(plan, threads: 2, workers: 2, decoded: 0)
    let parts = Dictionary(uniqueKeysWithValues: forecast.parts.map { ($0.name, $0.bytes) })
    let states = plan.states.reduce(0) { $0 + $1.type.byteCount }
    #expect(parts["states"] == states)
    #expect((parts["a checkpoint being written"] ?? 0) >= states)
    let inputs = plan.inputs.reduce(0) { $0 + $1.type.byteCount }
    #expect(parts["batches made ahead"] == 4 * inputs)
    #expect((parts["values of the step"] ?? 0) >= plan.arenaBytes + inputs)
  }
}
