import Foundation
import MCLEvaluation
import MCLRuntime
import MCLTestKit
import Testing

/// `mclc train --program finetune` and `mclc evaluate --protocol finetune`, at their smallest.
@Suite struct FinetuneTests {
  private let command = CommandLineTests()
  private let folder = CommandLineTests.folder.appendingPathComponent("tune-\(UUID().uuidString)").path
  private static let narrow = ["layers=1,1", "widths=4,6", "stem=4", "frames=4", "size=32"]

  private func set(_ settings: [String], _ option: String = "--set") -> [String] {
    settings.flatMap { [option, $0] }
  }

  private func synthesize() throws {
    try SynthesizedVideos.copy(18, frames: 20, seed: 3, to: folder + "/videos")
  }

  private func result(_ out: String) throws -> EvaluationResult {
    let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/\(out)/eval.json"))
    return try JSONDecoder().decode(EvaluationResult.self, from: data)
  }

  @Test func aRunIsTunedTestedAndGoneOnWith() throws {
    try synthesize()
    let videos = folder + "/videos"
    let trained = try command.mclc(
      [
        "train", "models/r2plus1d_18.mcl", "--data", videos, "--out", folder + "/run", "--steps", "1",
        "--validate", "0.3",
      ] + set(Self.narrow + ["batch=4"]))
    #expect(trained.code == 0, "\(trained.errors)")
    let arguments =
      [
        "evaluate", folder + "/run", "--views", "1x1", "--protocol", "finetune", "--out", folder + "/tuned",
        "--finetune-epochs", "2",
      ]
      + set(["batch=3", "accumulate=2", "frames=4", "size=32", "rand_augment=2,9"], "--finetune-set")
      + set(["views=2x3", "resize=fit", "size=32", "batch=2"], "--finetune-test")
    let outcome = try command.mclc(arguments)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("the model has no setting 'bn_groups', so that the recipe's is left out"))
    #expect(outcome.output.contains("finetune: top-1 "), "\(outcome.output)")

    // Two epochs of 12 videos, six a step.
    let records = RunFolder.lines(folder + "/tuned/finetune/log.jsonl", as: StepRecord.self)
    #expect(records.map(\.step) == [1, 2, 3, 4])
    #expect(records.allSatisfy { ($0.outputs["gradient_norm"] ?? 0) > 0 })
    // The rate of step t is that of its second batch, 2 t + 1 of the 8 of the run.
    for (step, record) in records.enumerated() {
      let rate = 1e-6 + (0.01 - 1e-6) * (1 + cos(.pi * Double(2 * step + 1) / 8)) / 2
      #expect(abs((record.scheduled?["sgd_lr"] ?? 0) / rate - 1) < 1e-9, "step \(step)")
    }
    let first = try result("tuned")
    let tuned = try #require(first.finetune)
    #expect(first.knn == nil && tuned.seeds == [1] && tuned.top1.count == 1)
    #expect((0...1).contains(tuned.top1[0]) && tuned.top5[0] >= tuned.top1[0])
    let wanted = [
      "views": "2x3", "training.epochs": "2", "training.rand_augment": "2,9", "model.dropout": "0.9",
      "model.clip_norm": "40", "program": "finetune", "training.sgd_lr": "cosine to=1e-06 by=batch",
    ]
    for (key, value) in wanted {
      #expect(
        tuned.constants[key].map { Double($0) ?? .nan } == Double(value) || tuned.constants[key] == value,
        "\(key)")
    }

    // A second call trains nothing more, and gives the same bytes.
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder + "/tuned/eval.json"))
    let again = try command.mclc(arguments)
    #expect(again.code == 0 && again.errors.contains("already finished at step 4"), "\(again.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "/tuned/eval.json")) == bytes)
    // Another constant is another training.
    let other = try command.mclc(arguments + ["--finetune-set", "dropout=0.5"])
    #expect(other.code == 2 && other.errors.contains("was trained with"), "\(other.errors)")
  }

  /// The published backbone: weights of 'step', a new layer of as many scores as there are classes.
  @Test func theBackboneOfARunIsTrainedOn() throws {
    try synthesize()
    let settings = set([
      "depth=10", "stem=4", "widths=4,4,4,8", "size=32", "frames=4", "batch=4", "queue_size=24",
      "num_channels=8",
    ])
    let videos = folder + "/videos"
    let first = try command.mclc(
      ["train", "models/r2plus1d.mcl", "--data", videos, "--out", folder + "/first", "--steps", "1"]
        + settings)
    #expect(first.code == 0, "\(first.errors)")
    let tuned = try command.mclc(
      [
        "train", "models/r2plus1d.mcl", "--program", "finetune", "--recipe", "hmdb51-finetune", "--data",
        videos,
        "--validate", "0.3", "--init", folder + "/first", "--out", folder + "/second", "--steps", "2",
      ] + settings + set(["bn_groups=2", "accumulate=2", "clip_norm=0.5"]))
    #expect(tuned.code == 0, "\(tuned.errors)")
    #expect(tuned.errors.contains("num_classes = 6, as the videos have so many classes"), "\(tuned.errors)")
    let results = RunFolder.lines(folder + "/second/validation.jsonl", as: Validation.Result.self)
    #expect(results.last?.step == 2)
    // Validation is of what is trained: 'step' has none, as its states are not those of 'validate'.
    let refused = try command.mclc(
      [
        "train", "models/r2plus1d.mcl", "--data", videos, "--validate", "0.3", "--out", folder + "/third",
        "--steps", "1",
      ] + settings)
    #expect(
      refused.code == 2 && refused.errors.contains("--validate: the model has no program to validate with"),
      "\(refused.errors)")
  }

  @Test func aModelWithoutLabelsIsRefused() throws {
    try synthesize()
    let outcome = try command.mclc([
      "evaluate", "--model", "models/tiny.mcl", "--init", "none", "--data", folder + "/videos", "--protocol",
      "finetune", "--out", folder + "/out",
    ])
    #expect(
      outcome.code == 2
        && outcome.errors.hasSuffix(
          "mclc: --protocol finetune: model 'tiny' has no program that updates states and watches classes; give it one\n"
        ),
      "\(outcome.errors)")
  }
}
