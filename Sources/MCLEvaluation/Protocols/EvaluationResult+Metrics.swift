extension EvaluationResult {
  /// What a classifier that was trained on the training side gave, once for each seed.
  package struct Trained: Sendable, Codable, Equatable {
    /// What each was drawn by; one seed where nothing is drawn.
    package var seeds: [UInt64]
    /// Of each seed.
    package var top1: [Double]
    package var top5: [Double]
    package var meanClassAccuracy: [Double]
    /// Every constant of the training, by name, as text.
    package var constants: [String: String]

    package init(
      seeds: [UInt64], top1: [Double], top5: [Double], meanClassAccuracy: [Double],
      constants: [String: String]
    ) {
      (self.seeds, self.top1, self.top5) = (seeds, top1, top5)
      (self.meanClassAccuracy, self.constants) = (meanClassAccuracy, constants)
    }
  }

  /// A number of the evaluation, as tables and comparisons show it.
  package struct Metric: Sendable, Equatable {
    /// Such as `knn20.top1` or `retrieval.videos.R@5`.
    package var name: String
    /// One of each seed; one number where nothing is drawn.
    package var values: [Double]
    /// What comes of guessing.
    package var chance: Double

    /// The mean over the seeds.
    package var mean: Double { values.reduce(0, +) / Double(max(values.count, 1)) }

    /// s / sqrt(n) of n seeds with the sample deviation s; nil for one seed.
    package var standardError: Double? {
      guard values.count > 1 else { return nil }
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return (squares / Double(values.count - 1) / Double(values.count)).squareRoot()
    }
  }

  /// All numbers, protocol by protocol: those trained, votes, retrieval.
  package var metrics: [Metric] {
    var metrics: [Metric] = []
    for (name, trained) in [("finetune", finetune), ("linear", linear), ("svm", svm)] {
      guard let trained else { continue }
      metrics += [
        Metric(name: "\(name).top1", values: trained.top1, chance: chance.top1),
        Metric(name: "\(name).top5", values: trained.top5, chance: chance.top5),
        Metric(name: "\(name).meanClass", values: trained.meanClassAccuracy, chance: chance.top1),
      ]
    }
    for votes in knn ?? [] {
      metrics += [
        Metric(name: "knn\(votes.k).top1", values: [votes.top1], chance: chance.top1),
        Metric(name: "knn\(votes.k).top5", values: [votes.top5], chance: chance.top5),
        Metric(name: "knn\(votes.k).meanClass", values: [votes.meanClassAccuracy], chance: chance.top1),
      ]
    }
    for (name, recalls) in [("videos", videoRetrieval), ("clips", clipRetrieval)] {
      metrics += (recalls ?? []).map {
        Metric(name: "retrieval.\(name).R@\($0.k)", values: [$0.recall], chance: $0.chance)
      }
    }
    return metrics
  }
}
