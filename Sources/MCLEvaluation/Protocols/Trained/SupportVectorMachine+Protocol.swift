import CLiblinear

/// The published probe of UCF101: a support vector machine on the means of the videos' views, as they are.
extension SupportVectorMachine: FeatureProtocol {
  package static func run(
    _ comparison: FeatureComparison, into outcome: inout FeatureEvaluation.Outcome
  ) throws {
    let evaluation = comparison.evaluation
    let seed = comparison.options.seeds.first ?? 1
    var constants = [
      "solver": "liblinear -s 2: L2-regularised squared hinge loss, primal", "bias": "none",
      "version": "\(LIBLINEAR_VERSION)", "tolerance": "\(tolerance)", "classes": "each against all others",
      "features": "video means, not normalised",
    ]
    let cost: Double
    switch comparison.options.svmCost {
    case .fixed(let fixed): cost = fixed
    case .crossValidated:
      let accuracies = try crossValidation(comparison, seed: seed)
      // Of equally good ones the smallest, which regularises most.
      let best = accuracies.indices.max { (accuracies[$0], -$0) < (accuracies[$1], -$1) } ?? 0
      cost = SupportVectorCost.candidates[best]
      constants["costChosenBy"] = "\(SupportVectorCost.folds)-fold cross-validation on the training side"
      constants["foldsDrawnBySeed"] = "\(seed)"
      constants["crossValidation"] = zip(SupportVectorCost.candidates, accuracies).map { "\($0): \($1)" }
        .joined(separator: ", ")
    }
    constants["cost"] = "\(cost)"
    let (training, test) = (evaluation.training, evaluation.test)
    try comparison.report("training a support vector machine", 0, isSilent: true)
    let machine = try SupportVectorMachine(
      rows: training.means, width: training.width, labels: evaluation.trainingLabels,
      of: Array(0..<training.count), classes: evaluation.classes.count, cost: cost)
    try comparison.report("training a support vector machine", 1)
    let scores = (0..<test.count).map { video in
      let decisions = machine.decisions(test.means[video * test.width..<(video + 1) * test.width])
      return FeatureEvaluation.rounded(decisions, predicted: machine.prediction(decisions))
    }
    outcome.scoresByKind[.svm] = scores
    let counted = evaluation.counted(scores)
    outcome.svm = EvaluationResult.Trained(
      seeds: [seed], top1: [counted.top1], top5: [counted.top5],
      meanClassAccuracy: [counted.meanClassAccuracy],
      constants: constants)
  }

  /// Of each candidate, the share of the training videos that are right when their fold is left out.
  private static func crossValidation(_ comparison: FeatureComparison, seed: UInt64) throws -> [Double] {
    let evaluation = comparison.evaluation
    let (training, labels) = (evaluation.training, evaluation.trainingLabels)
    let folds = SupportVectorCost.folds(labels: labels, seed: seed)
    let candidates = SupportVectorCost.candidates
    return try candidates.enumerated().map { place, cost in
      var right = 0
      for fold in 0..<SupportVectorCost.folds {
        try comparison.report(
          "choosing the support vector machine's C",
          (Double(place) + Double(fold) / Double(SupportVectorCost.folds)) / Double(candidates.count),
          isSilent: true)
        let held = labels.indices.filter { folds[$0] == fold }
        let used = labels.indices.filter { folds[$0] != fold }
        // Fewer videos than folds leave some folds empty.
        guard !held.isEmpty, !used.isEmpty else { continue }
        let machine = try SupportVectorMachine(
          rows: training.means, width: training.width, labels: labels, of: used,
          classes: evaluation.classes.count,
          cost: cost)
        for row in held {
          let decisions = machine.decisions(training.means[row * training.width..<(row + 1) * training.width])
          if machine.prediction(decisions) == labels[row] { right += 1 }
        }
      }
      return Double(right) / Double(max(labels.count, 1))
    }
  }
}
