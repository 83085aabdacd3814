import Foundation
import MCLDataTestKit
import MCLSupport
import MCLWeights
import Testing

@Suite struct CheckpointTests {
  private func checkpoint(_ step: Int) -> Checkpoint {
    Checkpoint(
      step: step, metadata: ["model": "small", "settings": "size=4"],
      tensors: [
        "w": HostTensor([2, 2], .float32([1, 2, 3, Float(step)])), "n": HostTensor([], .int64([4])),
      ])
  }

  private func latest(_ folder: VideoTestFolder) throws -> (checkpoint: Checkpoint?, reports: [String]) {
    var reports: [String] = []
    let checkpoint = try Checkpoint.latest(in: folder.path) { reports.append($0) }
    return (checkpoint, reports)
  }

  /// Changes one bit of the byte at `offset`, counted from the end where it is negative.
  private func flip(_ name: String, _ offset: Int, in folder: VideoTestFolder) throws {
    var bytes = try folder.bytes(name)
    bytes[offset < 0 ? bytes.count + offset : offset] ^= 1
    _ = try folder.file(name, bytes)
  }

  @Test func whatIsWrittenIsTheLatest() throws {
    let folder = try VideoTestFolder()
    #expect(try latest(folder).checkpoint == nil)
    for step in [9, 10, 100] { try checkpoint(step).write(in: folder.path, keeping: 5) }
    let found = try #require(try latest(folder).checkpoint)
    #expect(found.step == 100)
    #expect(found.tensors == checkpoint(100).tensors)
    #expect(found.metadata["model"] == "small")
    #expect(found.metadata["settings"] == "size=4")
    #expect(Checkpoint.fileName(100) == "checkpoint-00000100.safetensors")
    #expect(Checkpoint.fileName(1_234_567_890) == "checkpoint-1234567890.safetensors")
  }

  @Test func theSameStateGivesTheSameBytes() throws {
    let (first, second) = (try VideoTestFolder(), try VideoTestFolder())
    try checkpoint(3).write(in: first.path, keeping: 1)
    try checkpoint(3).write(in: second.path, keeping: 1)
    #expect(try first.bytes(Checkpoint.fileName(3)) == second.bytes(Checkpoint.fileName(3)))
  }

