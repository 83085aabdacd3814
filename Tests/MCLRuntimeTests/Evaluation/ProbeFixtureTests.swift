import Foundation
import MCLData
import MCLDataTestKit
import MCLEvaluation
import MCLSupport
import MCLTestKit
import MCLWeights
import Testing

/// Every protocol against scikit-learn, liblinear and PyTorch on features of four overlapping classes
/// (Tests/Fixtures/make_probe_fixture.py).
@Suite struct ProbeFixtureTests {
  private let file: SafeTensors
  private let evaluation: FeatureEvaluation
  private let testLabels: [Int]

  init() throws {
    let file = try SafeTensors(
      path: repositoryFolder.appendingPathComponent("Tests/Fixtures/probe.safetensors").path)
    func table(_ side: String) throws -> FeatureTable {
      let labels = try file.integers("\(side).labels").map { "\($0)" }
      return FeatureTable(
        names: labels.indices.map { "\(side)/\($0).avi" }, labels: labels, views: 3, width: 16,
        clips: try file.floats("\(side).clips"), source: EvaluationFixtures.source, unreadable: [])
    }
    let names = ["0", "1", "2", "3"]
    evaluation = try FeatureEvaluation(
      classes: ClassTable(names.map { VideoDataset.Video(path: $0, name: $0, label: $0) }),
      training: table("train"), test: table("test"))
    testLabels = try file.integers("test.labels").map { Int($0) }
    self.file = file
  }

  private func labels(_ name: String) throws -> [Int] { try file.integers("\(name).labels").map { Int($0) } }

