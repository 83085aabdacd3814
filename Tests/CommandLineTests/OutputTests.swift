import Foundation
import MCLTestKit
import Testing

/// No command writes over what it reads, by whatever name it is called.
@Suite struct OutputTests {
  @Test func whatIsReadIsNotWrittenOver() throws {
    let small = try SmallRun("outputs")
    let folder = small.folder
    let models = try small.models("mcl.mcl", "// Motion", with: "//  Motion")
    let model = models + "/tiny.mcl"
    let clips = try small.clips()
    let video = try #require(
      FileManager.default.enumerator(atPath: small.data)?.compactMap { $0 as? String }.first {
        $0.hasSuffix(".avi")
      }.map { "\(small.data)/\($0)" })
    #expect(try small.train(["--steps", "1"], model: model).code == 0)
    // A link is the same file, and so is a path by another way.
    let link = folder + "/link.safetensors"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: clips)
    let again = "\(folder)/../\(URL(fileURLWithPath: folder).lastPathComponent)/link.safetensors"

    func expectUntouched(_ path: String, _ arguments: [String]) throws {
      let before = try #require(small.bytes(path))
      let outcome = try small.command.mclc(arguments)
      #expect(outcome.code == 2, "\(arguments): \(outcome.errors)")
      #expect(outcome.errors.contains("it would be written over "), "\(arguments): \(outcome.errors)")
      #expect(small.bytes(path) == before, "\(arguments)")
    }
    let run = ["run", small.run, "--program", "embed", "--tensors", clips, "--out"]
    for out in [clips, link, again] { try expectUntouched(clips, run + [out]) }
    try expectUntouched(
      small.checkpoint(1),
      ["run", model, "--program", "embed", "--tensors", clips, "--weights", small.checkpoint(1), "--out"]
        + [small.checkpoint(1)] + SmallRun.set)
    try expectUntouched(small.checkpoint(1), ["export", small.run, "-o", small.checkpoint(1)])
    try expectUntouched(model, ["compile", model, "-o", model])
    try expectUntouched(models + "/mcl.mcl", ["compile", model, "-o", models + "/mcl.mcl"])
    try expectUntouched(small.run + "/model.mclc", run + [small.run + "/model.mclc"])
    try expectUntouched(small.checkpoint(1), run + [small.checkpoint(1)])
    try expectUntouched(model, ["compile", model, "--report", model, "--no-timing"])
    try expectUntouched(small.run + "/log.jsonl", ["report", small.run, "-o", small.run + "/log.jsonl"])
    let page = folder + "/video.html"
    try FileManager.default.createSymbolicLink(atPath: page, withDestinationPath: video)
    try expectUntouched(video, ["inspect", video, "--motion", page])
    try expectUntouched(video, ["inspect", video, "--samples", "1", "--out", page])
    try expectUntouched(
      video, ["prepare", "--data", small.data, "--cache", folder + "/motion", "--usable", video])
    try expectUntouched(video, ["bench", "loader", video, "--save", video])
    try expectUntouched(video, ["bench", "flow", video, "--save", video])
    let pickle = folder + "/w.pth"
    try FileManager.default.copyItem(
      atPath: repositoryFolder.appendingPathComponent("Tests/Fixtures/torch_kinds.pth").path, toPath: pickle)
    try expectUntouched(pickle, ["import", pickle, "-o", pickle])
  }

  /// The command that a failed step names can be pasted, whatever the folder is called.
  @Test func theCommandOfAFailedStepCanBePasted() throws {
    let small = try SmallRun("failed")
    let run = small.folder + "/it's a run"
    let failed = try small.train(["--steps", "9", "--set", "sgd_lr=1e30"], out: run)
    #expect(failed.code == 1, "\(failed.errors)")
    let command = try #require(
      failed.errors.split(separator: "\n").last.map(String.init)?
        .components(separatedBy: "not finite: ").last)
    #expect(command.hasPrefix("mclc run '"), "\(command)")
    let beside = URL(fileURLWithPath: ShellRun.program).deletingLastPathComponent().path
    let shell = try ShellRun.outcome(
      command, [], environment: ["PATH": "\(beside):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"])
    #expect(shell.code == 1)
    #expect(shell.errors.contains(/of program 'step' gives -?(nan|inf) at element/), "\(shell.errors)")
  }
}
