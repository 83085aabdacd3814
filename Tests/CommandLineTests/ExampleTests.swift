import Foundation
import MCLTestKit
import Testing

/// The library as a program of one's own uses it.
@Suite struct ExampleTests {
  private static let example = Result {
    try String(
      contentsOf: repositoryFolder.appendingPathComponent("Examples/OwnLoss/main.swift"), encoding: .utf8)
  }

  @Test func theExampleIsShortAndLearns() throws {
    let text = try Self.example.get()
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 60)
    // A source of batches of one's own takes fewer than 20 lines.
    let source = try #require(text.split(separator: "struct Bars").last?.split(separator: "\n}\n").first)
    #expect(source.split(separator: "\n").count <= 20, "\(source)")
    let outcome = try CommandLineTests().run("own-loss", [])
    #expect(outcome.code == 0, "\(outcome.errors)")
    let losses = outcome.output.matches(of: /step \d+: loss ([\d.]+)/).compactMap { Float($0.1) }
    #expect(losses.count == 6)
    #expect((losses.first ?? 0) > 0.6 && (losses.last ?? 1) < 0.3, "\(outcome.output)")
  }

  /// A folder of labelled videos and a folder for the run is all that the example is given.
  @Test func theClassifierTrains() throws {
    let small = try SmallRun("classifier")
    let outcome = try CommandLineTests().run("classifier", [small.data, small.folder + "/run"])
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("step 30: "), "\(outcome.output.suffix(300))")
    let none = try CommandLineTests().run("classifier", [])
    #expect(none.code == 2)
  }

  /// What an example uses is public: it compiles as a file of another package.
  @Test(arguments: ["OwnLoss", "Classifier"]) func anExampleNeedsNothingOfThePackage(_ name: String) throws {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let modules = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("Modules")
    let maps = try FileManager.default.contentsOfDirectory(
      at: repositoryFolder.appendingPathComponent("Sources"), includingPropertiesForKeys: nil
    ).map { $0.appendingPathComponent("module.modulemap").path }.filter(FileManager.default.fileExists)
    let check = [
      "swiftc", "-typecheck", "-swift-version", "6", "-package-name", "another", "-I", modules.path,
      repositoryFolder.appendingPathComponent("Examples/\(name)/main.swift").path,
    ]
    let arguments = check + maps.flatMap { ["-Xcc", "-fmodule-map-file=\($0)"] }
    let outcome = try ShellRun.outcome("shift; exec \"$@\"", arguments)
    #expect(outcome.code == 0, "\(outcome.errors)")
  }

  /// Every link of the libraries' pages leads somewhere.
  @Test(.enabled(if: soakFactor > 1, "DocC takes a minute: see make soak")) func thePagesBuild() throws {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let process = Process()
    process.executableURL = repositoryFolder.appendingPathComponent("scripts/make-docs.sh")
    process.arguments = [(own as NSString).deletingLastPathComponent]
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  /// Every piece of code in the tutorial stands in the example.
  @Test func theTutorialShowsTheExample() throws {
    let page = repositoryFolder.appendingPathComponent("Sources/MCLGraph/MCLGraph.docc/YourOwnLoss.md")
    let blocks = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "```swift\n")
      .dropFirst()
    #expect(blocks.count == 6)
    let example = try Self.example.get()
    for block in blocks {
      let code = try #require(block.components(separatedBy: "```").first)
      #expect(example.contains(code), "\(code)")
    }
  }
}
