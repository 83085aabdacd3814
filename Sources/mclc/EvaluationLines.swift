import Foundation
import MCLEvaluation

/// An evaluation's numbers as people read them.
struct EvaluationLines {
  let lines: [String]

  init(_ result: EvaluationResult) {
    var lines = [
      "\(result.test.videos) videos to test with against \(result.training.videos) to train with, \(result.classes.count) "
        + "classes, \(result.views.text) views, features of \(result.width) numbers"
    ]
    if !result.test.unreadable.isEmpty {
      lines.append(
        "\(result.test.unreadable.count) more to test with could not be read; each number counts them as wrong"
      )
    }
    let metrics = Dictionary(
      result.metrics.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let trained = [("finetune", result.finetune), ("linear", result.linear), ("svm", result.svm)]
    for (name, seeds) in trained.map({ ($0.0, $0.1?.seeds.count) }) {
      guard let seeds, let top1 = metrics["\(name).top1"], let top5 = metrics["\(name).top5"],
        let mean = metrics["\(name).meanClass"]
      else { continue }
      lines.append(
        name + (seeds > 1 ? ", \(seeds) seeds" : "") + ": top-1 \(Self.percent(top1)) (chance "
          + "\(Self.percent(result.chance.top1)), most frequent class "
          + "\(Self.percent(result.chance.mostFrequentClass))), top-5 \(Self.percent(top5)) (chance "
          + "\(Self.percent(result.chance.top5))), mean over classes \(Self.percent(mean))")
    }
    for neighbours in result.knn ?? [] {
      lines.append(
        "kNN, k = \(neighbours.k)\(neighbours.used < neighbours.k ? " (\(neighbours.used))" : ""): top-1 "
          + "\(Self.percent(neighbours.top1)) (chance \(Self.percent(result.chance.top1)), most frequent class "
          + "\(Self.percent(result.chance.mostFrequentClass))), top-5 \(Self.percent(neighbours.top5)) (chance "
          + "\(Self.percent(result.chance.top5))), mean over classes \(Self.percent(neighbours.meanClassAccuracy))"
      )
    }
    for (name, recalls) in [("videos", result.videoRetrieval), ("clips", result.clipRetrieval)] {
      guard let recalls else { continue }
      let parts = recalls.map { "R@\($0.k) \(Self.percent($0.recall)) (\(Self.percent($0.chance)))" }
      lines.append("retrieval of \(name), in parentheses by chance: " + parts.joined(separator: ", "))
    }
    self.lines = lines
  }

  /// The means over the splits.
  init(_ summary: SplitSummary) {
    let splits = summary.splits.map(String.init).joined(separator: ", ")
    lines =
      ["means over \(summary.splits.count) splits (\(splits)) and their standard errors"]
      + summary.numbers.map { number in
        "\(number.name): \(Self.percent(number.mean, error: number.standardError)) (chance \(Self.percent(number.chance)))"
      }
  }

  private static func percent(_ share: Double, error: Double? = nil) -> String {
    let error = error.map { String(format: " ± %.1f", 100 * $0) } ?? ""
    return String(format: "%.1f", 100 * share) + error + " %"
  }

  private static func percent(_ metric: EvaluationResult.Metric) -> String {
    percent(metric.mean, error: metric.standardError)
  }
}