  private func predicted(_ scores: [[Float]]?) throws -> [Int] {
    try (try #require(scores)).map { try #require(NeighbourVotes.ranked($0).first) }
  }

  /// The share that is right, and the mean over classes.
  private func accuracies(_ predicted: [Int]) -> (top1: Double, meanClass: Double) {
    let right = zip(predicted, testLabels).count { $0 == $1 }
    let shares = (0..<4).map { number in
      let own = testLabels.indices.filter { testLabels[$0] == number }
      return Double(own.count { predicted[$0] == number }) / Double(own.count)
    }
    return (Double(right) / Double(testLabels.count), shares.reduce(0, +) / 4)
  }

  @Test func theSupportVectorMachineIsLiblinears() throws {
    let outcome = try evaluation.run([.svm])
    let wanted = try labels("svm")
    #expect(try predicted(outcome.scoresByKind[.svm]) == wanted)
    let found = try #require(outcome.svm)
    let (top1, meanClass) = accuracies(wanted)
    #expect(found.top1 == [top1] && found.meanClassAccuracy == [meanClass] && top1 < 1)
    #expect(found.top5 == [1] && found.seeds == [1] && found.constants["cost"] == "1.0")
    #expect(found.constants["tolerance"] == "0.01" && found.constants["bias"] == "none")
    #expect(outcome.shown == .svm && outcome.scores.count == 40)
    // Decision values, of either sign; no shares.
    let scores = outcome.scores.flatMap(\.self)
    #expect(scores.contains { $0 < -0.5 } && scores.contains { $0 > 0.5 })
  }

  @Test func votesAndRecallAreScikitLearns() throws {
    let outcome = try evaluation.run([.knn, .retrieval], threads: 2)
    let wanted = try labels("knn20")
    #expect(try predicted(outcome.scoresByKind[.knn]) == wanted)
    let (top1, meanClass) = accuracies(wanted)
    let votes = try #require(outcome.knn?.first)
    #expect(votes.top1 == top1 && votes.meanClassAccuracy == meanClass)
    let (training, test) = (evaluation.training, evaluation.test)
    let near = try NearestNeighbours(in: FeatureRows(training.means, width: 16), threads: 1)
      .nearest(50, to: FeatureRows(test.means, width: 16))
    let trainingLabels = try file.integers("train.labels").map { Int($0) }
    let fifty = near.map { NeighbourVotes.shares($0, count: 50, labels: trainingLabels, classes: 4) }
    #expect(try predicted(fifty) == labels("knn50"))
    for (name, found) in [("videos", outcome.videoRetrieval), ("clips", outcome.clipRetrieval)] {
      let wanted = try file.tensor("recall.\(name)").doubles
      #expect(found?.map(\.recall) == wanted, "\(name)")
      #expect(wanted[0] < 1)
    }
  }

  /// From the same weights, with the same rows in the same order: five epochs at the published rate.
  @Test func theLinearProbeIsPyTorchs() throws {
    let order = try file.integers("linear.order").map { Int($0) }
    let labels = try file.integers("train.labels").flatMap { [Int](repeating: Int($0), count: 3) }
    let start = LinearProbe.Parameters(
      weight: try file.floats("linear.start"), bias: [Float](repeating: 0, count: 4))
    var settings = LinearProbe.Settings(epochs: 5)
    settings.batch = 20
    var trained: [LinearProbe.Parameters] = []
    for threads in [1, 3] {
      let probe = try LinearProbe(width: 16, classes: 4, videos: 60, settings: settings, threads: threads)
      #expect(probe.batch == 20)
      let parameters = try probe.fit(evaluation.training.clips, labels: labels, from: start) {
        Array(order[60 * $0..<60 * ($0 + 1)])
      }
      trained.append(parameters)
      let logits = try probe.meanLogits(of: evaluation.test, parameters)
      #expect(try predicted(logits) == self.labels("linear"))
      try expectNear(logits.flatMap(\.self), "linear.logits")
    }
    #expect(trained[0] == trained[1], "threads change no bit")
    try expectNear(trained[0].weight, "linear.weight")
    try expectNear(trained[0].bias, "linear.bias")
  }

  /// Within 1e-4 of the largest.
  private func expectNear(_ found: [Float], _ name: String) throws {
    let wanted = try file.floats(name)
    #expect(found.count == wanted.count)
    let largest = wanted.map(\.magnitude).max() ?? 0
    let apart = zip(found, wanted).map { ($0 - $1).magnitude }.max() ?? .infinity
    #expect(apart <= 1e-4 * largest, "\(name): \(apart) of \(largest)")
  }

  @Test func seedsAreDrawnOneByOne() throws {
    let linear = LinearProbe.Settings(rate: 4, epochs: 30)
    func run(_ seeds: [UInt64]) throws -> EvaluationResult.Trained {
      try #require(
        try evaluation.run([.linear], options: ProtocolOptions(seeds: seeds, linear: linear), threads: 2)
          .linear)
    }
    let (all, second) = (try run([7, 8, 9]), try run([8]))
    #expect(all.seeds == [7, 8, 9] && all.top1.count == 3 && all.top5 == [1, 1, 1])
    #expect(all.meanClassAccuracy.count == 3)
    #expect(all.top1[1] == second.top1[0] && all.meanClassAccuracy[1] == second.meanClassAccuracy[0])
    #expect(all.top1.allSatisfy { $0 > 0.4 && $0 < 1 }, "\(all.top1)")
    #expect(all.constants["batch"] == "60, the rest of an epoch dropped" && all.constants["rate"] == "4.0")
    let outcome = try evaluation.run(
      [.knn, .linear, .svm], options: ProtocolOptions(seeds: [8, 7], linear: linear))
    #expect(outcome.shown == .linear)
    for scores in outcome.scores { #expect(abs(scores.reduce(0, +) - 1) < 1e-5) }
    #expect(accuracies(try predicted(outcome.scores)).top1 == second.top1[0], "the first seed is shown")
  }

  @Test func anEpochSeesOneViewOfEachVideo() {
    func order(_ seed: UInt64, _ epoch: Int) -> [Int] {
      LinearProbe.order(seed: seed, epoch: epoch, videos: 50, views: 4)
    }
    let first = order(3, 0)
    #expect(first.map { $0 / 4 }.sorted() == Array(0..<50))
    #expect(Set(first.map { $0 % 4 }) == [0, 1, 2, 3])
    #expect(first == order(3, 0) && first != order(3, 1) && first != order(4, 0))
    // Views are drawn anew, not only shuffled along.
    #expect(first.sorted() != order(3, 1).sorted())
  }

  @Test func costIsChosenAmongTheTrainingVideos() throws {
    let options = ProtocolOptions(seeds: [5], svmCost: .crossValidated)
    let found = try #require(try evaluation.run([.svm], options: options).svm)
    let again = try #require(try evaluation.run([.svm], options: options).svm)
    #expect(found == again && found.seeds == [5])
    let shares = try #require(found.constants["crossValidation"]).split(separator: ", ").map {
      $0.split(separator: ": ").compactMap { Double($0) }
    }
    #expect(shares.map { $0[0] } == SupportVectorCost.candidates)
    let best = try #require(shares.map { $0[1] }.max())
    let smallest = try #require(shares.first { $0[1] == best })
    #expect(found.constants["cost"] == "\(smallest[0])")
    #expect(best > 0.4 && Set(shares.map { $0[1] }).count > 1, "\(shares)")
    #expect(found.constants["foldsDrawnBySeed"] == "5")

    let labels = (0..<33).map { $0 % 3 == 0 ? 0 : 1 }
    let folds = SupportVectorCost.folds(labels: labels, seed: 2)
    for number in 0..<2 {
      let counts = (0..<5).map { fold in labels.indices.count { labels[$0] == number && folds[$0] == fold } }
      #expect((counts.max() ?? 9) - (counts.min() ?? 0) <= 1, "\(counts)")
    }
    let sizes = (0..<5).map { fold in folds.count { $0 == fold } }
    #expect((sizes.max() ?? 9) - (sizes.min() ?? 0) <= 1, "\(sizes)")
    #expect(SupportVectorCost.folds(labels: labels, seed: 3) != folds)
    #expect(SupportVectorCost.candidates.first == 1.0 / 1024 && SupportVectorCost.candidates.last == 1024)
  }

