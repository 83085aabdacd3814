import Foundation
import MCLSupport

/// The published probe of Kinetics: each epoch sees one view of each training video, drawn anew among those that have
/// features; a test video's logits are the mean over its views.
extension LinearProbe: FeatureProtocol {
  /// The rows of an epoch: the videos shuffled, one view of each; a pure function of seed and epoch.
  /// - Returns: rows of a table [videos x views].
  package static func order(seed: UInt64, epoch: Int, videos: Int, views: Int) -> [Int] {
    var random = CounterRandom(seed: seed, epoch: epoch, purpose: "order of a linear probe")
    return random.permutation(videos).map { video in
      var view = CounterRandom(seed: seed, epoch: epoch, sample: video, purpose: "view of a linear probe")
      return video * views + view.integer(below: max(views, 1))
    }
  }

  package static func run(
    _ comparison: FeatureComparison, into outcome: inout FeatureEvaluation.Outcome
  ) throws {
    let (evaluation, options) = (comparison.evaluation, comparison.options)
    let (training, settings) = (evaluation.training, options.linear)
    let labels = evaluation.trainingLabels.flatMap { [Int](repeating: $0, count: training.views) }
    try comparison.report("compiling the linear probe", 0)
    let probe = try LinearProbe(
      width: training.width, classes: evaluation.classes.count, videos: training.count, settings: settings,
      threads: comparison.threads)
    var trained = EvaluationResult.Trained(
      seeds: options.seeds, top1: [], top5: [], meanClassAccuracy: [],
      constants: [
        "features":
          "L2-normalised; training: one view of each video an epoch, drawn by the seed; test: mean of logits",
        "loss": "mean cross-entropy", "optimizer": "SGD, momentum \(settings.momentum), no decay",
        "rate": "\(settings.rate)", "schedule": "cosine per step to \(settings.finalRate)",
        "epochs": "\(settings.epochs)",
        "batch": "\(probe.batch), the rest of an epoch dropped",
        "start": "weight normal, deviation \(settings.deviation); bias 0",
      ])
    for (place, seed) in options.seeds.enumerated() {
      let what =
        "training the linear probe"
        + (options.seeds.count > 1 ? " \(place + 1) of \(options.seeds.count)" : "")
      let parameters = try probe.fit(
        training.clips, labels: labels, from: try probe.start(seed: seed),
        order: { order(seed: seed, epoch: $0, videos: training.count, views: training.views) },
        progress: { try comparison.report(what, $0) })
      let logits = try probe.meanLogits(of: evaluation.test, parameters)
      let counted = evaluation.counted(logits)
      trained.top1.append(counted.top1)
      trained.top5.append(counted.top5)
      trained.meanClassAccuracy.append(counted.meanClassAccuracy)
      if outcome.scoresByKind[.linear] == nil { outcome.scoresByKind[.linear] = logits.map(softmax) }
    }
    outcome.linear = trained
  }

  /// Of each video the mean of its views' logits, summed in Double in their order.
  package func meanLogits(of table: FeatureTable, _ parameters: Parameters) throws -> [[Float]] {
    let all = try logits(of: table.clips, parameters)
    let classes = parameters.bias.count
    return (0..<table.count).map { video in
      (0..<classes).map { number in
        let sum = (0..<table.views).reduce(0.0) { sum, view in
          sum + Double(all[(video * table.views + view) * classes + number])
        }
        return Float(sum / Double(max(table.views, 1)))
      }
    }
  }

  /// exp(s - max) over their sum, the class of the largest score first.
  private static func softmax(_ scores: [Float]) -> [Float] {
    let peak = Double(scores.max() ?? 0)
    let exponentials = scores.map { exp(Double($0) - peak) }
    let sum = exponentials.reduce(0, +)
    return FeatureEvaluation.rounded(
      exponentials.map { $0 / sum }, predicted: NeighbourVotes.ranked(scores).first ?? 0)
  }
}
