extension EvaluationResult {
  /// A metric's name in plain words; the name itself where it is of no known form.
  package static func words(for metric: String) -> String {
    let parts = metric.split(separator: ".", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { return metric }
    if parts[0] == "retrieval" {
      let rest = parts[1].split(separator: ".", maxSplits: 1).map(String.init)
      guard rest.count == 2, rest[1].hasPrefix("R@") else { return metric }
      let one = rest[1] == "R@1" ? "the nearest" : "one of the \(rest[1].dropFirst(2)) nearest"
      return "retrieval of \(rest[0]): \(one) has the class (\(rest[1]))"
    }
    let methods = [
      "finetune": "all weights trained", "linear": "linear layer on frozen features",
      "svm": "support vector machine on frozen features",
    ]
    let measures = [
      "top1": "the class is right (top-1)", "top5": "the class is among five (top-5)",
      "meanClass": "top-1, mean over the classes",
    ]
    guard let measure = measures[parts[1]] else { return metric }
    if let method = methods[parts[0]] { return "\(method): \(measure)" }
    guard let count = parts[0].wholeMatch(of: /knn(\d+)/)?.1 else { return metric }
    return "vote of the \(count) nearest neighbours: \(measure)"
  }

  /// The metric that the classes of `predictions.csv` give; nil without them.
  package var shownMetric: String? {
    guard let shown else { return nil }
    return shown == "knn" ? knn?.first.map { "knn\($0.k).top1" } : "\(shown).top1"
  }
}