  @Test func whatCannotBeTrainedIsSaid() throws {
    func complaint(_ body: () throws -> Void) -> String {
      #expect(throws: UsageError.self, performing: body)?.description ?? ""
    }
    #expect(
      complaint { _ = try SupportVectorCost("0") } == "--svm-c 0: give a number above 0, such as 1, or auto")
    #expect(
      complaint { _ = try LinearProbe.Settings(checkedRate: -1, epochs: 3) }
        == "--linear-lr -1.0: give a learning rate above 0, such as 16")
    #expect(
      complaint { _ = try LinearProbe.Settings(checkedRate: 1, epochs: 0) }
        == "--linear-epochs 0: give 1 to 100000")
    let probe = try LinearProbe(width: 2, classes: 2, videos: 2, settings: .init(rate: 3, epochs: 5))
    #expect(
      complaint {
        _ = try probe.fit(
          [1, -2, -1, 2], labels: [0, 1],
          from: .init(weight: [.infinity, .infinity, 0, 0], bias: [0, 0])
        ) { _ in [0, 1] }
      } == "linear: the loss is not finite at step 1 of 5; give a smaller --linear-lr than 3.0")
    let error = #expect(throws: ExecutionError.self) {
      try probe.fit([1, -2], labels: [0], from: probe.start(seed: 1)) { _ in [0, 1] }
    }
    #expect(error?.description == "linear: there is no row 1 among 1")
    // A class without rows, and two classes: decision values of opposite sign, none for the third.
    let machine = try SupportVectorMachine(
      rows: [1, 0, 0, 1, 2, 0], width: 2, labels: [2, 1, 2], of: [0, 1, 2], classes: 3, cost: 1)
    let values = machine.decisions([3, 0.5])
    #expect(values[0] == -.infinity && values[2] > 0 && values[1] == -values[2])
    #expect(machine.prediction(values) == 2 && machine.prediction(machine.decisions([0, 3])) == 1)
  }
}
