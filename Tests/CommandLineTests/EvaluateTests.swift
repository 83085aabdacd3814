import Foundation
import MCLEvaluation
import MCLTestKit
import MCLWeights
import Testing

/// `mclc embed` and `mclc evaluate` as a user has them.
@Suite struct EvaluateTests {
  private static let shape = SmallRun.set
  private let command = CommandLineTests()
  private let folder = CommandLineTests.folder.appendingPathComponent("evaluate-\(UUID().uuidString)").path
  private var data: String { folder + "/videos" }

  private func synthesize(_ count: Int = 18) throws {
    try SynthesizedVideos.copy(count, frames: 24, seed: 3, to: data)
  }

  private func evaluate(
    _ source: [String], _ more: [String], out: String = "eval", views: String = "2x1",
    environment: [String: String] = [:]
  ) throws -> CommandLineTests.Outcome {
    try command.run(
      "mclc",
      ["evaluate"] + source + ["--data", data, "--views", views, "--out", "\(folder)/\(out)"] + more,
      environment: environment)
  }

  /// Random weights of the small model.
  private var random: [String] { ["--model", "models/tiny.mcl", "--init", "none"] + Self.shape }

  private func bytes(_ path: String) -> Data? { FileManager.default.contents(atPath: "\(folder)/\(path)") }

  private func text(_ path: String) throws -> String {
    String(decoding: try #require(bytes(path)), as: UTF8.self)
  }

  private func result(_ out: String = "eval") throws -> EvaluationResult {
    try JSONDecoder().decode(EvaluationResult.self, from: try #require(bytes("\(out)/eval.json")))
  }

  private func list(_ name: String, _ lines: [String]) throws -> String {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    return "\(folder)/\(name)"
  }

  @Test func featuresOfARunAreKept() throws {
    try synthesize(6)
    let small = try SmallRun("embed")
    let trained = try small.train(["--steps", "2"])
    #expect(trained.code == 0, "\(trained.errors)")
    func embed(
      _ file: String, _ more: [String] = [], environment: [String: String] = [:]
    ) throws -> CommandLineTests.Outcome {
      let outcome = try command.run(
        "mclc", ["embed", small.run, "--data", data, "--views", "3x1", "-o", "\(folder)/\(file)"] + more,
        environment: environment)
      #expect(outcome.code == 0, "\(outcome.errors)")
      return outcome
    }
    let first = try embed("one.safetensors")
    #expect(
      first.errors.contains("6 videos to embed, 6 computed, 0 kept from before, 0 unreadable\n"),
      "\(first.errors)")
    #expect(
      first.errors.hasSuffix("one.safetensors: features of 6 videos, 3 views of 8 numbers each\n"),
      "\(first.errors)")
    let second = try embed("two.safetensors")
    #expect(
      second.errors.contains("6 videos to embed, 0 computed, 6 kept from before, 0 unreadable\n"),
      "\(second.errors)")
    #expect(bytes("one.safetensors") != nil && bytes("one.safetensors") == bytes("two.safetensors"))
    let fresh = try embed(
      "three.safetensors", ["--cache", folder + "/fresh", "--workers", "3"], environment: ["MCL_THREADS": "1"]
    )
    #expect(fresh.errors.contains("6 computed, 0 kept from before"), "\(fresh.errors)")
    #expect(bytes("one.safetensors") == bytes("three.safetensors"))

