import Foundation
import MCLData
import MCLEvaluation
import MCLSupport
import Testing

/// The protocols on tables made by hand.
@Suite struct FeatureEvaluationTests {
  /// Videos whose features point towards their class, the more so the larger `strength` is.
  private func table(_ labels: [String], views: Int = 3, strength: Float, seed: UInt64) -> FeatureTable {
    let width = 8
    var random = CounterRandom(seed: seed, purpose: "features by class")
    let clips = labels.flatMap { label in
      (0..<views * width).map { place in
        Float(random.normal()) + (place % width == (label == "b" ? 1 : label == "c" ? 2 : 0) ? strength : 0)
      }
    }
    return FeatureTable(
      names: labels.indices.map { "\(labels[$0])/\($0).avi" }, labels: labels, views: views, width: width,
      clips: clips,
      source: EvaluationFixtures.source, unreadable: [])
  }

  private func classes(_ names: [String]) throws -> ClassTable {
    try ClassTable(names.map { VideoDataset.Video(path: $0, name: $0, label: $0) })
  }

  private let labels = (0..<30).map { ["a", "b", "c"][$0 % 3] }

  @Test func whatIsToldApartIsFound() throws {
    let evaluation = try FeatureEvaluation(
      classes: classes(["a", "b", "c"]), training: table(labels, strength: 30, seed: 1),
      test: table(["a", "b", "b", "c"], strength: 30, seed: 2))
    let outcome = try evaluation.run([.knn, .retrieval], threads: 2)
    #expect(outcome.knn?.map(\.k) == [20, 200] && outcome.knn?.map(\.used) == [20, 30])
    #expect(outcome.knn?.allSatisfy { $0.top1 == 1 && $0.top5 == 1 && $0.meanClassAccuracy == 1 } == true)
    #expect(outcome.remarks == ["k = 200 is cut to 30, as there are no more training videos"])
    #expect(outcome.videoRetrieval?.map(\.k) == [1, 5, 10, 20, 50])
    #expect(outcome.videoRetrieval?.allSatisfy { $0.recall == 1 } == true)
    #expect(outcome.clipRetrieval?.allSatisfy { $0.recall == 1 } == true)
    #expect(abs((outcome.videoRetrieval?.first?.chance ?? 0) - 1.0 / 3) < 1e-12)
    #expect(
      outcome.chance.top1 == 1.0 / 3 && outcome.chance.top5 == 1 && outcome.chance.mostFrequentClass == 0.25)

