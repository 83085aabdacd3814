import Foundation
import MCLData
import MCLDataTestKit
import MCLRuntime
import MCLSupport
import Testing

@Suite struct RunFolderTests {
  private func complaint(_ path: String) -> String? {
    #expect(throws: UsageError.self) { try RunFolder(path) }?.description
  }

  @Test func oneTrainsAtATime() throws {
    let folder = try VideoTestFolder()
    let path = folder.path + "/deep/run"
    do {
      let run = try RunFolder(path)
      let sentence = "\(path): another process is training there; wait for it or choose another folder"
      for _ in 0..<3 { #expect(complaint(path) == sentence) }
      withExtendedLifetime(run) {}
    }
    _ = try RunFolder(path)
  }

  @Test func aRefusedFolderKeepsNoFileOpen() throws {
    let folder = try VideoTestFolder()
    let run = try RunFolder(folder.path)
    func openFiles() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }
    for _ in 0..<200 { #expect(throws: UsageError.self) { try RunFolder(folder.path) } }
    // Other tests open files meanwhile, but not hundreds.
    #expect(try openFiles() < 200)
    withExtendedLifetime(run) {}
  }

  @Test func aFolderThatCannotBeMadeGetsASentence() throws {
    let folder = try VideoTestFolder()
    let below = try folder.file("file.txt", [1]) + "/run"
    #expect(complaint(below) == "\(below): the folder cannot be made; choose another with --out")
    let file = try folder.file("plain.txt", [1])
    #expect(complaint(file) == "\(file): the folder cannot be made; choose another with --out")
    let blocked = folder.path + "/blocked"
    try FileManager.default.createDirectory(atPath: blocked + "/.lock", withIntermediateDirectories: true)
    #expect(
      complaint(blocked) == "\(blocked): it cannot be written (Is a directory); choose another with --out")
  }

  @Test func theLogIsReadBackUpToAStep() throws {
    let folder = try VideoTestFolder()
    let run = try RunFolder(folder.path)
    #expect(try run.records(through: 9).isEmpty)
    let records = try (1...4).map { step in
      try JSONDecoder().decode(
        StepRecord.self,
        from: Data(
          "{\"step\":\(step),\"epoch\":1,\"scheduled\":{\"rate\":0.1},\"outputs\":{\"loss.total\":2.5}}".utf8)
      )
    }
    for record in records { try run.append(record) }
    // A run that was killed may leave half a line.
    let log = try folder.bytes("log.jsonl")
    _ = try folder.file("log.jsonl", log + Array("{\"step\":5,\"ep".utf8))
    #expect(try run.records(through: 9) == records)
    #expect(try run.records(through: 2) == Array(records.prefix(2)))
  }
}
