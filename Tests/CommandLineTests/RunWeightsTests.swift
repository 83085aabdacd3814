import Foundation
import MCLEngineTestKit
import MCLGraph
import MCLTestKit
import MCLWeights
import Testing

/// Weights are found in one way, whatever holds them.
@Suite struct RunWeightsTests {
  /// The features of the clips by the checkpoint's own states, without the command.
  private func expected(_ small: SmallRun, _ step: Int, clips: String) throws -> [Float] {
    let module = try projectModel(
      "tiny", settings: ["batch": "2", "size": "32", "queue_size": "12", "widths": "8,8,8,8"])
    let program = try module.program("embed")
    let checkpoint = try SafeTensors(path: small.checkpoint(step))
    var states: [String: Value] = [:]
    for state in program.states {
      states[state.name] = Value(state.type, try checkpoint.tensor(state.name).doubles)
    }
    let bytes = try SafeTensors(path: clips).tensor("clip").doubles
    let clip = Value(program.inputs[0].type, bytes.map { (2 * $0 - 255) / 128 })
    let run = try CompiledRun(program, inputs: ["clip": clip], states: states, threads: 2)
    return (run.outputs["feature"]?.elements ?? []).map { Float($0) }
  }

  @Test func featuresAreTheTrainedNetworks() throws {
    let small = try SmallRun("weights")
    let trained = try small.train(["--steps", "2"])
    #expect(trained.code == 0, "\(trained.errors)")
    let clips = try small.clips()
    let right = try expected(small, 2, clips: clips)
    #expect(Set(right).count > 4)
    let weights = small.folder + "/weights.safetensors"
    #expect(try small.command.mclc(["export", small.run, "-o", weights]).code == 0)

    let out = small.folder + "/features.safetensors"
    func features(_ arguments: [String]) throws -> (values: [Float], said: String) {
      try? FileManager.default.removeItem(atPath: out)
      let outcome = try small.command.mclc(["run"] + arguments + ["--program", "embed", "--out", out])
      #expect(outcome.code == 0, "\(outcome.errors)")
      return (try SafeTensors(path: out).floats("feature"), outcome.errors)
    }
    let named = ["models/tiny.mcl"] + SmallRun.set
    let ways = [
      [small.run, "--tensors", clips],
      named + ["--weights", small.run, "--tensors", clips],
      named + ["--weights", small.checkpoint(2), "--tensors", clips],
      named + ["--weights", weights, "--tensors", clips],
      named + ["--tensors", clips, "--tensors", weights, "--seed", "1"],
      named + ["--tensors", weights, "--tensors", clips, "--initialize"],
      named + ["--tensors", small.checkpoint(2), "--tensors", clips],
    ]
    for way in ways {
      let (values, said) = try features(way)
      #expect(values == right, "\(way)")
      #expect(said.contains("80 of the 80 states of 'embed'"), "\(said)")
    }

    // The command of README, its names put in.
    let readme = try String(contentsOf: repositoryFolder.appendingPathComponent("README.md"), encoding: .utf8)
    let line = try #require(
      readme.split(separator: "\n").first { $0.contains("mclc run ") && $0.contains("--program embed") })
    let words = line.split(separator: " ").map(String.init).drop { $0 != "run" }.prefix { $0 != "#" }
    let put = ["runs/mine": small.run, "clips.safetensors": clips, "features.safetensors": out]
    #expect(Set(put.keys).isSubset(of: Set(words)), "\(words)")
    try? FileManager.default.removeItem(atPath: out)
    let shown = try small.command.mclc(words.map { put[$0] ?? $0 })
    #expect(shown.code == 0, "\(shown.errors)")
    #expect(try SafeTensors(path: out).floats("feature") == right)

