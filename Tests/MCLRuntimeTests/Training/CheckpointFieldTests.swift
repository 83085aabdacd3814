import Foundation
import MCLData
import MCLDataTestKit
import MCLExecution
import MCLRuntime
import MCLSupport
import MCLTestKit
import MCLWeights
import Testing

/// Nothing that a checkpoint holds could be left out: without any one field a run is refused, or ends otherwise.
@Suite(.serialized, .timeLimit(.minutes(5 * patience))) struct CheckpointFieldTests {
  /// A run of steps of two batches, stopped after the first batch of its third step.
  private func stopped(_ path: String) throws -> Checkpoint {
    let ended = try trainTiny(
      path, every: 100, plan: try TinyStep.accumulating.get(), perStep: 2, stopAfterQuestions: 5)
    #expect(ended.outcome == .interrupted(steps: 2))
    return try #require(try Checkpoint.latest(in: path) { _ in })
  }

  /// The last checkpoint's bytes of a run that goes on from this one; nil where that is refused.
  private func end(of checkpoint: Checkpoint) throws -> [UInt8]? {
    let folder = try VideoTestFolder()
    try checkpoint.write(in: folder.path, keeping: 3)
    do {
      _ = try trainTiny(
        folder.path, resume: true, every: 100, plan: try TinyStep.accumulating.get(), perStep: 2)
    } catch is UsageError { return nil }
    return try folder.bytes(Checkpoint.fileName(4))
  }

  @Test func withoutAnyTensorItIsRefused() throws {
    let folder = try VideoTestFolder()
    let checkpoint = try stopped(folder.path)
    let executor = try Executor(try TinyStep.accumulating.get(), threads: 1)
    for name in checkpoint.tensors.keys.sorted() {
      var tensors = checkpoint.tensors
      tensors[name] = nil
      let error = #expect(throws: ExecutionError.self) { try executor.restore(tensors) }
      #expect(
        error?.description == "the checkpoint has no '\(name)'; it is of another model or other settings")
    }
    try executor.restore(checkpoint.tensors)
    #expect(checkpoint.tensors.count > 250)
  }

  @Test func withoutAnyNoteItIsRefused() throws {
    let folder = try VideoTestFolder()
    let checkpoint = try stopped(folder.path)
    // The first three are written anew with each file; the total of steps is for people, the last two for 'export'.
    let others = ["format", "step", "checksum", "steps", "weight states", "copied states"]
    let notes = checkpoint.metadata.keys.filter { !others.contains($0) }
    #expect(notes.contains("outputs of the step under way") && notes.contains("plan.kernels"))
    for note in notes.sorted() {
      var changed = checkpoint
      changed.metadata[note] = nil
      #expect(try end(of: changed) == nil, "without '\(note)'")
    }
  }

  static let kinds: [(name: String, has: @Sendable (String) -> Bool)] = [
    ("parameters", { $0.hasPrefix("q.") && !$0.contains("running_") && !$0.hasSuffix("tracked") }),
    ("momenta", { $0.hasPrefix("velocity.") }),
    ("the momentum encoder", { $0.hasPrefix("k.") && !$0.contains("running_") && !$0.hasSuffix("tracked") }),
    ("statistics of the query", { $0.hasPrefix("q.") && $0.contains("running_") }),
    ("statistics of the keys", { $0.hasPrefix("k.") && $0.contains("running_") }),
    ("batches tracked", { $0.hasSuffix("num_batches_tracked") }), ("queue", { $0 == "queue" }),
    ("cursor", { $0 == "queue_index" }), ("batches accumulated", { $0 == "accumulated" }),
    ("gradients accumulated", { $0.hasPrefix("accumulated.") }),
  ]

  /// As if a kind of state were not kept and started anew.
  @Test func withAnyStateStartedAnewTheEndIsAnother() throws {
    let (straight, parted) = (try VideoTestFolder(), try VideoTestFolder())
    _ = try trainTiny(straight.path, every: 100, plan: try TinyStep.accumulating.get(), perStep: 2)
    let wanted = try straight.bytes(Checkpoint.fileName(4))
    let checkpoint = try stopped(parted.path)
    #expect(try end(of: checkpoint) == wanted)
    let executor = try Executor(try TinyStep.accumulating.get(), threads: 1)
    try executor.initializeStates(seed: 3)
    let starts = try executor.stateTensors()
    var kinds: [String: Int] = [:]
    for (name, has) in Self.kinds {
      var changed = checkpoint
      for key in checkpoint.tensors.keys where has(key) {
        kinds[key, default: 0] += 1
        changed.tensors[key] = starts[key]
      }
      #expect(changed.tensors != checkpoint.tensors, "\(name)")
      #expect(try end(of: changed) != wanted, "\(name) started anew")
    }
    #expect(kinds.count == checkpoint.tensors.count && kinds.values.allSatisfy { $0 == 1 })
  }
}
