import Foundation
import MCLRuntime
import MCLTestKit
import MCLWeights
import Testing

/// A run's folder says what the run is made of, and is enough to go on.
@Suite struct RunConfigurationTests {
  @Test func aRunGoesOnByItsFolderAlone() throws {
    let small = try SmallRun("folder")
    let (whole, parted) = (small.folder + "/whole", small.folder + "/parted")
    let options = [
      "--schedule", "sgd_lr=cosine to=1e-6 warmup=1", "--seed", "5", "--augmentation", "crop-and-flip",
      "--set",
      "hue=0.2", "--checkpoint-every", "1",
    ]
    #expect(try small.train(["--steps", "4"] + options, out: whole).code == 0)
    // Stopped after two steps: what a run that was killed leaves behind.
    #expect(try small.train(["--steps", "4"] + options, out: parted).code == 0)
    for step in [3, 4] { try FileManager.default.removeItem(atPath: small.checkpoint(step, in: parted)) }
    let second = try small.goOn(in: parted)
    #expect(second.code == 0 && second.errors.contains("finished at step 4"), "\(second.errors)")
    #expect(
      try #require(small.bytes(small.checkpoint(4, in: whole)))
        == small.bytes(small.checkpoint(4, in: parted)))

    let text = try String(contentsOfFile: parted + "/config.yaml", encoding: .utf8)
    for line in [
      "  seed: '5'", "  hue: '0.2'", "  sgd_lr: cosine to=1e-06 warmup=1 multiplier=100", "    batch: '2'",
      "  flow: tvl1",
    ] {
      #expect(text.contains(line + "\n"), "\(line): \(text)")
    }
    #expect(text.contains(/hash: [0-9a-f]{64}\n/) && text.contains("mclc: 0.1.0"))

    // The model's own file may be gone: the run has its own.
    let models = try small.models(
      "mcl.mcl", "\"sgd_momentum\", default: 0.9", with: "\"sgd_momentum\", default: 0.8")
    let own = small.folder + "/own"
    #expect(try small.train(["--steps", "1"], out: own, model: models + "/tiny.mcl").code == 0)
    try FileManager.default.removeItem(atPath: models)
    let third = try small.goOn(["--change", "steps=2"], in: own)
    #expect(third.code == 0 && third.errors.contains("finished at step 2"), "\(third.errors)")