    // Clips of another number, by the run's own model and settings.
    let (one, _) = try features(
      [small.run, "--set", "batch=1", "--tensors", try small.clips(batch: 1)])
    #expect(one.count == right.count / 2)
  }

  @Test func whatIsUnknownOrMissingIsAnError() throws {
    let small = try SmallRun("unknown")
    let trained = try small.train(["--steps", "1"])
    #expect(trained.code == 0, "\(trained.errors)")
    let clips = try small.clips()
    let (weights, strange, out) = (
      small.folder + "/w.safetensors", small.folder + "/strange.safetensors", small.folder + "/o.safetensors"
    )
    #expect(try small.command.mclc(["export", small.run, "-o", weights]).code == 0)
    let file = try SafeTensors(path: weights)
    var tensors: [String: HostTensor] = [:]
    for name in file.names { tensors[name] = try file.tensor(name) }
    tensors["backbone.conv1.wieght"] = tensors["backbone.conv1.weight"]
    try SafeTensors.write(tensors, metadata: [:], to: strange)
    func run(_ arguments: [String]) throws -> CommandLineTests.Outcome {
      try small.command.mclc(
        ["run", "models/tiny.mcl", "--program", "embed", "--tensors", clips, "--out", out] + SmallRun.set
          + arguments)
    }
    let unknown = try run(["--weights", strange])
    #expect(unknown.code == 2)
    #expect(
      unknown.errors.hasPrefix(
        "mclc: \(strange): the model has no state or input 'backbone.conv1.wieght' (the nearest is "
          + "'backbone.conv1.weight')"), "\(unknown.errors)")
    let passed = try run(["--weights", strange, "--ignore-unknown"])
    #expect(
      passed.code == 0
        && passed.errors.contains("not of the model and passed over (1): backbone.conv1.wieght"),
      "\(passed.errors)")

    // A seed alone draws nothing.
    let missing = try run(["--seed", "1"])
    #expect(missing.code == 2 && missing.errors.contains("(80 of 80 are missing)"), "\(missing.errors)")
    tensors["backbone.conv1.wieght"] = nil
    tensors["backbone.conv1.weight"] = nil
    try SafeTensors.write(tensors, metadata: [:], to: strange)
    let partial = try run(["--weights", strange])
    #expect(partial.code == 2 && partial.errors.contains("'q.backbone.conv1.weight'"), "\(partial.errors)")
    let drawn = try run(["--weights", strange, "--initialize", "--seed", "4"])
    #expect(drawn.code == 0)
    #expect(drawn.errors.contains("79 of the 80 states of 'embed'"), "\(drawn.errors)")
    #expect(
      drawn.errors.contains("drawn from seed 4 (1): q.backbone.conv1.weight"), "\(drawn.errors)")

    // Training takes the same files by the same names.
    tensors["surplus"] = HostTensor([1], .float32([0]))
    try SafeTensors.write(tensors, metadata: [:], to: strange)
    let next = small.folder + "/next"
    let refused = try small.train(["--steps", "1", "--init", strange], out: next)
    #expect(refused.code == 2 && refused.errors.contains("'surplus'"), "\(refused.errors)")
    #expect(!refused.errors.contains("compiling"))
    let started = try small.train(["--steps", "1", "--init", strange, "--ignore-unknown"], out: next)
    #expect(
      started.code == 0
        && started.errors.contains(
          /strange.safetensors: \d+ of the \d+ states of 'step', and \d+ that start as copies/),
      "\(started.errors)")
    let byRun = try small.train(["--steps", "1", "--init", small.run], out: small.folder + "/third")
    #expect(byRun.code == 0 && byRun.errors.contains("states of 'step'\n"), "\(byRun.errors)")
    // A damaged checkpoint is none.
    var damaged = try #require(small.bytes(small.checkpoint(1)))
    damaged[damaged.count - 5] ^= 1
    try damaged.write(to: URL(fileURLWithPath: small.folder + "/damaged.safetensors"))
    let broken = try run(["--weights", small.folder + "/damaged.safetensors"])
    #expect(broken.code == 2 && broken.errors.contains("does not fit its checksum"), "\(broken.errors)")
  }

  /// Which states are weights follows from the model, not from names.
  @Test func exportWritesParametersAndBuffersAlone() throws {
    let small = try SmallRun("export")
    let models = try small.models("mcl.mcl", "\"velocity.", with: "\"adam.first_moment.")
    let (one, other) = (small.folder + "/one", small.folder + "/other")
    #expect(try small.train(["--steps", "1"], out: one).code == 0)
    let trained = try small.train(["--steps", "1"], out: other, model: models + "/tiny.mcl")
    #expect(trained.code == 0, "\(trained.errors)")
    var names: [[String]] = []
    for run in [one, other] {
      let out = run + ".safetensors"
      let exported = try small.command.mclc(["export", run, "-o", out])
      #expect(exported.code == 0, "\(exported.errors)")
      let group = run == one ? "velocity" : "adam"
      #expect(
        exported.errors.contains(/left out: \d+ states that are no weights \(/)
          && exported.errors.contains("\(group) "), "\(exported.errors)")
      names.append(try SafeTensors(path: out).names.sorted())
    }
    #expect(names[0] == names[1])
    #expect(names[0].allSatisfy { $0.contains(".") && !$0.contains("moment.") })
    #expect(names[0].contains("backbone.bn1.running_mean"))

    // A file of which it is not known is told so.
    let old = small.folder + "/old.safetensors"
    try SafeTensors.write(["q.x": HostTensor([1], .float32([1]))], metadata: [:], to: old)
    let refused = try small.command.mclc(["export", old, "-o", small.folder + "/x.safetensors"])
    #expect(refused.code == 2 && refused.errors.contains("name the model with --model"), "\(refused.errors)")
    let none = try small.command.mclc(["export", one, "-o", one + "/checkpoint-00000001.safetensors"])
    #expect(none.code == 2 && none.errors.contains("which is read; name another file"), "\(none.errors)")
  }
}
