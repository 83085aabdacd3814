import Foundation
import MCLTestKit
import Testing

/// The rules of the house that a compiler does not check.
@Suite struct ArchitectureTests {
  static func sources(_ target: String) throws -> [(path: String, text: String)] {
    let root = repositoryFolder.appendingPathComponent("Sources/\(target)")
    let names = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter {
      $0.hasSuffix(".swift")
    }
    return try names.sorted().map {
      ("\(target)/\($0)", try String(contentsOf: root.appendingPathComponent($0), encoding: .utf8))
    }
  }

  @Test(arguments: [
    ("MCLGraph", ["MCLCompiler", "MCLRuntime", "CLLVM", "CFFmpeg", "Foundation"]),
    ("MCLCompiler", ["MCLRuntime", "CFFmpeg"]), ("MCLRuntime", ["CLLVM"]), ("mclc", ["CLLVM", "CFFmpeg"]),
  ])
  func importsRunOnlyDownward(target: String, forbidden: [String]) throws {
    let files = try Self.sources(target)
    #expect(!files.isEmpty)
    for file in files {
      for line in file.text.split(separator: "\n") where line.hasPrefix("import ") {
        #expect(!forbidden.contains(String(line.dropFirst("import ".count))), "\(file.path): \(line)")
      }
    }
  }

  @Test func onlyOneFolderKnowsLLVM() throws {
    for file in try Self.sources("MCLCompiler") where !file.path.hasPrefix("MCLCompiler/LLVM/") {
      #expect(!file.text.contains("import CLLVM"), "\(file.path)")
    }
  }

  @Test(arguments: ["MCLGraph", "MCLCompiler", "MCLRuntime", "mclc"])
  func nothingTrapsOnAUsersMistake(target: String) throws {
    for file in try Self.sources(target) {
      for word in ["fatalError(", "try!", "as!", "preconditionFailure("] {
        #expect(!file.text.contains(word), "\(file.path) has \(word)")
      }
    }
  }

  @Test(arguments: ["MCLGraph", "MCLCompiler", "MCLRuntime", "mclc", "MCLTestKit"])
  func filesHoldOneConcept(target: String) throws {
    for file in try Self.sources(target) {
      let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false).count
      #expect(lines <= 450, "\(file.path) has \(lines) lines")
    }
  }
}
