import Foundation
import MCLEvaluation
import MCLTestKit
import Testing

/// `mclc evaluate --rescore`: protocols again, from features alone.
@Suite struct RescoreTests {
  @Test func theSameFeaturesGiveTheSameBytes() throws {
    let folders = try EvaluationFolders()
    let (command, folder) = (folders.command, folders.folder)
    let whole = try folders.evaluate("eval")
    #expect(whole.code == 0, "\(whole.errors)")
    #expect(
      whole.errors.hasSuffix("/eval: eval.html, eval.json, predictions.csv, confusion.csv, features\n"),
      "\(whole.errors)")
    // No video is needed any more.
    try FileManager.default.moveItem(atPath: folders.data, toPath: folder + "/gone")
    func rescore(
      _ from: String, _ more: [String], protocols: String = "knn,retrieval"
    ) throws -> CommandLineTests.Outcome {
      let outcome = try command.mclc(
        ["evaluate", "--rescore", "\(folder)/\(from)", "--protocol", protocols] + more)
      #expect(outcome.code == 0, "\(outcome.errors)")
      return outcome
    }
    let again = try rescore("eval", ["--out", folder + "/again"])
    #expect(again.output == whole.output)
    for name in [
      "eval.json", "predictions.csv", "confusion.csv", "features-train.safetensors",
      "features-test.safetensors",
    ] {
      #expect(folders.bytes("eval/\(name)") != nil)
      #expect(folders.bytes("eval/\(name)") == folders.bytes("again/\(name)"), "\(name)")
    }
    #expect(try folders.text("again/eval.html").contains("so that there are no frames"))
    // Less of it in its own place, and all of it from there.
    let less = try rescore("again", ["--json"], protocols: "retrieval")
    #expect(try less.errors.isEmpty && less.output == folders.text("again/eval.json"))
    let result = try EvaluationFolder(folder + "/again").result()
    #expect(result.knn == nil && folders.bytes("again/predictions.csv") == nil)
    _ = try rescore("again", ["--out", folder + "/third"])
    #expect(folders.bytes("third/eval.json") == folders.bytes("eval/eval.json"))
  }

  @Test func whatWouldBeIgnoredIsRefused() throws {
    let folders = try EvaluationFolders(videos: 12)
    let (command, folder) = (folders.command, folders.folder)
    #expect(try folders.evaluate("eval").code == 0)
    func said(_ arguments: [String], _ sentence: String) throws {
      let outcome = try command.mclc(["evaluate"] + arguments)
      #expect(outcome.code == 2 && outcome.errors == "mclc: \(sentence)\n", "\(outcome.errors)")
    }
    let eval = folder + "/eval"
    for option in [
      ["--views", "20x1"], ["--init", "none"], ["--single-frame"], ["--data=x"], ["--workers", "3"],
    ] {
      let name = option[0].prefix { $0 != "=" }
      try said(
        ["--rescore", eval] + option,
        "--rescore takes features as they are, so that \(name) would change nothing; leave it out, or evaluate anew"
      )
    }
    try said(
      ["runs/x", "--rescore", eval],
      "--rescore takes features as they are, so that runs/x would not be read; leave it out")
    try said(
      ["--rescore", folder + "/no"],
      "\(folder)/no: there is no such folder; name one that 'mclc evaluate' wrote to")
    try said(
      ["--rescore", folders.data],
      "\(folders.data): it holds no eval.json; name a folder that 'mclc evaluate' wrote to")
    try said(["--model", "models/tiny.mcl", "--init", "none"], "name the folder to write to with --out")
    try FileManager.default.removeItem(atPath: eval + "/features-train.safetensors")
    try said(
      ["--rescore", eval],
      "\(eval): it holds no features-train.safetensors; evaluate anew without --rescore, which keeps it")
  }
}
