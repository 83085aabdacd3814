import Foundation
import MCLTestKit
import MCLWeights
import Testing

/// `mclc import` as a user sees it, and what other commands say of files that it should have converted.
@Suite struct ImportTests {
  private let commands = CommandLineTests()
  private func path(_ name: String) -> String {
    CommandLineTests.folder.appendingPathComponent("\(UUID().uuidString)-\(name)").path
  }

  private func copy(_ name: String, as other: String) throws -> String {
    let copy = path(other)
    try FileManager.default.copyItem(atPath: repositoryFolder.appendingPathComponent(name).path, toPath: copy)
    return copy
  }

  @Test func theOutputNeverReplacesAnInput() throws {
    let input = try copy("Tests/Fixtures/torch_mcl.pth", as: "x.pth")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: input))
    let (soft, hard, part) = (path("soft"), path("hard"), path("y.safetensors"))
    try FileManager.default.createSymbolicLink(atPath: soft, withDestinationPath: input)
    try FileManager.default.linkItem(atPath: input, toPath: hard)
    // Files are written beside their place first.
    try FileManager.default.linkItem(atPath: input, toPath: part + ".part")
    for out in [
      input, CommandLineTests.folder.path + "/./" + (input as NSString).lastPathComponent, soft, hard, part,
    ] {
      let run = try commands.mclc(["import", input, "-o", out])
      #expect(run.code == 2)
      #expect(
        run.errors
          == "mclc: \(out == part ? out + ".part" : out): it would be written over \(input), which is read; name another file\n"
      )
    }
    let model = try copy("models/tiny.mcl", as: "m.mcl")
    let run = try commands.mclc(["import", input, "-o", model, "--model", model])
    #expect(run.code == 2 && run.errors.contains("it would be written over \(model)"), "\(run.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: input)) == bytes)
    // Before anything is read: the input here is no checkpoint at all.
    let text = try commands.write("t-\(UUID().uuidString).pth", "text")
    #expect(try commands.mclc(["import", text, "-o", text]).errors.contains("it would be written over"))
  }

  @Test func whatFitsAndWhatDoesNotIsSaid() throws {
    let out = path("out.safetensors")
    let arguments = [
      "import", "Tests/Goldens/inflate_full_moco.pth.tar", "--inflate", "kinetics", "-o", out, "--model",
      "models/r2plus1d.mcl", "--set", "widths=4,8", "--set", "stem=4", "--set", "layers=2,1", "--set",
      "size=64",
      "--set", "batch=2", "--set", "queue_size=12",
    ]
    let run = try commands.mclc(arguments)
    print(run.errors)
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.errors.contains("mclc: 'module.encoder_q.' is taken off the names\n"))
    #expect(
      run.errors.contains(
        "'module.encoder_k.' would fit as well: 'module.encoder_q.' is taken for the trained network, as no word in its name "
          + "says that it is a moving average; choose another with --prefix\n"))
    #expect(run.errors.contains("backbone complete: 75 of 75\n"))
    #expect(run.errors.contains("nce_intra_head, order_head, order_classfier: start new"))
    let again = try commands.mclc(arguments + ["--json"])
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(again.output.utf8)) as? [String: Any])
    #expect(
      object["prefix"] as? String == "module.encoder_q." && object["key"] as? [String] == ["state_dict"])
    let groups = try #require(object["groups"] as? [[String: Any]])
    let backbone = try #require(groups.first { $0["name"] as? String == "backbone" })
    #expect(backbone["fitting"] as? Int == 75 && backbone["count"] as? Int == 75)
    #expect(groups.reduce(0) { $0 + ($1["fitting"] as? Int ?? 0) } == object["tensors"] as? Int)
    #expect(
      groups.reduce(0) { $0 + ($1["count"] as? Int ?? 0) - ($1["fitting"] as? Int ?? 0) }
        == (object["missing"] as? [String])?.count)
    // What is written starts a run.
    #expect(Set(try SafeTensors(path: out).names).count == object["tensors"] as? Int)
  }

  @Test func anotherModelsWeightsAreListed() throws {
    let out = path("out.safetensors")
    let run = try commands.mclc(
      ["import", "Tests/Fixtures/torch_kinds.pth", "-o", out, "--model", "models/tiny.mcl"])
    #expect(run.code == 2)
    #expect(run.errors.contains("called as one of the network's: it holds"), "\(run.errors)")
    #expect(run.errors.contains("--prefix") && run.errors.contains("--key"))
    #expect(!run.errors.contains("mclc import") && !FileManager.default.fileExists(atPath: out))
  }

  /// Every command that takes tensors says what a file is instead, and how to convert it.
  @Test(arguments: [
    ("torch_kinds.pth", "a PyTorch checkpoint (a zip of torch.save)"),
    ("torch_kinds_legacy.pth", "a PyTorch checkpoint (torch.save's format before 1.6)"),
  ])
  func aCheckpointIsRecognised(name: String, what: String) throws {
    let file = "Tests/Fixtures/" + name
    let converted = "Tests/Fixtures/" + name.dropLast(4) + ".safetensors"
    let sentence =
      "mclc: \(file): it is \(what), not safetensors; convert it with: mclc import \(file) -o \(converted)\n"
    let commands: [[String]] = [
      [
        "train", "models/tiny.mcl", "--init", file, "--steps", "1", "--data", "Tests/Fixtures", "--out",
        path("run"),
      ],
      ["run", "models/tiny.mcl", "--program", "encode", "--tensors", file, "--json"],
      ["check", "models/tiny.mcl", "--expect", file],
    ]
    for arguments in commands {
      let run = try self.commands.mclc(arguments)
      #expect(run.code == 2 && run.errors.hasSuffix(sentence), "\(arguments[0]): \(run.errors)")
    }
  }
}