    let table = try FeatureFile.read(folder + "/one.safetensors", width: 8)
    #expect(table.classes == ["circle", "rotate", "shake", "slide", "wander", "zoom"] && table.count == 6)
    #expect(
      table.source.program == "embed" && table.source.output == "feature" && table.source.views == "3x1")
    #expect(Set(table.means).count > 20)
    _ = try embed("t.npy")
    #expect(try FeatureFile.read(folder + "/t.npy") == table)
    let printed = try embed("t.csv", ["--json"])
    #expect(try text("t.csv").split(separator: "\n").count == 7 && printed.errors.isEmpty)
    let object = try JSONSerialization.jsonObject(with: Data(printed.output.utf8)) as? [String: Any]
    #expect(object?["videos"] as? Int == 6 && object?["width"] as? Int == 8)

    // Another value of another program, and the checkpoint by its own name.
    _ = try embed("heads.safetensors", ["--layer", "feat.inter"])
    #expect(try FeatureFile.read(folder + "/heads.safetensors").source.program == "encode")
    let named = try command.mclc([
      "embed", small.checkpoint(2), "--data", data, "--views", "3x1", "-o", folder + "/named.safetensors",
    ])
    #expect(named.code == 0 && bytes("named.safetensors") == bytes("one.safetensors"), "\(named.errors)")
    let weights = small.folder + "/weights.safetensors"
    #expect(try command.mclc(["export", small.run, "-o", weights]).code == 0)
    let exported = try command.mclc(
      [
        "embed", weights, "--model", "models/tiny.mcl", "--data", data, "--views", "3x1", "-o",
        folder + "/x.safetensors",
      ]
        + Self.shape)
    #expect(exported.code == 0 && bytes("x.safetensors") == bytes("one.safetensors"), "\(exported.errors)")
    // The run's own videos where none are named.
    let own = try command.mclc(["embed", small.run, "--views", "1x1", "-o", folder + "/own.safetensors"])
    #expect(own.code == 0 && own.errors.contains("features of 4 videos"), "\(own.errors)")
  }

  @Test func anEvaluationIsWholeAndTheSameAgain() throws {
    try synthesize()
    let split = ["--validate", "0.34", "--seed", "1"]
    let whole = try evaluate(random, split)
    #expect(whole.code == 0, "\(whole.errors)")
    let found = try result()
    #expect(found.training.videos == 12 && found.test.videos == 6 && found.classes.count == 6)
    let knn = try #require(found.knn)
    #expect(knn.map(\.k) == [20, 200] && knn.map(\.used) == [12, 12])
    #expect(knn.allSatisfy { (0...1).contains($0.top1) && $0.top1 <= $0.top5 && $0.top5 <= 1 })
    #expect(
      abs(found.chance.top1 - 1.0 / 6) < 1e-12 && found.model.weights.seed == 1
        && found.model.weights.file == nil)
    for recalls in [found.videoRetrieval, found.clipRetrieval] {
      let recalls = try #require(recalls)
      #expect(recalls.map(\.k) == [1, 5, 10, 20, 50])
      #expect(
        zip(recalls, recalls.dropFirst()).allSatisfy { $0.recall <= $1.recall && $0.chance <= $1.chance })
    }
    // All 12 videos, and all 24 clips.
    #expect(found.videoRetrieval?[3].recall == 1 && found.videoRetrieval?[3].chance == 1)
    #expect(found.clipRetrieval?[4].recall == 1)
    #expect(found.remarks.contains("the weights are random: what the architecture gives without training"))
    #expect(found.remarks.contains("k = 20 is cut to 12, as there are no more training videos"))
    #expect(whole.output.hasPrefix("6 videos to test with against 12 to train with, 6 classes, 2x1 views"))
    #expect(
      whole.output.contains("\nkNN, k = 20 (12): top-1 ") && whole.output.contains("\nretrieval of clips"))

    let linear = try #require(found.linear)
    #expect(linear.seeds == [1] && linear.constants["batch"] == "12, the rest of an epoch dropped")
    #expect(found.shown == "linear" && found.svm == nil && whole.output.contains("\nlinear: top-1 "))

    let predictions = try text("eval/predictions.csv").split(separator: "\n")
    #expect(predictions.count == 7 && predictions[0].hasPrefix("video,label,class_1,score_1,"))
    let confusion = try text("eval/confusion.csv").split(separator: "\n").map { $0.split(separator: ",") }
    let counts: [Int] = confusion.dropFirst().flatMap { row in row.dropFirst().compactMap { Int($0) } }
    #expect(confusion.count == 7 && counts.count == 36 && counts.reduce(0, +) == 6)
    let diagonal = (0..<6).reduce(0) { $0 + counts[7 * $1] }
    #expect(linear.top1 == [Double(diagonal) / 6])

    // The same in other threads and without what was kept; and printed.
    let again = try evaluate(
      random, split + ["--workers", "4", "--json"], out: "again", environment: ["MCL_THREADS": "1"])
    #expect(again.code == 0 && again.errors.isEmpty, "\(again.errors)")
    for name in ["eval.json", "predictions.csv", "confusion.csv"] {
      #expect(bytes("eval/\(name)") != nil && bytes("eval/\(name)") == bytes("again/\(name)"), "\(name)")
    }
    #expect(again.output == (try text("eval/eval.json")))

    let still = try evaluate(random, split + ["--single-frame", "--protocol", "retrieval"])
    #expect(still.code == 0, "\(still.errors)")
    let single = try result()
    #expect(
      single.knn == nil && single.views.sha256 != found.views.sha256
        && single.features.preparation.isSingleFrame)
    #expect(bytes("eval/predictions.csv") == nil, "those of before are of another evaluation")
    #expect(try evaluate(random + ["--seed", "7"], ["--validate", "0.34"], out: "seed").code == 0)
    #expect(try result("seed").model.weights.sha256 != found.model.weights.sha256)
  }

  @Test func aRunsOwnVideosAreThoseItHeldBack() throws {
    try synthesize()
    let run = folder + "/run"
    let trained = try command.mclc([
      "train", "models/r2plus1d_18.mcl", "--data", data, "--out", run, "--validate", "0.34", "--seed", "5",
      "--epochs", "1", "--set", "size=32", "--set", "batch=4", "--set", "frames=4", "--set", "frame_step=4",
      "--set",
      "widths=8,8,8,8", "--set", "layers=1,1,1,1", "--set", "stem=8", "--set", "mean=0.4,0.4,0.4",
    ])
    #expect(trained.code == 0, "\(trained.errors)")
    let own = try command.mclc(["evaluate", run, "--views", "2x1", "--out", folder + "/eval"])
    #expect(own.code == 0, "\(own.errors)")
    let found = try result()
    #expect(found.test.videos == 6 && found.test.origin == "a share of 0.34 of each class, drawn by seed 5")
    #expect(found.features.preparation.mean == [0.4, 0.4, 0.4])
    #expect(found.width == 8 && found.features.program == "embed", "the feature, not the 6 scores")
    #expect(!found.remarks.contains { $0.contains("may have seen") }, "\(found.remarks)")
    let best = try command.mclc(["evaluate", run, "--best", "--views", "2x1", "--out", folder + "/best"])
    #expect(best.code == 0, "\(best.errors)")
    #expect(try result("best").test == found.test)
    let other = try command.mclc([
      "evaluate", run, "--validate", "0.34", "--seed", "6", "--views", "2x1", "--out", folder + "/other",
    ])
    #expect(other.code == 0, "\(other.errors)")
    #expect(try result("other").remarks.contains { $0.contains("may have seen videos to test with") })
  }

  @Test func listsThatDoNotFitAreRefused() throws {
    try synthesize(12)
    let both = ["slide/slide_0000.avi slide", "slide/slide_0001.avi slide"]
    let zoom = "zoom/zoom_0000.avi zoom"
    func said(_ training: [String], _ test: [String]) throws -> CommandLineTests.Outcome {
      try evaluate(
        random, ["--train-list", try list("train.txt", training), "--test-list", try list("test.txt", test)])
    }
    let table: [(training: [String], test: [String], sentence: String)] = [
      (
        both + [zoom], ["circle/circle_0000.avi none"],
        "circle/circle_0000.avi, which is to validate with, has no label; give a list with labels"
      ),
      (
        both + [zoom], ["circle/circle_0000.avi circle"],
        "circle/circle_0000.avi, which is to validate with: 'circle' is none of the 2 classes, which begin with 'slide'; "
          + "mend the label"
      ),
      (
        both, ["zoom/zoom_0001.avi slide"],
        "all 2 videos are of the class 'slide', but classes take at least two; add videos of another class"
      ),
    ]
    for (training, test, sentence) in table {
      let outcome = try said(training, test)
      #expect(outcome.code == 2 && outcome.errors == "mclc: \(sentence)\n", "\(outcome.errors)")
    }
    let nothing = try said(both + [zoom], [])
    #expect(nothing.code == 2, "\(nothing.errors)")
    #expect(
      nothing.errors == "mclc: \(folder)/test.txt: it lists no videos (plain list, part test); check --part\n"
    )
    let right = try said(both + [zoom], ["slide/slide_0001.avi slide", "zoom/zoom_0001.avi zoom"])
    #expect(right.code == 0, "\(right.errors)")
    let found = try result()
    #expect(found.training.videos == 2 && found.test.videos == 2 && found.training.listSHA256?.count == 64)
    #expect(
      found.remarks.contains("videos of both lists, which are to test with alone: 1"), "\(found.remarks)")
  }

  @Test func whatCannotBeReadIsNamedAndCounted() throws {
    try synthesize()
    try Data("no video\n".utf8).write(to: URL(fileURLWithPath: data + "/zoom/text.avi"))
    try Data().write(to: URL(fileURLWithPath: data + "/slide/empty.avi"))
    let outcome = try evaluate(random, ["--validate", "0.3"])
    #expect(outcome.code == 0, "\(outcome.errors)")
    for name in ["zoom/text.avi", "slide/empty.avi"] {
      #expect(outcome.errors.contains("mclc: skipped \(name): "), "\(outcome.errors)")
    }
    let found = try result()
    let unreadable = (found.training.unreadable + found.test.unreadable).map(\.name).sorted()
    #expect(unreadable == ["slide/empty.avi", "zoom/text.avi"])
    #expect(found.training.videos + found.test.videos == 18)
    #expect(
      found.remarks.contains { $0.hasSuffix("could not be read") || $0.hasSuffix("and count as wrong") },
      "\(found.remarks)")
    // Tested alone, so that both are in the denominator: with their class, as they stand in its folder.
    let lists = (
      try list("train.txt", ["slide/slide_0000.avi slide", "zoom/zoom_0000.avi zoom"]),
      try list(
        "test.txt",
        [
          "slide/slide_0001.avi slide", "zoom/zoom_0001.avi zoom", "zoom/text.avi zoom",
          "slide/gone.avi slide",
        ])
    )
    let tested = try evaluate(
      random, ["--train-list", lists.0, "--test-list", lists.1, "--protocol", "knn,retrieval"], out: "tested")
    #expect(tested.code == 0, "\(tested.errors)")
    let wrong = try result("tested")
    #expect(wrong.test.videos == 2 && wrong.test.unreadable.count == 2)
    #expect(wrong.test.unreadable.first { $0.name == "zoom/text.avi" }?.label == "zoom")
    // Two training videos: all that could be read hits at 5.
    #expect(wrong.videoRetrieval?[1].recall == 0.5)
    #expect([0, 0.25, 0.5].contains(wrong.knn?[0].top1) && wrong.knn?[0].top5 == 0.5)
    #expect(wrong.remarks.contains("2 of the 4 videos to test with could not be read and count as wrong"))
    #expect(
      tested.output.contains("\n2 more to test with could not be read; each number counts them as wrong\n"),
      "\(tested.output)")
  }

  /// Gives the videos names as UCF101 has them: the second of `zoom` is zoom/v_zoom_g02_c01.avi.
  private func renameAsUCF101() throws -> [String] {
    let manager = FileManager.default
    let classes = try manager.contentsOfDirectory(atPath: data).sorted()
    for name in classes {
      let files = try manager.contentsOfDirectory(atPath: "\(data)/\(name)").sorted()
      for (place, file) in files.enumerated() {
        try manager.moveItem(
          atPath: "\(data)/\(name)/\(file)", toPath: "\(data)/\(name)/v_\(name)_g0\(place + 1)_c01.avi")
      }
    }
    return classes
  }

  @Test func splitsAreEvaluatedOneByOneAndAveraged() throws {
    try synthesize()
    let classes = try renameAsUCF101()
    try FileManager.default.createDirectory(atPath: "\(folder)/lists", withIntermediateDirectories: true)
    for split in 1...3 {
      let names = classes.enumerated().flatMap { number, name in
        (1...3).map { (group: $0, line: "\(name)/v_\(name)_g0\($0)_c01.avi", number: number + 1) }
      }
      _ = try list(
        "lists/trainlist0\(split).txt", names.filter { $0.group != split }.map { "\($0.line) \($0.number)" })
      _ = try list("lists/testlist0\(split).txt", names.filter { $0.group == split }.map(\.line))
    }
    let options = [
      "--train-list", "\(folder)/lists", "--protocol", "knn,linear,svm", "--seeds", "2", "--linear-lr", "2",
      "--linear-epochs", "10",
    ]
    let all = try evaluate(random, options + ["--splits", "all"])
    #expect(all.code == 0, "\(all.errors)")
    #expect(all.errors.contains("12 videos to train with, 12 computed, 0 kept from before"), "\(all.errors)")
    #expect(all.errors.contains("12 videos to train with, 0 computed, 12 kept from before"), "\(all.errors)")
    let results = try (1...3).map { try result("eval/split\($0)") }
    #expect(results.allSatisfy { $0.test.videos == 6 && $0.training.videos == 12 })
    #expect(Set(results.map(\.test.videosSHA256)).count == 3)
    #expect(results[1].test.origin == "those of split 2 of \(folder)/lists")
    for found in results {
      let linear = try #require(found.linear)
      #expect(linear.seeds == [1, 2] && linear.top1.count == 2 && found.svm?.top1.count == 1)
      #expect(linear.constants["rate"] == "2.0" && linear.constants["epochs"] == "10")
    }
    let summary = try JSONDecoder().decode(
      SplitSummary.self, from: try #require(bytes("eval/splits.json")))
    #expect(summary.splits == [1, 2, 3])
    let svm = try #require(summary.numbers.first { $0.name == "svm.top1" })
    #expect(svm.splits == results.compactMap { $0.svm?.top1[0] })
    #expect(abs(svm.mean - svm.splits.reduce(0, +) / 3) < 1e-12)
    let linear = try #require(summary.numbers.first { $0.name == "linear.top1" })
    #expect(linear.splits == results.compactMap { $0.linear.map { ($0.top1[0] + $0.top1[1]) / 2 } })
    #expect(all.output.contains("\nlinear, 2 seeds: top-1 ") && all.output.contains("\nsvm: top-1 "))
    #expect(all.output.contains("\nmeans over 3 splits (1, 2, 3) and their standard errors\n"))
    #expect(all.output.contains("\nsvm.top1: ") && all.output.contains(" ± "), "\(all.output)")

    // One of them alone is the same, and JSON is of the summary.
    let second = try evaluate(random, options + ["--split", "2"], out: "eval/second")
    #expect(second.code == 0, "\(second.errors)")
    #expect(bytes("eval/second/eval.json") == bytes("eval/split2/eval.json"))
    let printed = try evaluate(random, options + ["--splits", "1,2,3", "--json"])
    #expect(printed.code == 0 && printed.errors.isEmpty, "\(printed.errors)")
    #expect(printed.output == (try text("eval/splits.json")))
    let missing = try evaluate(random, options + ["--splits", "1,4"])
    #expect(
      missing.code == 2
        && missing.errors == "mclc: --splits 1,4: \(folder)/lists holds no split 4, but 1, 2, 3\n",
      "\(missing.errors)")
    let odd = try evaluate(random, options + ["--splits", "1,x"])
    #expect(
      odd.code == 2
        && odd.errors == "mclc: --splits 1,x: give all, or numbers with commas between, such as 1,2\n",
      "\(odd.errors)")
  }

  /// Kinetics' train and validation CSV.
  @Test func listsOfKineticsAreTrainedAndTestedWith() throws {
    try synthesize(12)
    var lines = (train: [String](), test: [String]())
    for name in ["slide", "zoom"] {
      for place in 0..<2 {
        // Eleven letters, as YouTube has them, and the seconds.
        let id = "\(name)aaaaaaaaaaa".prefix(10) + "\(place)"
        try FileManager.default.moveItem(
          atPath: "\(data)/\(name)/\(name)_000\(place).avi",
          toPath: "\(data)/\(name)/\(id)_000010_000020.avi")
        let line = "\(name),\(id),10,20,"
        if place == 0 { lines.train.append(line + "train") } else { lines.test.append(line + "val") }
      }
    }
    let header = "label,youtube_id,time_start,time_end,split"
    let outcome = try evaluate(
      random,
      [
        "--train-list", try list("train.csv", [header] + lines.train), "--test-list",
        try list("val.csv", [header] + lines.test),
      ])
    #expect(outcome.code == 0, "\(outcome.errors)")
    let found = try result()
    #expect(found.classes == ["slide", "zoom"])
    #expect(found.training.videos == 2 && found.test.videos == 2 && found.test.unreadable.isEmpty)
    #expect(found.linear?.constants["batch"] == "2, the rest of an epoch dropped")
  }

  @Test func aSignalEndsTheTrainingOfAProbe() throws {
    try synthesize(12)
    let arguments =
      ["evaluate"] + random + [
        "--data", data, "--views", "2x1", "--out", "\(folder)/eval", "--validate", "0.5", "--protocol",
        "linear", "--linear-epochs", "100000",
      ]
    let shell = try ShellRun(#"exec "$@""#, arguments)
    #expect(shell.says("compiling the linear probe"), "\(shell.errors)")
    shell.send(SIGINT)
    let outcome = try shell.outcome()
    #expect(outcome.code == 130, "\(outcome.errors)")
    #expect(
      outcome.errors.contains(
        "mclc: stopping after this block or step; all features are kept; again to stop now\n"),
      "\(outcome.errors)")
    #expect(
      outcome.errors.hasSuffix("mclc: stopped while training the linear probe; the features are kept\n"),
      "\(outcome.errors)")
    #expect(bytes("eval/eval.json") == nil)
  }
}
