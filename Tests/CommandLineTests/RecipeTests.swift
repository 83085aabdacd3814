import Foundation
import MCLTestKit
import Testing

@Suite struct RecipeTests {
  private let command = CommandLineTests()
  private let nowhere = ["--data", "/nowhere", "--out", "/tmp/unused"]

  @Test(arguments: [
    ("ucf101", "models/r2plus1d.mcl", "epochs = 200 (main_ucf101.sh, epochs=200)"),
    ("kinetics", "models/r2plus1d.mcl", "sgd_lr = 0.02 (main_kinetics.sh, lr=0.02)"),
    (
      "ucf101", "models/r2plus1d.mcl",
      "schedule.order_weight = linear from=0 to=1 by=epoch (train.py: epoch/epochs)"
    ),
    (
      "kinetics", "models/r2plus1d.mcl",
      "schedule.sgd_lr = cosine to=1e-6 warmup=5 multiplier=100 (train.py, --lr-"
    ),
    ("ucf101-finetune", "models/r2plus1d.mcl", "rand_augment = 1,23 (train_3d.py, --ra-n 1 --ra-m 23)"),
    ("hmdb51-finetune", "models/r2plus1d.mcl", "rand_augment = 3,17 (run_hmdb51.sh, ra_n=3, ra_m=17)"),
    ("hmdb51-finetune", "models/r2plus1d.mcl", "schedule.sgd_lr = cosine to=1e-6 by=batch (train_3d.py: the"),
    ("demo", "models/tiny.mcl", "steps = 400 (ours: until the loss has visibly fallen)"),
  ])
  func everyRecipeIsShown(name: String, model: String, line: String) throws {
    let outcome = try command.mclc(["train", model, "--recipe", name] + nowhere)
    #expect(outcome.code == 2)
    #expect(outcome.errors.hasPrefix("recipe recipes/\(name).yaml: "), "\(outcome.errors)")
    #expect(outcome.errors.contains("  \(line)"), "\(outcome.errors)")
    #expect(outcome.errors.contains("/nowhere: there is no such folder"))
  }

