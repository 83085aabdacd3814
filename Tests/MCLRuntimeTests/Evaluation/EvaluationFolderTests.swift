import Foundation
import MCLDataTestKit
import MCLEvaluation
import MCLSupport
import Testing

/// What an evaluation wrote is read again, and computed again; nothing of it is trusted.
@Suite struct EvaluationFolderTests {
  private func complaint(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "nothing"
    } catch { return error is UsageError ? "\(error)" : "another error: \(error)" }
  }

  /// Replaces a text in a file.
  private func change(_ path: String, _ old: String, _ new: String) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let changed = text.replacing(old, with: new)
    #expect(changed != text, "\(path) does not hold '\(old)'")
    try changed.write(toFile: path, atomically: true, encoding: .utf8)
  }

  @Test func protocolsAreComputedAgain() throws {
    let place = try VideoTestFolder()
    let example = try EvaluationExample()
    #expect(example.result.remarks.first == "a first remark")
    #expect(example.result.protocolRemarks == ["k = 200 is cut to 30, as there are no more training videos"])
    let folder = try example.write(to: place.path + "/e")
    let stored = try folder.result()
    #expect(stored == example.result)
    let tables = try folder.features(of: stored)
    #expect(tables.training == example.evaluation.training && tables.test == example.evaluation.test)
    let again = try FeatureEvaluation(
      classes: stored.classTable, training: tables.training, test: tables.test)
    #expect(try stored.rescored(again.run([.knn, .retrieval], threads: 1)).text == example.result.text)

    // Less, and from there all of it again.
    let less = try stored.rescored(again.run([.retrieval]))
    #expect(less.knn == nil && less.shown == nil && less.videoRetrieval == stored.videoRetrieval)
    #expect(less.remarks == ["a first remark"] && less.protocolRemarks == nil)
    #expect(try less.rescored(again.run([.knn, .retrieval])).text == example.result.text)
    // What is not computed from features stays.
    var trained = stored
    trained.finetune = EvaluationResult.Trained(
      seeds: [1], top1: [0.5], top5: [0.7], meanClassAccuracy: [0.4], constants: ["epochs": "2"])
    #expect(try trained.rescored(again.run([.knn])).finetune == trained.finetune)
  }

  @Test func resultsThatCannotBeUsedGetASentence() throws {
    let place = try VideoTestFolder()
    let nowhere = EvaluationFolder(place.path + "/nowhere")
    #expect(
      complaint { _ = try nowhere.result() }
        == "\(nowhere.path): there is no such folder; name one that 'mclc evaluate' wrote to")
    let empty = EvaluationFolder(place.path)
    #expect(
      complaint { _ = try empty.result() }
        == "\(place.path): it holds no eval.json; name a folder that 'mclc evaluate' wrote to")
    func said(_ old: String, _ new: String) throws -> String {
      let folder = try EvaluationExample().write(to: place.path + "/e")
      try change(folder.file("eval.json"), old, new)
      return complaint { _ = try folder.result() }
    }
    let file = place.path + "/e/eval.json"
    for (old, new) in [("{", ""), ("\"width\" : 8", "\"width\" : \"8\""), ("\"model\"", "\"modell\"")] {
      #expect(
        try said(old, new) == "\(file): it is no result of 'mclc evaluate' that can be read; evaluate anew")
    }
    #expect(
      try said("\"version\" : 1", "\"version\" : 7")
        == "\(file): it has the version 7, but this mclc reads 1; evaluate anew")
    #expect(
      try said("\"videos\" : 12", "\"videos\" : -1")
        == "\(file): it tells of 3 classes, 30 videos to train with and -1 to test with; it is damaged")
    var strange = try EvaluationExample().result
    strange.svm = EvaluationResult.Trained(
      seeds: [1, 2], top1: [0.5, 1.5], top5: [1, 1], meanClassAccuracy: [0, 0], constants: [:])
    try AtomicFile.write(try strange.text, to: file)
    #expect(
      complaint { _ = try EvaluationFolder(place.path + "/e").result() }
        == "\(file): svm.top1 has the number 1.5, which is no share from 0 to 1; it is damaged")
    strange.svm?.top1 = []
    try AtomicFile.write(try strange.text, to: file)
    #expect(
      complaint { _ = try EvaluationFolder(place.path + "/e").result() }
        == "\(file): svm.top1 has no value; it is damaged")
  }

  @Test func featuresOfAnotherEvaluationAreRefused() throws {
    let place = try VideoTestFolder()
    let example = try EvaluationExample()
    let folder = try example.write(to: place.path + "/e")
    func said(_ change: (inout EvaluationResult) -> Void) throws -> String {
      var result = example.result
      change(&result)
      return complaint { _ = try folder.features(of: result) }
    }
    let (training, test) = (
      folder.file("features-train.safetensors"), folder.file("features-test.safetensors")
    )
    let end = "are not those of eval.json beside it; evaluate anew without --rescore"
    #expect(try said { $0.training.videosSHA256 = "00" } == "\(training): its videos or labels \(end)")
    #expect(try said { $0.test.unreadable = [] } == "\(test): its unreadable videos \(end)")
    #expect(
      try said { $0.features.weights = "other" } == "\(training): its weights, program or views \(end)")
    #expect(
      try said { $0.width = 9 }
        == "\(training): its features have 8 numbers, but 9 are wanted; extract both tables with one program")
    #expect(try said { _ in } == "nothing")
    // The two sides in each other's place.
    try FeatureFile.write(example.evaluation.training, to: test)
    #expect(try said { _ in } == "\(test): its videos or labels \(end)")
    try Data("no features".utf8).write(to: URL(fileURLWithPath: test))
    #expect(try said { _ in }.hasPrefix("\(test): "))
    try FileManager.default.removeItem(atPath: test)
    #expect(
      try said { _ in }
        == "\(folder.path): it holds no features-test.safetensors; evaluate anew without --rescore, which keeps it"
    )
  }
}
