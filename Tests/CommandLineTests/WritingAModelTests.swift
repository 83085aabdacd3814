import Foundation
import MCLData
import MCLRuntime
import MCLTestKit
import Testing

/// docs/WRITING-A-MODEL.md: its models train, and it names all of the language.
@Suite struct WritingAModelTests {
  private static let page = Result {
    try String(
      contentsOf: repositoryFolder.appendingPathComponent("docs/WRITING-A-MODEL.md"), encoding: .utf8)
  }

  /// The code blocks that are whole models: those whose first line is a comment with the name of their file.
  private static func models() throws -> [(file: String, text: String)] {
    try page.get().components(separatedBy: "```swift\n").dropFirst().compactMap { rest in
      guard let text = rest.components(separatedBy: "```").first,
        let file = text.firstMatch(of: /^\/\/ ([\w-]+\.mcl)\n/)?.1
      else { return nil }
      return (String(file), text)
    }
  }

  @Test func theWholeModelsAreThoseOfTheWalkThroughs() throws {
    let models = try Self.models()
    #expect(models.map(\.file) == ["classifier.mcl", "contrast.mcl"])
    let fixture = try String(
      contentsOf: repositoryFolder.appendingPathComponent("Tests/Fixtures/contrast.mcl"), encoding: .utf8)
    #expect(models.last?.text == "// contrast.mcl\n" + fixture)
  }

  @Test(arguments: ["classifier.mcl", "contrast.mcl"])
  func aModelOfTheDocumentTrains(file: String) throws {
    let text = try #require(try Self.models().first { $0.file == file }?.text)
    let command = CommandLineTests()
    let folder = CommandLineTests.folder.appendingPathComponent("writing-\(UUID().uuidString)").path
    let made = try command.mclc([
      "synthesize", "--out", folder + "/videos", "--videos", "12", "--frames", "34", "--seed", "3",
    ])
    #expect(made.code == 0, "\(made.errors)")
    let model = "\(folder)/\(file)"
    try Data(text.utf8).write(to: URL(fileURLWithPath: model))

    let isValidated = text.contains("watches: [.classes(")
    let outcome = try command.mclc(
      [
        "train", model, "--data", folder + "/videos", "--out", folder + "/run", "--steps", "2", "--set",
        "batch=4", "--set", "size=32",
      ] + (isValidated ? ["--validate", "0.5"] : []))
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("finished at step 2: "), "\(outcome.errors)")
    let records = RunFolder.lines(folder + "/run/log.jsonl", as: StepRecord.self)
    #expect(records.map(\.step) == [1, 2])
    #expect(records.allSatisfy { $0.outputs["loss"]?.isFinite == true }, "\(records)")
    #expect(FileManager.default.fileExists(atPath: folder + "/run/checkpoint-00000002.safetensors"))
    let results = RunFolder.lines(folder + "/run/validation.jsonl", as: Validation.Result.self)
    #expect(results.map(\.samples) == (isValidated ? [6] : []))
    #expect(FileManager.default.fileExists(atPath: folder + "/run/best.safetensors") == isValidated)
  }

  /// Names that the language's files declare for models, by file.
  private static let declarations: [(file: String, pattern: String)] = [
    ("Layers", #"public struct (\w+): Layer"#), ("Layer", #"public struct (\w+): Layer"#),
    ("Settings", #"public func (\w+)\("#), ("ProgramContext", #"public func (\w+)\("#),
    ("Descent", #"public func (\w+)\("#), ("VideoSample", #"public func (\w+)\("#),
    ("VideoSample", #"static let (\w+)[ :]"#), ("TensorArithmetic", #"public func (\w+)\("#),
    ("TensorComposites", #"public func (\w+)\("#), ("TensorShape", #"public func (\w+)\("#),
    ("TensorOperations", #"public func (\w+)\("#), ("TensorOperations", #"public static func (\w+)\("#),
    ("Chance", #"public static func (\w+)\("#),
  ]

  /// A layer or function that is added to the language without a word in the document fails here.
  @Test(arguments: declarations.map { [$0.file, $0.pattern] })
  func everythingOfTheLanguageIsNamed(declaration: [String]) throws {
    let source = repositoryFolder.appendingPathComponent("Sources/MCLGraph/Language/\(declaration[0]).swift")
    let text = try String(contentsOf: source, encoding: .utf8)
    let names = text.matches(of: try Regex(declaration[1], as: (Substring, Substring).self)).map {
      $0.output.1
    }
    #expect(!names.isEmpty, "\(declaration[0]) declares nothing that '\(declaration[1])' finds")
    let page = try Self.page.get()
    for name in names {
      // As a call, as a layer with a body, or as a value of its own.
      let isNamed = ["\(name)(", "\(name) {", "`.\(name)`"].contains { page.contains($0) }
      #expect(isNamed, "\(declaration[0]).swift: '\(name)' is not described")
    }
  }
}
