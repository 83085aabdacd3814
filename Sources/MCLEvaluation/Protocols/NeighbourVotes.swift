import Foundation

/// Classification by weighted votes of the nearest neighbours (Wu et al. 2018, Unsupervised Feature Learning via
/// Non-Parametric Instance Discrimination): each of k neighbours votes for its class with exp(similarity / temperature).
package enum NeighbourVotes {
  package static let temperature = 0.07
  /// How many neighbours vote: the field's usual numbers.
  package static let counts = [20, 200]

  /// The classes' shares of the votes.
  /// - Parameters:
  ///   - neighbours: nearest first; the first `count` vote.
  ///   - labels: of the rows that were searched.
  ///   - classes: C.
  package static func shares(
    _ neighbours: [NearestNeighbours.Neighbour], count: Int, labels: [Int], classes: Int
  ) -> [Float] {
    var votes = [Double](repeating: 0, count: classes)
    // The largest weight is made 1, which changes no share and keeps all finite.
    let nearest = Double(neighbours.first?.similarity ?? 0)
    for neighbour in neighbours.prefix(count) {
      votes[labels[neighbour.index]] += exp((Double(neighbour.similarity) - nearest) / temperature)
    }
    let sum = votes.reduce(0, +)
    return votes.map { Float(sum > 0 ? $0 / sum : 0) }
  }

  /// Classes by falling score; of equal ones the class of the lower number comes first.
  package static func ranked(_ scores: [Float]) -> [Int] {
    scores.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
  }
}

extension NeighbourVotes: FeatureProtocol {
  package static func run(
    _ comparison: FeatureComparison, into outcome: inout FeatureEvaluation.Outcome
  ) throws {
    let (evaluation, neighbours) = (comparison.evaluation, try comparison.nearestVideos())
    outcome.knn = counts.map { k in
      let used = min(k, evaluation.training.count)
      if used < k {
        outcome.remarks.append("k = \(k) is cut to \(used), as there are no more training videos")
      }
      let scores = neighbours.map {
        shares(
          $0, count: used, labels: evaluation.trainingLabels, classes: evaluation.classes.count)
      }
      if outcome.scoresByKind[.knn] == nil { outcome.scoresByKind[.knn] = scores }
      let counted = evaluation.counted(scores)
      return EvaluationResult.Neighbours(
        k: k, used: used, top1: counted.top1, top5: counted.top5, meanClassAccuracy: counted.meanClassAccuracy
      )
    }
  }
}