    let predictions = evaluation.predictions(outcome.scores).split(separator: "\n")
    #expect(predictions[0] == "video,label,class_1,score_1,class_2,score_2,class_3,score_3")
    #expect(predictions.count == 5 && predictions[2].hasPrefix("b/1.avi,b,b,"))
    #expect(evaluation.confusion(outcome.scores) == "class,a,b,c\na,1,0,0\nb,0,2,0\nc,0,0,1\n")
    #expect(try evaluation.run([.knn]).videoRetrieval == nil && evaluation.run([.retrieval]).scores.isEmpty)
  }

  /// Against votes and ranks counted pair by pair in Double, on features that say little.
  @Test func numbersAreThoseOfTheFormulas() throws {
    let (training, test) = (
      table(labels, strength: 1, seed: 3), table(Array(labels.prefix(13)), strength: 1, seed: 4)
    )
    let names = ["a", "b", "c"]
    let outcome = try FeatureEvaluation(classes: classes(names), training: training, test: test).run([
      .knn, .retrieval,
    ])
    func row(_ table: FeatureTable, _ video: Int) -> [Double] {
      let all = table.means[8 * video..<8 * (video + 1)].map { Double($0) }
      let norm = all.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return all.map { $0 / norm }
    }
    var (right, found) = (0, [1: 0, 5: 0, 10: 0, 20: 0, 50: 0])
    for video in 0..<13 {
      let query = row(test, video)
      let near = (0..<30).map { other in
        (cosine: zip(query, row(training, other)).reduce(0) { $0 + $1.0 * $1.1 }, label: labels[other])
      }.sorted { $0.cosine > $1.cosine }
      var votes: [String: Double] = [:]
      for (cosine, label) in near.prefix(20) { votes[label, default: 0] += exp(cosine / 0.07) }
      if votes.max(by: { $0.value < $1.value })?.key == labels[video] { right += 1 }
      for k in found.keys where near.prefix(k).contains(where: { $0.label == labels[video] }) {
        found[k]? += 1
      }
    }
    #expect(outcome.knn?.first?.top1 == Double(right) / 13)
    for recall in outcome.videoRetrieval ?? [] {
      #expect(recall.recall == Double(found[recall.k] ?? -1) / 13)
    }
  }

  @Test func whatCannotBeComparedIsSaid() throws {
    func complaint(_ training: FeatureTable, _ test: FeatureTable) throws -> String {
      let names = try classes(["a", "b", "c"])
      let error = #expect(throws: UsageError.self) {
        try FeatureEvaluation(classes: names, training: training, test: test)
      }
      return error?.description ?? ""
    }
    let whole = table(labels, strength: 1, seed: 3)
    let nothing = FeatureTable(
      names: [], labels: [], views: 3, width: 8, clips: [], source: EvaluationFixtures.source,
      unreadable: [UnreadableVideo(name: "x.avi", reason: "x.avi is empty")])
    #expect(
      try complaint(whole, nothing)
        == "none of the 1 videos to test with could be read; the first said: x.avi is empty")
    #expect(
      try complaint(whole, EvaluationFixtures.table(["x"], labels: ["a"]))
        == "the test set has features of 3 numbers, but the training set of 8; extract both with one program")
    #expect(
      try complaint(whole, table(["d"], strength: 1, seed: 1))
        == "d/0.avi: 'd' is none of the 3 classes; did you mean 'a'?")
    let unlabelled = FeatureTable(
      names: ["x"], labels: [nil], views: 1, width: 8, clips: [Float](repeating: 1, count: 8),
      source: EvaluationFixtures.source, unreadable: [])
    #expect(try complaint(whole, unlabelled) == "x has no label; give a list with labels")
    var clips = [Float](repeating: 1, count: 2 * 3 * 8)
    clips[3 * 8 + 5] = .nan
    let damaged = FeatureTable(
      names: ["a/0.avi", "b/1.avi"], labels: ["a", "b"], views: 3, width: 8, clips: clips,
      source: EvaluationFixtures.source, unreadable: [])
    #expect(
      try complaint(whole, damaged)
        == "b/1.avi, which is to test with, has a number that is not finite in its features; make them again")
    #expect(
      try complaint(damaged, whole)
        == "b/1.avi, which is to train with, has a number that is not finite in its features; make them again"
    )
    #expect(
      try complaint(table(["b", "b"], strength: 1, seed: 3), whole)
        == "all 2 videos to train with that could be read are of the class 'b'; classes take at least two")
    // A class whose training videos could all not be read.
    let lost = try FeatureEvaluation(
      classes: classes(["a", "b", "c"]), training: table(labels.filter { $0 != "b" }, strength: 1, seed: 3),
      test: whole)
    #expect(
      try lost.run([.retrieval]).remarks == [
        "no training video could be read of 1 of the 3 classes, such as 'b'"
      ])
    let trained = try lost.run([.linear, .svm])
    #expect(trained.scoresByKind[.svm]?.count == 30)
    #expect(trained.scoresByKind[.svm]?.allSatisfy { $0[1] == -.infinity && $0[0].isFinite } == true)
    // A third of the videos are of the class that is lost.
    for found in [trained.linear, trained.svm] { #expect((found?.top1[0] ?? 1) <= 2.0 / 3) }
  }

  /// Two test videos without features, one of a class that is not known.
  @Test func whatCannotBeReadCountsAsWrong() throws {
    let names = try classes(["a", "b", "c"])
    let training = table(labels, strength: 30, seed: 1)
    let read = table(["a", "b", "b", "c"], strength: 30, seed: 2)
    let test = FeatureTable(
      names: read.names, labels: read.labels, views: read.views, width: read.width, clips: read.clips,
      source: read.source,
      unreadable: [
        UnreadableVideo(name: "a/9.avi", reason: "it is empty", label: "a"),
        UnreadableVideo(name: "9.avi", reason: "it is empty"),
      ])
    let outcome = try FeatureEvaluation(classes: names, training: training, test: test).run(
      [.knn, .retrieval, .linear, .svm],
      options: ProtocolOptions(linear: LinearProbe.Settings(rate: 4, epochs: 20)))
    // Four of six, with all that were read right; of class a one of two.
    let meanClass = (0.5 + 1 + 1) / 3
    #expect(
      outcome.knn?.allSatisfy {
        $0.top1 == 4.0 / 6 && $0.top5 == 4.0 / 6 && $0.meanClassAccuracy == meanClass
      } == true)
    #expect(outcome.videoRetrieval?.allSatisfy { $0.recall == 4.0 / 6 } == true)
    #expect(outcome.clipRetrieval?.allSatisfy { $0.recall == 12.0 / 18 } == true)
    for trained in [outcome.linear, outcome.svm] {
      #expect(trained?.top1 == [4.0 / 6] && trained?.top5 == [4.0 / 6])
      #expect(trained?.meanClassAccuracy == [meanClass])
    }
    #expect(outcome.scores.count == 4)
  }

  @Test func splitsAreAveraged() throws {
    func result(_ top1: Double) throws -> EvaluationResult {
      let (training, test) = (
        table(labels, strength: 1, seed: 1), table(["a", "b", "c"], strength: 1, seed: 2)
      )
      var outcome = try FeatureEvaluation(
        classes: classes(["a", "b", "c"]), training: training, test: test
      ).run([.knn])
      outcome.knn?[0].top1 = top1
      outcome.linear = EvaluationResult.Trained(
        seeds: [1, 2], top1: [top1, top1 / 2], top5: [1, 1], meanClassAccuracy: [0, 0], constants: [:])
      let source = EvaluationFixtures.source
      return EvaluationResult(
        model: .init(name: "m", settings: [:], weights: .init(file: nil, seed: 1, sha256: "00")),
        features: source, width: 8, classes: ["a", "b", "c"],
        training: .init(training, origin: "x", listSHA256: nil),
        test: .init(test, origin: "y", listSHA256: nil),
        views: .init(try EvaluationViews("3x1"), source), seed: 1, outcome: outcome, remarks: [])
    }
    let summary = SplitSummary(
      try [(1, 0.25), (2, 0.5), (3, 0.75)].map { (split: $0.0, result: try result($0.1)) })
    #expect(summary.splits == [1, 2, 3])
    let votes = try #require(summary.numbers.first { $0.name == "knn20.top1" })
    #expect(votes.splits == [0.25, 0.5, 0.75] && votes.mean == 0.5 && votes.chance == 1.0 / 3)
    // A sample deviation of 0.25.
    #expect(abs((votes.standardError ?? 0) - 0.25 / 3.0.squareRoot()) < 1e-12)
    let linear = try #require(summary.numbers.first { $0.name == "linear.top1" })
    #expect(linear.splits == [0.1875, 0.375, 0.5625] && linear.mean == 0.375)
    #expect(summary.numbers.map(\.name).contains("knn20.meanClass"))
    #expect(try JSONDecoder().decode(SplitSummary.self, from: Data(summary.text.utf8)) == summary)
    let alone = SplitSummary([(split: 2, result: try result(0.5))])
    #expect(alone.numbers.allSatisfy { $0.standardError == nil } && alone.splits == [2])
  }

  @Test func protocolsAreNamed() throws {
    #expect(try FeatureEvaluation.Kind.all("retrieval,knn") == [.knn, .retrieval])
    let error = #expect(throws: UsageError.self) { try FeatureEvaluation.Kind.all("knn,retrieve") }
    #expect(
      error?.description
        == "--protocol knn,retrieve: there is no protocol 'retrieve' among knn, retrieval, linear, svm; did you mean 'retrieval'?"
    )
    let nothing = #expect(throws: UsageError.self) { try FeatureEvaluation.Kind.all("") }
    #expect(
      nothing?.description
        == "--protocol takes one or several of knn, retrieval, linear, svm, with commas between")
    #expect(try FeatureEvaluation.Kind.all(FeatureEvaluation.Kind.usual) == [.knn, .retrieval, .linear])
  }
}
