import Foundation
import Testing

/// Models that fail, as a user of `mclc` sees it: paths as they were typed, and a full disk.
@Suite struct ModelFailureTests {
  private struct Ended {
    var code: Int32
    var errors: String
  }

  /// Runs a shell script in `folder`, with `mclc` as `$MCLC` and no cache.
  private static func shell(
    _ script: String, in folder: URL, prefix: [String] = []
  ) throws -> Ended {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = prefix + ["sh", "-c", script]
    process.currentDirectoryURL = folder
    let binary = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("mclc").path
    process.environment = ProcessInfo.processInfo.environment.merging(["MCLC": binary, "MCL_CACHE": ""]) {
      $1
    }
    let pipe = Pipe()
    process.standardError = pipe
    process.standardOutput = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let errors = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Ended(code: process.terminationStatus, errors: String(decoding: errors, as: UTF8.self))
  }

  private static func folder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "mclc-fail-\(UUID().uuidString)")
    for name in ["models", "full"] {
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
    }
    let model = """
      import MCLGraph
      let wrong = Model("wrong") { settings in
        Program("run") { context in
          let x = context.input("x", [2])
          let y = settings.isGiven("right") ? x : x.sum([4])
          return Step(outputs: [("y", y)])
        }
      }
      """
    try Data(model.utf8).write(to: folder.appendingPathComponent("models/wrong.mcl"))
    return folder
  }

  @Test func pathsAreSpelledAsTheUserDid() throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for path in ["models/wrong.mcl", "./full/..//models/wrong.mcl"] {
      let ended = try Self.shell("\"$MCLC\" compile '\(path)'", in: folder)
      #expect(ended.code == 2)
      #expect(
        ended.errors
          == "\(path):5: error: in 'x': sum over axes [4] of f32[2]: name each axis of the tensor once\n")
    }
  }

  /// Whether this machine lets a test mount a small file system of its own.
  private static let canMount: Bool = {
    guard let folder = try? folder() else { return false }
    defer { try? FileManager.default.removeItem(at: folder) }
    return (try? shell("mount -t tmpfs -o size=64k tmpfs full", in: folder, prefix: namespace))?.code == 0
  }()

  private static let namespace = ["unshare", "--user", "--map-root-user", "--mount"]

  /// With no room at all nothing can be written; with a little, swiftc fails.
  @Test(.enabled(if: canMount), arguments: ["4k", "16k", "28k"])
  func aFullDiskIsNamed(size: String) throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let ended = try Self.shell(
      "mount -t tmpfs -o size=\(size) tmpfs full && TMPDIR=\"$PWD/full\" \"$MCLC\" compile models/wrong.mcl",
      in: folder, prefix: Self.namespace)
    #expect(ended.code == 2)
    let line = ended.errors.range(of: "the disk of \(folder.path)/full/mclc-")
    #expect(line != nil, "\(ended.errors)")
    #expect(ended.errors.contains("KiB free: make room, or name another folder in TMPDIR"), "\(ended.errors)")
  }
}
