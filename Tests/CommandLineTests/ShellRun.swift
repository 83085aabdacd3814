import Foundation
import MCLTestKit

/// `mclc` in a process whose descriptors, limits and signals a test sets up, such as a shell does.
struct ShellRun {
  static let program: String = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("mclc").path
  }()

  let process = Process()
  private let names: [URL]

  /// Starts a shell's script, in which `"$@"` is `mclc` with the arguments.
  /// - Parameter errors: where standard error goes instead of to a file.
  init(
    _ script: String, _ arguments: [String], environment: [String: String] = [:], errors: FileHandle? = nil
  ) throws {
    names = ["out", "err"].map {
      CommandLineTests.folder.appendingPathComponent("\(UUID().uuidString).\($0)")
    }
    for name in names { FileManager.default.createFile(atPath: name.path, contents: nil) }
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script, "sh", Self.program] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.currentDirectoryURL = repositoryFolder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: names[0])
    process.standardError = try errors ?? FileHandle(forWritingTo: names[1])
    try process.run()
  }

  /// What it has said so far.
  var errors: String { (try? String(contentsOf: names[1], encoding: .utf8)) ?? "" }

  /// Waits until it has said a text.
  /// - Returns: false where it ended, or a minute went by, without.
  func says(_ text: String) -> Bool {
    let start = ContinuousClock.now
    while !errors.contains(text) {
      guard process.isRunning, start.duration(to: .now) < .seconds(60) else { return errors.contains(text) }
      usleep(2000)
    }
    return true
  }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  func outcome() throws -> CommandLineTests.Outcome {
    process.waitUntilExit()
    let isKilled = process.terminationReason == .uncaughtSignal
    return CommandLineTests.Outcome(
      code: isKilled ? -process.terminationStatus : process.terminationStatus,
      output: try String(contentsOf: names[0], encoding: .utf8), errors: errors)
  }

  static func outcome(
    _ script: String, _ arguments: [String], environment: [String: String] = [:], errors: FileHandle? = nil
  ) throws -> CommandLineTests.Outcome {
    try ShellRun(script, arguments, environment: environment, errors: errors).outcome()
  }
}