    let nothing = try small.goOn(in: small.folder)
    #expect(nothing.code == 2 && nothing.errors.contains("holds no config.yaml"), "\(nothing.errors)")
    try Data("version: 7\n".utf8).write(to: URL(fileURLWithPath: own + "/config.yaml"))
    let broken = try small.goOn(in: own)
    #expect(
      broken.code == 2
        && broken.errors.contains("it is no configuration of a run, as model is missing; restore it"),
      "\(broken.errors)")
  }

  @Test func whatMayChangeIsRecorded() throws {
    let small = try SmallRun("change")
    #expect(try small.train(["--steps", "2", "--checkpoint-every", "1"]).code == 0)
    let other = try small.goOn(["--epochs", "9", "--schedule", "sgd_lr=cosine"])
    #expect(other.code == 2)
    #expect(
      other.errors.contains("schedules 'none' (now 'sgd_lr: cosine from 0.05 to 0.0 over 18.0 steps')"),
      "\(other.errors)")
    #expect(other.errors.contains("--change goes on with other schedules"), "\(other.errors)")
    let changed = try small.goOn([
      "--change", "steps=4", "--change", "sgd_lr=0.01", "--change", "schedule.sgd_lr=cosine to=1e-6",
    ])
    #expect(changed.code == 0, "\(changed.errors)")
    #expect(
      changed.errors.contains("from step 2 on with schedule.sgd_lr=cosine to=1e-6, sgd_lr=0.01, steps=4"),
      "\(changed.errors)")
    let text = try String(contentsOfFile: small.run + "/config.yaml", encoding: .utf8)
    #expect(
      text.contains(
        "changes:\n- step: 2\n  values:\n    schedule.sgd_lr: cosine to=1e-6\n    sgd_lr: '0.01'\n"),
      "\(text)")
    let last = try #require(
      String(contentsOfFile: small.run + "/log.jsonl", encoding: .utf8).split(separator: "\n").last)
    // Half a cosine from 0.01 over four steps, a quarter before its end.
    let record = try JSONDecoder().decode(StepRecord.self, from: Data(last.utf8))
    let rate = try #require(record.scheduled?["sgd_lr"])
    #expect(record.step == 4 && abs(rate - (1e-6 + 0.009999 * (1 - 0.5.squareRoot()) / 2)) < 1e-12)

    // Killed before the next checkpoint, it goes on with the change, to the same bytes.
    let end = try #require(small.bytes(small.checkpoint(4)))
    for step in [3, 4] { try FileManager.default.removeItem(atPath: small.checkpoint(step)) }
    let again = try small.goOn()
    #expect(again.code == 0, "\(again.errors)")
    #expect(small.bytes(small.checkpoint(4)) == end)

    for (change, complaint) in [
      (
        "batch=4",
        "a run goes on only with another of sgd_lr, order_weight, mal_weight, steps, epochs, schedule.INPUT"
      ),
      ("seed=4", "a run goes on only with another of "), ("epochs=none", "give a number from 1 to"),
      ("sgd_lr", "write it as key=value"),
      (
        "schedule.sgd_rl=constant",
        "has no scalar input 'sgd_rl' for a schedule to set; did you mean 'sgd_lr'?"
      ),
      ("schedule.sgd_lr=cosine warmup", "--change schedule.sgd_lr: 'warmup': write it as key=value"),
      ("sgd_lr=nan", "--change sgd_lr=nan: 'nan' is not a finite number"),
    ] {
      let refused = try small.goOn(["--change", change])
      #expect(refused.code == 2 && refused.errors.contains(complaint), "\(change): \(refused.errors)")
    }
    // Another length is no leave for another schedule, nor for none.
    let longer = ["--change", "steps=9"]
    let slipped = try small.goOn(longer + ["--schedule", "sgd_lr=linear to=0"])
    #expect(slipped.code == 2 && slipped.errors.contains("(now 'sgd_lr: linear from"), "\(slipped.errors)")
    let dropped = try small.train(longer + ["--resume", "--set", "sgd_lr=0.01"])
    #expect(dropped.code == 2 && dropped.errors.contains("(now 'none')"), "\(dropped.errors)")
    let both = try small.goOn(["--change", "steps=5", "--change", "epochs=5"])
    #expect(both.code == 2 && both.errors.contains("give one of them"), "\(both.errors)")
    let fresh = try small.train(["--steps", "1", "--change", "sgd_lr=1"], out: small.folder + "/fresh")
    #expect(fresh.code == 2 && fresh.errors.contains("--change goes with --resume"), "\(fresh.errors)")
  }

  /// What is logged is what was set.
  @Test func aScheduleNeedsItsInput() throws {
    let small = try SmallRun("rate")
    let models = try small.models("mcl.mcl", "\"sgd_lr\"", with: "\"lr\"")
    let model = models + "/tiny.mcl"
    let refused = try small.train(["--steps", "1", "--schedule", "sgd_lr=cosine"], model: model)
    #expect(refused.code == 2)
    #expect(
      refused.errors.contains(
        "program 'step' has no scalar input 'sgd_lr' for a schedule to set; there are lr, order_weight, mal_weight"
      ), "\(refused.errors)")
    let own = try small.train(["--steps", "1"], model: model)
    #expect(own.code == 0, "\(own.errors)")
    #expect(try !String(contentsOfFile: small.run + "/log.jsonl", encoding: .utf8).contains("scheduled"))
    let named = small.folder + "/named"
    let scheduled = try small.train(
      ["--steps", "2", "--schedule", "lr=cosine", "--schedule", "order_weight=linear from=0 to=1 by=epoch"],
      out: named, model: model)
    #expect(scheduled.code == 0, "\(scheduled.errors)")
    #expect(scheduled.errors.contains(" | lr 0.05, order_weight 1.000 | "), "\(scheduled.errors)")
    #expect(
      try String(contentsOfFile: named + "/log.jsonl", encoding: .utf8).contains(
        "\"scheduled\":{\"lr\":0.05,\"order_weight\":1}"))
    // The same numbers as under the usual name.
    let usual = small.folder + "/usual"
    #expect(
      try small.train(
        [
          "--steps", "2", "--schedule", "sgd_lr=cosine", "--schedule",
          "order_weight=linear from=0 to=1 by=epoch",
        ],
        out: usual
      ).code == 0)
    let states = try [named, usual].map { try SafeTensors(path: small.checkpoint(2, in: $0)) }
    for name in states[1].names { #expect(try states[0].tensor(name) == states[1].tensor(name), "\(name)") }
  }

  @Test func mistakesAreToldBeforeTheWork() throws {
    let small = try SmallRun("checks")
    func refused(_ options: [String], _ complaint: String) throws {
      let outcome = try small.train(options)
      #expect(outcome.code == 2 && outcome.errors.contains(complaint), "\(options): \(outcome.errors)")
      #expect(!outcome.errors.contains("compiling"), "\(outcome.errors)")
    }
    try refused(["--steps", "-1"], "give a number from 1 to")
    try refused(["--steps", "1", "--set", "batch=5"], "--set batch is given twice")
    try refused(["--epochs", "-3"], "give a number from 1 to")
    try refused(
      ["--steps", "1", "--set", "sgd_lr=-0.1"], "'-0.1' is not a finite number of at least 0")
    try refused(
      ["--steps", "1", "--schedule", "cosine"], "write it as key=value, such as --schedule sgd_lr='cosine")
    try refused(
      ["--steps", "1", "--warmup-epochs", "3"],
      "Unknown option '--warmup-epochs'; a schedule names its input, such as --schedule sgd_lr='cosine warmup=5'"
    )
    let many = try small.command.mclc(
      [
        "train", "models/tiny.mcl", "--data", small.data, "--out", small.run, "--steps", "1", "--set",
        "batch=5", "--set",
        "size=32", "--set", "queue_size=15",
      ])
    #expect(
      many.code == 2 && many.errors.contains("a batch takes 5 samples, but there are 4 usable videos"),
      "\(many.errors)")
    #expect(!many.errors.contains("compiling"))
    let slow = try small.train(["--steps", "1"])
    #expect(slow.code == 0)
    #expect(
      slow.errors.contains(
        "'queue' of 12 rows takes 6 a step and is full at step 2, but the run has 1: until then it holds random rows; an "
          + "epoch of these videos gives 12, so that --set queue_size=6 would fit"), "\(slow.errors)")
    try refused(["--steps", "1"], "holds a run already; add --resume")
  }

  /// A run of before schedules named their inputs is refused, not gone on with without them.
  @Test func aRunOfFormerSettingsIsRefused() throws {
    let small = try SmallRun("former")
    #expect(try small.train(["--steps", "1"]).code == 0)
    let text = try String(contentsOfFile: small.run + "/config.yaml", encoding: .utf8)
    try Data(text.replacing("training:\n", with: "training:\n  schedule: cosine\n").utf8).write(
      to: URL(fileURLWithPath: small.run + "/config.yaml"))
    let refused = try small.goOn(["--change", "steps=2"])
    #expect(refused.code == 2)
    #expect(
      refused.errors
        == "mclc: \(small.run): it is a run of an mclc whose schedules named no inputs; start another run in another "
        + "folder\n")
  }

  /// Samples are drawn exactly as the run draws them.
  @Test func samplesAreThoseOfTheRun() throws {
    let small = try SmallRun("samples")
    #expect(try small.train(["--steps", "1", "--seed", "7", "--augmentation", "crop-and-flip"]).code == 0)
    func page(_ arguments: [String]) throws -> String {
      let out = small.folder + "/\(UUID().uuidString).html"
      let outcome = try small.command.mclc(["inspect", "--samples", "2", "--out", out] + arguments)
      #expect(outcome.code == 0, "\(outcome.errors)")
      return try String(contentsOfFile: out, encoding: .utf8)
    }
    let own = try page(["--run", small.run])
    #expect(try page(["--run", small.run]) == own)
    let text = try String(contentsOfFile: small.run + "/config.yaml", encoding: .utf8)
    for (old, new) in [("seed: '7'", "seed: '8'"), ("augmentation: crop-and-flip", "augmentation: full")] {
      try Data(text.replacing(old, with: new).utf8).write(
        to: URL(fileURLWithPath: small.run + "/config.yaml"))
      #expect(try page(["--run", small.run]) != own, "\(new)")
    }
    let both = try small.command.mclc(["inspect", "--samples", "2", "--run", small.run, "--data", small.data])
    #expect(both.code == 2 && both.errors.contains("--run says which videos"), "\(both.errors)")
  }
}
