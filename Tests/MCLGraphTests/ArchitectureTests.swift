import Foundation
import MCLTestKit
import Testing

/// The rules of the house that a compiler does not check. Which module may import which is in Package.swift, and
/// `make build` holds every module to it.
@Suite struct ArchitectureTests {
  private static let root = repositoryFolder.appendingPathComponent("Sources")

  /// Every target written in Swift.
  static let targets: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return names.filter { !((try? sources($0)) ?? []).isEmpty }.sorted()
  }()

  static func sources(_ target: String) throws -> [(path: String, text: String)] {
    let folder = root.appendingPathComponent(target)
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter {
      $0.hasSuffix(".swift")
    }
    return try names.sorted().map {
      ("\(target)/\($0)", try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8))
    }
  }

  @Test func everyTargetIsLookedAt() {
    #expect(Set(["MCLGraph", "MCLSupport", "MCLRuntime", "mclc"]).isSubset(of: Self.targets))
  }

  /// Models are linked with it, and start the quicker for it.
  @Test func graphsNeedNoFoundation() throws {
    for file in try Self.sources("MCLGraph") {
      #expect(!file.text.contains("import Foundation"), "\(file.path)")
    }
  }

  @Test(arguments: targets.filter { !$0.hasSuffix("TestKit") })
  func nothingTrapsOnAUsersMistake(target: String) throws {
    for file in try Self.sources(target) {
      for word in ["fatalError(", "try!", "as!", "preconditionFailure("] {
        #expect(!file.text.contains(word), "\(file.path) has \(word)")
      }
    }
  }

  @Test(arguments: targets)
  func filesHoldOneConcept(target: String) throws {
    for file in try Self.sources(target) {
      let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false).count
      #expect(lines <= 450, "\(file.path) has \(lines) lines")
    }
  }
}