  @Test func theLatestAreKept() throws {
    let folder = try VideoTestFolder()
    // Names that only look like checkpoints are nobody's.
    for name in ["checkpoint-5.safetensors", "checkpoint-+0000009.safetensors", "checkpoint-x.safetensors"] {
      _ = try folder.file(name, [1])
    }
    for step in 1...5 { try checkpoint(step).write(in: folder.path, keeping: 2) }
    #expect(
      folder.files() == [
        "checkpoint-+0000009.safetensors", Checkpoint.fileName(4), Checkpoint.fileName(5),
        "checkpoint-5.safetensors", "checkpoint-x.safetensors",
      ])
    #expect(try latest(folder).checkpoint?.step == 5)
    #expect(try latest(folder).reports.isEmpty)
  }

  @Test func aTruncatedOneIsPassedOver() throws {
    let folder = try VideoTestFolder()
    for step in [10, 20] { try checkpoint(step).write(in: folder.path, keeping: 5) }
    let name = Checkpoint.fileName(20)
    _ = try folder.file(name, Array(try folder.bytes(name).dropLast(3)))
    let (found, reports) = try latest(folder)
    #expect(found?.step == 10)
    #expect(
      reports == [
        "\(folder.path)/\(name): tensor 'w' lies outside the file; it is damaged; trying the one before"
      ])
  }

  @Test(arguments: ["data", "metadata"])
  func aFlippedBitIsSeen(place: String) throws {
    let folder = try VideoTestFolder()
    for step in [10, 20] { try checkpoint(step).write(in: folder.path, keeping: 5) }
    let name = Checkpoint.fileName(20)
    let bytes = try folder.bytes(name)
    if place == "data" {
      try flip(name, -5, in: folder)
    } else {
      let key = try #require(Data(bytes).range(of: Data("size=4".utf8)))
      try flip(name, key.upperBound - 1, in: folder)
    }
    let (found, reports) = try latest(folder)
    #expect(found?.step == 10)
    #expect(
      reports == [
        "\(folder.path)/\(name): "
          + (place == "data"
            ? "tensor 'w' does not fit its checksum" : "its checksum does not fit its content")
          + "; it is damaged; trying the one before"
      ])
  }

  @Test func everyBitCounts() throws {
    let folder = try VideoTestFolder()
    try checkpoint(20).write(in: folder.path, keeping: 1)
    let name = Checkpoint.fileName(20)
    let whole = try folder.bytes(name)
    for offset in whole.indices {
      var bytes = whole
      bytes[offset] ^= 4
      _ = try folder.file(name, bytes)
      #expect(throws: TensorFileError.self, "byte \(offset)") { _ = try latest(folder) }
    }
  }

  @Test func aDamagedLaterOneDoesNotOutliveTheRun() throws {
    let folder = try VideoTestFolder()
    for step in [10, 20] { try checkpoint(step).write(in: folder.path, keeping: 5) }
    try flip(Checkpoint.fileName(20), -1, in: folder)
    #expect(try latest(folder).checkpoint?.step == 10)
    try checkpoint(15).write(in: folder.path, keeping: 1)
    #expect(folder.files() == [Checkpoint.fileName(15)])
    #expect(try latest(folder).reports.isEmpty)
  }

  @Test func allDamagedIsAnError() throws {
    let folder = try VideoTestFolder()
    for step in [10, 20] {
      try checkpoint(step).write(in: folder.path, keeping: 5)
      try flip(Checkpoint.fileName(step), -1, in: folder)
    }
    let error = #expect(throws: TensorFileError.self) { _ = try latest(folder) }
    #expect(
      error?.description
        == "\(folder.path): none of its 2 checkpoints is whole; start anew in another folder")
  }

  @Test func anotherStepsFileIsNotTaken() throws {
    let folder = try VideoTestFolder()
    try checkpoint(10).write(in: folder.path, keeping: 5)
    _ = try folder.file(Checkpoint.fileName(30), folder.bytes(Checkpoint.fileName(10)))
    #expect(try latest(folder).checkpoint?.step == 10)
  }

  @Test func aFolderThatCannotBeWrittenGetsASentence() throws {
    let folder = try VideoTestFolder()
    let below = try folder.file("file.txt", [1]) + "/run"
    let error = #expect(throws: TensorFileError.self) { try checkpoint(1).write(in: below, keeping: 1) }
    #expect(
      error?.description
        == "\(below)/\(Checkpoint.fileName(1)) cannot be written (Not a directory); free room or choose another folder"
    )
  }

  /// Each operation of a write fails in turn, with no room and with a broken disk.
  @Test(arguments: [ENOSPC, EIO])
  func aFailedWriteLeavesALoadableCheckpoint(code: Int32) throws {
    var all: [AtomicFile.Operation] = []
    do {
      let folder = try VideoTestFolder()
      try checkpoint(20).write(
        in: folder.path, keeping: 2,
        fault: { operation in
          all.append(operation)
          return nil
        })
    }
    // The header's length, the header, two tensors.
    #expect(all == [.open, .write, .write, .write, .write, .sync, .rename, .syncFolder])
    for failing in all.indices {
      let folder = try VideoTestFolder()
      try checkpoint(10).write(in: folder.path, keeping: 2)
      var number = 0
      let error = #expect(throws: TensorFileError.self) {
        try checkpoint(20).write(
          in: folder.path, keeping: 1,
          fault: { _ in
            defer { number += 1 }
            return number == failing ? code : nil
          })
      }
      let reason = String(cString: strerror(code))
      #expect(error?.description.contains("cannot be written (\(reason))") == true, "\(all[failing])")
      let (found, reports) = try latest(folder)
      // Once it is renamed the new one is whole, though a power failure may still take it.
      #expect(found?.step == (all[failing] == .syncFolder ? 20 : 10), "\(all[failing])")
      #expect(reports.isEmpty)
      #expect(!folder.files().contains { $0.hasSuffix(".part") })
      try checkpoint(30).write(in: folder.path, keeping: 1)
      #expect(folder.files() == [Checkpoint.fileName(30)])
    }
  }

  @Test func whatAKilledWriteLeftIsRemoved() throws {
    let folder = try VideoTestFolder()
    _ = try folder.file(Checkpoint.fileName(20) + ".part", [1, 2, 3])
    try checkpoint(10).write(in: folder.path, keeping: 2)
    #expect(folder.files() == [Checkpoint.fileName(10)])
    #expect(try latest(folder).reports.isEmpty)
  }

  @Test func anAtomicFileIsOldOrNew() throws {
    struct Broken: Error {}
    let folder = try VideoTestFolder()
    let path = folder.path + "/a.txt"
    try AtomicFile.write("old", to: path)
    #expect(throws: Broken.self) {
      try AtomicFile.write(to: path) { append in
        try Array("new".utf8).withUnsafeBytes { try append($0) }
        throw Broken()
      }
    }
    #expect(try folder.bytes("a.txt") == Array("old".utf8))
    try AtomicFile.write("", to: path)
    #expect(try folder.bytes("a.txt").isEmpty)
    #expect(folder.files() == ["a.txt"])
    let onto = folder.path + "/folder.d"
    try FileManager.default.createDirectory(atPath: onto, withIntermediateDirectories: true)
    let error = #expect(throws: TensorFileError.self) { try AtomicFile.write("x", to: onto) }
    #expect(
      error?.description == "\(onto) is no regular file and is not replaced; name another file")
    #expect(folder.files() == ["a.txt", "folder.d"])
  }

  /// A pipe or a device would be gone for whoever else uses it.
  @Test func whatIsNoFileIsNotReplaced() throws {
    let folder = try VideoTestFolder()
    let pipe = folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    let error = #expect(throws: TensorFileError.self) { try AtomicFile.write("x", to: pipe) }
    #expect(error?.description == "\(pipe) is no regular file and is not replaced; name another file")
    var status = stat()
    #expect(stat(pipe, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
    #expect(!FileManager.default.fileExists(atPath: pipe + ".part"))
  }
}
