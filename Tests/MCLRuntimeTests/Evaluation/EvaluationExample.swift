import Foundation
import MCLData
import MCLEvaluation
import MCLSupport

/// A whole evaluation on features by chance, which point towards their class the more, the larger `strength` is.
struct EvaluationExample {
  let evaluation: FeatureEvaluation
  let outcome: FeatureEvaluation.Outcome
  let result: EvaluationResult

  init(
    classes: Int = 3, training: Int = 30, test: Int = 12, views: Int = 2, width: Int = 8,
    strength: Double = 1, seed: UInt64 = 1, weights: String? = "w.safetensors", singleFrame: Bool = false,
    kinds: [FeatureEvaluation.Kind] = [.knn, .retrieval], remarks: [String] = ["a first remark"]
  ) throws {
    var source = EvaluationFixtures.source
    source.preparation.isSingleFrame = singleFrame
    func table(_ count: Int, _ side: String) -> FeatureTable {
      let labels = (0..<count).map { Self.name(ofClass: $0 % classes) }
      var random = CounterRandom(seed: seed, purpose: .init("features to \(side)"))
      let clips = (0..<count).flatMap { video in
        var direction = CounterRandom(seed: UInt64(video % classes), purpose: "a class")
        let towards = (0..<width).map { _ in direction.normal() * strength }
        return (0..<views).flatMap { _ in towards.map { Float($0 + random.normal()) } }
      }
      return FeatureTable(
        names: labels.enumerated().map { "\($1)/\(side)_\($0).mp4" }, labels: labels, views: views,
        width: width,
        clips: clips, source: source,
        unreadable: [UnreadableVideo(name: "\(side) <b>.mp4", reason: "it is empty")])
    }
    let tables = (table(training, "train"), table(test, "test"))
    let names = (0..<classes).map { Self.name(ofClass: $0) }
    evaluation = try FeatureEvaluation(
      classes: ClassTable(names.map { VideoDataset.Video(path: $0, name: $0, label: $0) }),
      training: tables.0,
      test: tables.1)
    outcome = try evaluation.run(kinds, threads: 2)
    let origins = ("those of a list", "those of another")
    result = EvaluationResult(
      model: EvaluationResult.Model(
        name: "m", settings: ["size": "32"],
        weights: EvaluationResult.Weights(
          file: weights, seed: weights == nil ? 1 : nil, sha256: source.weights)),
      features: source, width: width, classes: names,
      training: EvaluationResult.Part(tables.0, origin: origins.0, listSHA256: "aa"),
      test: EvaluationResult.Part(tables.1, origin: origins.1, listSHA256: nil),
      views: EvaluationResult.Views(try EvaluationViews("2x1"), source), seed: 1, outcome: outcome,
      remarks: remarks)
  }

  static func name(ofClass number: Int) -> String { "class \(number)" }

  /// Writes what `mclc evaluate` does but for the page.
  @discardableResult
  func write(to path: String) throws -> EvaluationFolder {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let folder = EvaluationFolder(path)
    try folder.writeFeatures(training: evaluation.training, test: evaluation.test)
    if !outcome.scores.isEmpty {
      try AtomicFile.write(
        evaluation.predictions(outcome.scores), to: folder.file(EvaluationFolder.predictionsFile))
    }
    try AtomicFile.write(try result.text, to: folder.file(EvaluationFolder.resultFile))
    return folder
  }

  func page(
    controls: [EvaluationControl] = [], strips: [ShownVideos.Video: EvaluationPage.Strip] = [:],
    commands: [EvaluationControl.Kind: [String]] = [:]
  ) throws -> EvaluationPage {
    EvaluationPage(
      name: "example", result: result, evaluation: evaluation, scores: outcome.scores,
      shown: try ShownVideos(evaluation, scores: outcome.scores, seed: 1, threads: 2), strips: strips,
      controls: controls, commands: commands)
  }
}
