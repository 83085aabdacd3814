import Foundation
import MCLTestKit
import Testing

/// `mclc bench compile`: what it counts and what it refuses; its times are nobody's to test.
@Suite struct BenchCompileTests {
  private let command = CommandLineTests()

  @Test func sizesAndStagesAreReported() throws {
    let outcome = try command.mclc(
      [
        "bench", "compile", "--most", "100", "--family", "joined slices", "--family", "matrix products",
        "--json",
      ])
    #expect(outcome.code == 0, "\(outcome.errors)")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(object["usesObjectCache"] as? Bool == false)
    let families = try #require(object["families"] as? [[String: Any]])
    #expect(families.compactMap { $0["name"] as? String } == ["joined slices", "matrix products"])
    for family in families {
      #expect(try #require(family["exponent"] as? Double).isFinite)
      let sizes = try #require(family["sizes"] as? [[String: Any]])
      #expect(sizes.compactMap { $0["size"] as? Int } == [25, 50, 100])
      #expect(sizes.compactMap { $0["isCheckedByInterpreter"] as? Bool } == [true, true, false])
      for size in sizes {
        let stages = try #require(size["stages"] as? [[String: Any]]).compactMap { $0["name"] as? String }
        #expect(stages.contains("fuse-pointwise") && stages.contains("memory plan"))
        #expect(stages.contains(try #require(size["slowestStage"] as? String)))
      }
    }
  }

  @Test func unknownFamiliesAreRefused() throws {
    let outcome = try command.mclc(["bench", "compile", "--family", "joined"])
    #expect(outcome.code != 0)
    #expect(outcome.errors.contains("joined slices"))
  }
}
