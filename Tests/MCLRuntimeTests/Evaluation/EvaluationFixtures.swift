import MCLEvaluation
import MCLSupport

/// Tables of features for tests.
enum EvaluationFixtures {
  static let source = FeatureSource(
    model: "m", program: "p", output: "f", weights: "00ff", computation: "abcd", views: "2x1",
    clip: FeatureSource.ClipShape(frames: 4, step: 2, height: 24, width: 32),
    preparation: ClipPreparation(
      mean: [0.5, 0.25, 0.1], standardDeviation: [1, 2, 3], scale: .shortSide(32)))

  static func table(
    _ names: [String] = ["a/1.avi", "b/ü \"2\".avi", "3,\n.avi"], labels: [String?] = ["a", "b", nil],
    views: Int = 2,
    width: Int = 3, seed: UInt64 = 5
  ) -> FeatureTable {
    var random = CounterRandom(seed: seed, purpose: "table")
    return FeatureTable(
      names: names, labels: labels, views: views, width: width,
      clips: (0..<names.count * views * width).map { _ in Float(random.normal()) }, source: source,
      unreadable: [UnreadableVideo(name: "c/4.avi", reason: "it is empty")])
  }
}
