import Foundation
import MCLDataTestKit
import MCLExecution
import MCLReport
import MCLRuntime
import MCLSupport
import MCLTestKit
import MCLWeights
import Testing

/// What a training measures of its states: when, where it is kept, and that it changes nothing.
@Suite(.serialized, .timeLimit(.minutes(5 * patience))) struct StateMeasurementTests {
  /// What was asked for, in order.
  private final class Calls {
    var steps: [Int] = []
  }

  private static func measurement(
    every period: StateMeasurement.Period = .steps(2), _ calls: Calls = Calls(),
    _ body: @escaping (Int, () -> Bool) throws -> Double? = { step, _ in Double(step) / 8 }
  ) -> StateMeasurement {
    StateMeasurement(every: period, numbers: [.init(name: "near.right", chance: 0.25)]) {
      trained, step, shouldStop in
      calls.steps.append(step)
      // The states as they are after the step.
      #expect(try trained.stateIntegers("queue_index") == [Int64(step * 2 * 3 % 12)])
      return try body(step, shouldStop).map { ["near.right": $0] }
    }
  }

  private func records(_ folder: VideoTestFolder) -> [StepRecord] {
    RunFolder.lines(folder.path + "/log.jsonl", as: StepRecord.self)
  }

  @Test func aPeriodIsCountedFromTheStartOfTheRun() {
    /// Samples in an epoch, and in a step.
    func due(_ period: StateMeasurement.Period, last: Int, epoch: Int = 6, step: Int = 2) -> [Int] {
      (0...last).filter {
        period.isDue(
          after: $0, last: last, epochs: (max($0 - 1, 0) * step / epoch, $0 * step / epoch))
      }
    }
    #expect(due(.steps(3), last: 8) == [3, 6, 8])
    #expect(due(.steps(1), last: 3) == [1, 2, 3])
    #expect(due(.steps(9), last: 4) == [4])
    #expect(due(.epochs(1), last: 10) == [3, 6, 9, 10])
    #expect(due(.epochs(2), last: 10) == [6, 10])
    // A step of two and a half epochs.
    #expect(due(.epochs(1), last: 3, epoch: 2, step: 5) == [1, 2, 3])
    #expect(due(.epochs(3), last: 4, epoch: 2, step: 5) == [2, 3, 4])
  }

  @Test func aMeasuredRunHasTheSameBits() throws {
    let (plain, measured) = (try VideoTestFolder(), try VideoTestFolder())
    _ = try trainTiny(plain.path, steps: 5)
    let calls = Calls()
    let ended = try trainTiny(measured.path, steps: 5, measuring: Self.measurement(calls))
    #expect(calls.steps == [2, 4, 5] && ended.outcome == .finished(steps: 5))
    let file = Checkpoint.fileName(5)
    #expect(try measured.bytes(file) == plain.bytes(file))
    let found = records(measured)
    #expect(
      found.map(\.measured) == [nil, ["near.right": 0.25], nil, ["near.right": 0.5], ["near.right": 0.625]])
    #expect(ended.progress.map(\.record) == found)
    var stripped = found
    for place in stripped.indices { stripped[place].measured = nil }
    #expect(stripped == records(plain))

    let speeds = RunFolder.lines(measured.path + "/speed.jsonl", as: RunFolder.Speed.self)
    #expect(speeds.map { $0.measuring != nil } == [false, true, false, true, true])
    let events = try measured.bytes(try #require(measured.files().first { $0.hasPrefix("events.") }))
    #expect(String(decoding: events, as: UTF8.self).contains("near/right"))
    let html = try RunReport(folder: measured.path).html
    for text in ["<h2>Features</h2>", "<h3>near.right</h3>", "In the end 0.625; chance gives 0.250."] {
      #expect(html.contains(text), "\(text)")
    }
    #expect(try !RunReport(folder: plain.path).html.contains("<h2>Features</h2>"))
  }

  /// Stopped between measurements, and within one: the log is that of a run that was never stopped.
  @Test func aResumedRunMeasuresAtTheSameSteps() throws {
    let (straight, parted) = (try VideoTestFolder(), try VideoTestFolder())
    _ = try trainTiny(straight.path, measuring: Self.measurement())
    let first = Calls()
    #expect(
      try trainTiny(parted.path, stopAfter: 1, measuring: Self.measurement(first)).outcome
        == .interrupted(steps: 1))
    #expect(first.steps.isEmpty)
    var isStopped = false
    let second = Calls()
    let within = Self.measurement(second) { _, _ in
      isStopped = true
      return nil
    }
    let ended = try trainTiny(parted.path, resume: true, measuring: within, stopsToo: { isStopped })
    #expect(ended.outcome == .interrupted(steps: 2) && second.steps == [2])
    #expect(records(parted).map(\.measured) == [nil, nil])
    // Before anything else, what was missed.
    let third = Calls()
    let again = try trainTiny(parted.path, resume: true, measuring: Self.measurement(third) { _, _ in nil })
    #expect(again.outcome == .interrupted(steps: 2) && third.steps == [2])
    let rest = Calls()
    let last = try trainTiny(parted.path, resume: true, measuring: Self.measurement(rest))
    #expect(last.outcome == .finished(steps: 4) && rest.steps == [2, 4])
    for file in [Checkpoint.fileName(4), "log.jsonl", "outputs.json"] {
      #expect(try parted.bytes(file) == straight.bytes(file), "\(file)")
    }
    let none = Calls()
    let over = try trainTiny(parted.path, resume: true, measuring: Self.measurement(none))
    #expect(over.outcome == .alreadyFinished(steps: 4) && none.steps.isEmpty)
  }

  /// A measurement that fails ends the run, but no step is lost.
  @Test func aMeasurementThatFailsKeepsTheStep() throws {
    let folder = try VideoTestFolder()
    let failing = Self.measurement { _, _ in throw ExecutionError("no videos") }
    let path = folder.path
    let error = #expect(throws: ExecutionError.self) {
      _ = try trainTiny(path, every: 100, measuring: failing)
    }
    #expect(error?.description == "no videos")
    #expect(records(folder).map(\.step) == [1, 2])
    #expect(folder.files().contains(Checkpoint.fileName(2)))
    let rest = try trainTiny(path, resume: true)
    #expect(rest.progress.map(\.record.step) == [3, 4])
  }
}
