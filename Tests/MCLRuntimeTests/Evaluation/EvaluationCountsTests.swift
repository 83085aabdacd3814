import MCLEvaluation
import MCLSupport
import Testing

/// What the page counts: confusions, intervals, directions of variance.
@Suite struct EvaluationCountsTests {
  @Test func confusionsAreCounted() throws {
    let example = try EvaluationExample(classes: 3, test: 6)
    // Labels are 0, 1, 2, 0, 1, 2.
    let predicted = [0, 2, 1, 0, 2, 0]
    let scores = predicted.map { best in (0..<3).map { Float($0 == best ? 0.5 : 0.25) } }
    let predictions = try Predictions(example.evaluation, scores: scores)
    #expect(predictions.videos.map(\.label) == [0, 1, 2, 0, 1, 2])
    #expect(predictions.videos.map(\.predicted) == predicted && predictions.videos[1].score == 0.5)
    // Of equal scores the lower number.
    #expect(try Predictions(example.evaluation, scores: [[1, 1, 0]]).videos[0].predicted == 0)
    let counts = ConfusionCounts(predictions, classes: 3)
    #expect(counts.rows.map(\.count) == [2, 2, 2] && counts.rows.map(\.right) == [2, 0, 0])
    #expect(
      counts.cells.map { [$0.label, $0.predicted, $0.count] } == [
        [0, 0, 2], [1, 2, 2], [2, 0, 1], [2, 1, 1],
      ])
    #expect(counts.rows[0].mistaken == nil && counts.rows[1].mistaken?.predicted == 2)
    #expect(counts.rows[2].mistaken?.predicted == 0)
    #expect(counts.confusions(2).map { [$0.label, $0.predicted, $0.count] } == [[1, 2, 2], [2, 0, 1]])
  }

  /// Values of the formula, computed apart in Python.
  @Test func intervalsAreWilsons() {
    for (right, count, lower, upper) in [
      (7, 10, 0.396_778, 0.892_209), (0, 5, 0, 0.434_482), (5, 5, 0.565_518, 1),
      (50, 100, 0.403_832, 0.596_168),
    ] {
      let interval = WilsonInterval.interval(right: right, of: count)
      #expect(
        abs(interval.lowerBound - lower) < 1e-5 && abs(interval.upperBound - upper) < 1e-5,
        "\(right)/\(count): \(interval)")
    }
    #expect(WilsonInterval.interval(right: 0, of: 0) == 0...1)
  }

  /// Rows that lie in a plane: both directions, the variances, and the places are known.
  @Test func directionsAreThoseOfTheLargestVariance() throws {
    let directions: [[Double]] = [[0.6, 0.8, 0, 0, 0], [0, 0, 0, 1, 0]]
    // Multiples of 3 from 0 to 21 along the first, of 2 from 0 to 8 along the second, less their means.
    let along: [[Double]] = (0..<40).map { row in
      let x = Double(3 * (row % 8)) - 10.5
      let y = Double(2 * (row / 8)) - 4
      return [x, y]
    }
    var values: [Double] = []
    for place in along {
      for column in 0..<5 {
        let within: Double = place[0] * directions[0][column] + place[1] * directions[1][column]
        values.append(within + Double(column))
      }
    }
    let components = PrincipalComponents(values, width: 5, count: 2)
    func apart(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }
    #expect(apart(components.variances, [9 * 5.25, 4 * 2]) < 1e-9)
    #expect(apart([components.totalVariance], [55.25]) < 1e-9)
    for (found, wanted) in zip(components.directions, directions) {
      #expect(apart(found, wanted) < 1e-6, "\(found)")
    }
    for (found, wanted) in zip(components.places, along) { #expect(apart(found, wanted) < 1e-4) }
    #expect(PrincipalComponents(values, width: 5, count: 2).places == components.places)
    // Nothing that varies, and fewer numbers than directions.
    let same = PrincipalComponents([1, 2, 1, 2, 1, 2], width: 2, count: 2)
    #expect(same.variances == [0, 0] && same.places == [[0, 0], [0, 0], [0, 0]])
    let narrow = PrincipalComponents([1, 2, 4], width: 1, count: 2)
    #expect(narrow.directions == [[1]] && narrow.places.count == 3)
    #expect(PrincipalComponents([], width: 3, count: 2).places.isEmpty)
  }

  @Test func metricsHaveWords() {
    for (metric, words) in [
      ("knn20.top1", "vote of the 20 nearest neighbours: the class is right (top-1)"),
      ("linear.meanClass", "linear layer on frozen features: top-1, mean over the classes"),
      ("svm.top5", "support vector machine on frozen features: the class is among five (top-5)"),
      ("retrieval.videos.R@1", "retrieval of videos: the nearest has the class (R@1)"),
      ("retrieval.clips.R@20", "retrieval of clips: one of the 20 nearest has the class (R@20)"),
      ("new.top1", "new.top1"), ("other", "other"), ("knn20.f1", "knn20.f1"),
    ] { #expect(EvaluationResult.words(for: metric) == words) }
  }
}
