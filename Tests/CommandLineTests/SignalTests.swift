import Foundation
import MCLTestKit
import Testing

/// What signals do to a command: the first is answered and ends it in order, the second at once; a run goes on from there.
@Suite(.serialized) struct SignalTests {
  private static let signals: [(name: String, number: Int32)] = [
    ("SIGHUP", SIGHUP), ("SIGINT", SIGINT), ("SIGTERM", SIGTERM),
  ]
  private static let steps = 8
  private static let moments = soakFactor > 1 ? 20 : 2

  private static func arguments(_ small: SmallRun, _ run: String) -> [String] {
    [
      "train", "models/tiny.mcl", "--data", small.data, "--out", run, "--cache", small.folder + "/motion",
      "--steps", "\(steps)", "--checkpoint-every", "3", "--accumulate", "2", "--resume",
    ] + SmallRun.set
  }

  private typealias Whole = (checkpoint: Data, log: Data, seconds: Double)

  /// A run that was never stopped, and how long it took.
  private static let straight = Result<(small: SmallRun, whole: Whole), any Error> {
    let small = try SmallRun("signals")
    // Models, motion and kernels are in their caches then.
    _ = try ShellRun.outcome(#"exec "$@""#, arguments(small, small.folder + "/first"))
    let clock = ContinuousClock()
    let seconds = try clock.measure {
      let outcome = try ShellRun.outcome(#"exec "$@""#, arguments(small, small.run))
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    let checkpoint = try #require(small.bytes(small.checkpoint(steps)))
    let log = try #require(small.bytes(small.run + "/log.jsonl"))
    return (small, (checkpoint, log, seconds / .seconds(1)))
  }

  /// Resumes a run to its end, where it must be as the other.
  private func expectSameEnd(
    _ small: SmallRun, _ run: String, _ whole: Whole, _ what: String
  ) throws {
    let rest = try ShellRun.outcome(#"exec "$@""#, Self.arguments(small, run))
    #expect(rest.code == 0, "\(what): \(rest.errors)")
    #expect(small.bytes(small.checkpoint(Self.steps, in: run)) == whole.checkpoint, "\(what)")
    #expect(small.bytes(run + "/log.jsonl") == whole.log, "\(what)")
    let names = try FileManager.default.contentsOfDirectory(atPath: run)
    #expect(!names.contains { $0.hasSuffix(".safetensors.part") }, "\(what)")
    try FileManager.default.removeItem(atPath: run)
  }

  @Test(.timeLimit(.minutes(10 * patience))) func aRunStoppedAtAnyMomentEndsTheSame() throws {
    let (small, whole) = try Self.straight.get()
    for (name, number) in Self.signals {
      for moment in 0..<Self.moments {
        let run = small.folder + "/\(name)-\(moment)"
        let seconds = Double.random(in: 0...whole.seconds)
        let shell = try ShellRun(#"exec "$@""#, Self.arguments(small, run))
        Thread.sleep(forTimeInterval: seconds)
        shell.send(number)
        let outcome = try shell.outcome()
        let what = "\(name) after \(seconds) s: \(outcome.code), \(outcome.errors)"
        // Before the command listens, and in the shell, a signal ends the process by itself.
        #expect([128 + number, -number, 0].contains(outcome.code), "\(what)")
        if outcome.code == 128 + number {
          #expect(
            outcome.errors.contains("again to stop now") || outcome.errors.contains("stopped"), "\(what)")
        }
        try expectSameEnd(small, run, whole, what)
      }
    }
  }

  @Test(.timeLimit(.minutes(10 * patience))) func aRunWhoseFilesGrowTooLargeEndsTheSame() throws {
    let (small, whole) = try Self.straight.get()
    for moment in 0..<Self.moments {
      let run = small.folder + "/limit-\(moment)"
      // Blocks of 512 bytes. A checkpoint is the largest file, so that a smaller limit hits it or one before.
      let blocks = Int.random(in: 4..<whole.checkpoint.count / 512)
      let outcome = try ShellRun.outcome(
        "ulimit -S -f \(blocks); exec \"$@\"", Self.arguments(small, run))
      let what = "\(blocks) blocks: \(outcome.errors)"
      #expect(outcome.code == 1, "\(what)")
      #expect(
        outcome.errors.hasSuffix(
          " cannot be written (File too large); raise the limit on the size of files, as 'ulimit -f' shows it\n"
        ), "\(what)")
      try expectSameEnd(small, run, whole, what)
    }
  }

  @Test func nohupIsRespected() throws {
    let small = try SmallRun("nohup")
    let run = small.folder + "/nohup"
    let shell = try ShellRun("trap '' HUP; exec \"$@\"", Self.arguments(small, run))
    #expect(shell.says("memory:"))
    shell.send(SIGHUP)
    let outcome = try shell.outcome()
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("finished at step \(Self.steps)"), "\(outcome.errors)")
  }

  /// A batch of seconds: the first signal is answered within it, the second does not wait for its end.
  @Test(.timeLimit(.minutes(10 * patience))) func theSecondSignalStopsAtOnce() throws {
    let small = try SmallRun("second")
    let data = small.folder + "/many"
    #expect(
      try small.command.mclc(["synthesize", "--out", data, "--videos", "24", "--frames", "34"]).code == 0)
    let shell = try ShellRun(
      #"exec "$@""#,
      [
        "train", "models/tiny.mcl", "--data", data, "--out", small.run, "--flow", "codec", "--steps", "1000",
      ] + ["batch=24", "size=224", "queue_size=72"].flatMap { ["--set", $0] })
    #expect(shell.says("memory:"), "\(shell.errors)")
    Thread.sleep(forTimeInterval: 1)
    shell.send(SIGTERM)
    #expect(shell.says("mclc: stopping after this batch and writing a checkpoint; again to stop now\n"))
    let start = ContinuousClock.now
    shell.send(SIGINT)
    let outcome = try shell.outcome()
    #expect(outcome.code == 130, "\(outcome.errors)")
    #expect(outcome.errors.hasSuffix("mclc: stopped at once; what was complete before is kept\n"))
    #expect(start.duration(to: .now) < .seconds(2))
    let names = try FileManager.default.contentsOfDirectory(atPath: small.run)
    #expect(!names.contains { $0.hasPrefix("checkpoint") }, "\(names)")
  }

  @Test(.timeLimit(.minutes(10 * patience))) func preparingSaysWhatIsKept() throws {
    let small = try SmallRun("preparing")
    for (number, command) in [
      ["prepare", "--cache", small.folder + "/new"],
      ["train", "models/tiny.mcl", "--out", small.run, "--cache", small.folder + "/new", "--steps", "1"],
    ].enumerated() {
      // Enough videos that they take longer than the answer.
      let data = small.folder + "/many-\(number)"
      try SynthesizedVideos.copy(24, frames: 64, to: data)
      let shell = try ShellRun(#"exec "$@""#, command + ["--data", data])
      let index = small.folder + "/new"
      let start = ContinuousClock.now
      while !FileManager.default.fileExists(atPath: index), start.duration(to: .now) < .seconds(60) {
        usleep(5000)
      }
      usleep(300_000)
      shell.send(SIGINT)
      let outcome = try shell.outcome()
      #expect(outcome.code == 130, "\(outcome.errors)")
      #expect(
        outcome.errors.contains(
          "mclc: stopping, and keeping the motion of each video that is complete; again to stop now\n"),
        "\(outcome.errors)")
      #expect(outcome.errors.hasSuffix("mclc: stopped while preparing motion; what is done is kept\n"))
      try FileManager.default.removeItem(atPath: index)
    }
  }
}