  @Test func everyRecipeFitsItsModel() throws {
    for (name, model, program) in [
      ("ucf101", "r2plus1d", "step"), ("kinetics", "r2plus1d", "step"), ("demo", "tiny", "step"),
      ("ucf101-finetune", "r2plus1d", "finetune"), ("hmdb51-finetune", "r2plus1d", "finetune"),
    ] {
      let text = try String(
        contentsOf: repositoryFolder.appendingPathComponent("recipes/\(name).yaml"), encoding: .utf8)
      let settings = text.split(separator: "\n").drop { $0 != "model:" }.dropFirst().prefix { $0 != "test:" }
        .compactMap { line in
          line.firstMatch(of: /^ *(\w+): \{value: ([^,]+),/).map { "\($0.1)=\($0.2)" }
        }
      #expect(settings.count >= 11)
      let outcome = try command.mclc(
        ["compile", "models/\(model).mcl", "--program", program, "--emit", "graph"]
          + settings.flatMap { ["--set", $0] })
      #expect(outcome.code == 0, "\(name): \(outcome.errors)")
    }
  }

  @Test func whatIsGivenWins() throws {
    let outcome = try command.mclc(
      [
        "train", "models/tiny.mcl", "--recipe", "demo", "--epochs", "3", "--set", "seed=4", "--set",
        "batch=2", "--schedule", "sgd_lr=cosine",
      ]
        + nowhere)
    #expect(
      outcome.errors.contains("  steps = not used (--epochs; the recipe says 400)\n"), "\(outcome.errors)")
    #expect(outcome.errors.contains("  seed = 4 (--set; the recipe says 1)\n"))
    #expect(
      outcome.errors.contains("  schedule.sgd_lr = cosine (--schedule sgd_lr; the recipe says constant)\n"))
    #expect(outcome.errors.contains("  batch = 2 (--set; the recipe says 16)\n"))
  }

  @Test func aRecipeIsTheSameAsItsOptions() throws {
    let folder = CommandLineTests.folder.appendingPathComponent("recipe-\(UUID().uuidString)").path
    let (data, run) = (folder + "/videos", folder + "/run")
    #expect(try command.mclc(["synthesize", "--out", data, "--videos", "2", "--frames", "34"]).code == 0)
    let recipe = try command.write(
      "small.yaml",
      """
      about: small
      training:
        steps: {value: 2, from: test}
        augmentation: {value: crop-and-flip, from: test}
      schedules:
        sgd_lr: {value: "steps at=1,2 times=0.1", from: test}
        order_weight: constant 0.5
      model:
        batch: {value: 2, from: test}
        size: {value: 32, from: test}
        queue_size: {value: 12, from: test}
        widths: {value: [8, 8, 8, 8], from: test}
      """)
    let first = try command.mclc(
      ["train", "models/tiny.mcl", "--data", data, "--out", run, "--recipe", recipe])
    #expect(first.code == 0, "\(first.errors)")
    let options = [
      "train", "models/tiny.mcl", "--data", data, "--out", run, "--steps", "2", "--schedule",
      "sgd_lr=steps times=0.1 at=1,2", "--set", "schedule.order_weight=constant 5e-1", "--augmentation",
      "crop-and-flip", "--resume",
    ]
    let set = ["batch=2", "size=32", "queue_size=12", "widths=8,8,8,8"].flatMap { ["--set", $0] }
    let second = try command.mclc(options + set)
    #expect(second.code == 0 && second.errors.contains("already finished at step 2"), "\(second.errors)")

    // Its weights, out and in again.
    let weights = folder + "/weights.safetensors"
    let exported = try command.mclc(["export", run, "-o", weights])
    #expect(exported.code == 0, "\(exported.errors)")
    let third = try command.mclc(
      [
        "train", "models/tiny.mcl", "--data", data, "--out", folder + "/next", "--recipe", recipe, "--init",
        weights,
      ])
    #expect(third.code == 0 && third.errors.contains("states of 'step'"), "\(third.errors)")
    #expect(!third.errors.contains("missing in the file"))
    let other = try command.mclc(
      ["train", "models/tiny.mcl", "--data", data, "--out", folder + "/next", "--recipe", recipe, "--resume"])
    #expect(other.code == 0, "\(other.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/next")
    #expect(names.contains { $0.hasPrefix("events.out.tfevents.") })
  }

  @Test func mistakesAreAnswered() throws {
    func complaint(_ text: String, _ more: [String] = []) throws -> String {
      let path = try command.write("r-\(UUID().uuidString).yaml", text)
      let outcome = try command.mclc(["train", "models/tiny.mcl", "--recipe", path] + nowhere + more)
      #expect(outcome.code == 2)
      return outcome.errors.replacing(path, with: "R")
    }
    #expect(
      try complaint("training:\n  epoch: {value: 1, from: x}\n").hasPrefix(
        "mclc: R:2: there is no key 'epoch' here; did you mean 'epochs'? there are steps, epochs, seed, "))
    #expect(
      try complaint("trainning: {}\n")
        == "mclc: R:1: there is no key 'trainning' here; did you mean 'training'? there are about, training, schedules, model, "
        + "test\n"
    )
    #expect(
      try complaint("training:\n  loss_weights: {value: ucf101, from: x}\n")
        == "mclc: R:2: there is no key 'loss_weights' any more; a schedule names its input, such as --schedule "
        + "sgd_lr='cosine warmup=5', in the section 'schedules'\n")
    #expect(
      try complaint("training:\n  steps: 1\nschedules:\n  sgd_lr: cosinus\n")
        == "mclc: R: schedule.sgd_lr: there is no schedule 'cosinus'; did you mean 'cosine'? there are constant, linear, "
        + "cosine, steps\n")
    #expect(
      try complaint("training:\n  steps: {from: x}\n")
        == "mclc: R:2: 'steps' has no value; write {value: …, from: …}\n")
    #expect(
      try complaint("training:\n  steps:\n") == "mclc: R:2: 'steps' has no value; write 'steps: VALUE'\n")
    // Plain values do, and values without a source.
    let plain = try complaint(
      "training:\n  steps: 4\n  blur_sigma: [0.1, 1]\n  hue: {value: 0.2}\nmodel:\n  batch: 2\n")
    #expect(plain.contains("  steps = 4\n  blur_sigma = 0.1,1\n  hue = 0.2\n  batch = 2\n"), "\(plain)")
    #expect(plain.contains("/nowhere: there is no such folder"))
    for (knob, reason) in [
      ("hue: 0.7", "R: hue '0.7': the strength of hue is 0.7: give one from 0 to 0.5"),
      ("flip_probability: 2", "the probability of flip is 2.0: give one from 0 to 1"),
      ("blur_sigma: 2,1", "R: blur_sigma '2,1': give the least first, such as 0.1,2"),
      ("mean: 0.5", "three numbers, red, green and blue"),
      ("standard_deviation: 1,1,0", "the deviation's above 0"),
      ("brightness: much", "R: brightness 'much': give a number"),
    ] {
      let said = try complaint("training:\n  steps: 4\n  \(knob)\n")
      #expect(said.contains(reason), "\(knob): \(said)")
    }
    #expect(
      try complaint("training:\n  steps: {value: some, from: x}\n")
        == "mclc: R: steps 'some': give a number from 1 to 1099511627776\n")
    #expect(try complaint("a: [").hasPrefix("mclc: R: it is no YAML: "))
    #expect(
      try complaint("training:\n  seed: {value: 1, from: x}\n")
        == "mclc: give --steps or --epochs, one of them, or a --recipe that says it\n")
    let unknown = try command.mclc(["train", "models/tiny.mcl", "--recipe", "ucf110"] + nowhere)
    #expect(
      unknown.code == 2
        && unknown.errors
          == "mclc: --recipe ucf110: there is no such recipe; there are demo, hmdb51-finetune, kinetics, "
          + "r2plus1d_18-finetune, r2plus1d_18-scratch, ucf101, ucf101-finetune; or name a file that ends in .yaml\n"
    )
    let augmentation = try command.mclc(
      ["train", "models/tiny.mcl", "--steps", "1", "--augmentation", "ful"] + nowhere)
    #expect(
      augmentation.code == 2
        && augmentation.errors.contains("--augmentation 'ful': give one of full, crop-and-flip"))
  }
}
