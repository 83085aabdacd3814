import Foundation

/// Runs a program with bounds on time and memory, and gives its exit status and what it said.
struct BoundedProcess {
  struct Outcome {
    var status: Int32
    var isTimeOut: Bool
    var output: String
  }

  static let outputLimit = 1 << 20

  /// - Parameters:
  ///   - seconds: of processor time, and twice that of wall clock time.
  ///   - mebibytes: of address space; nil for no bound.
  /// - Throws: when the program cannot be started.
  static func run(_ arguments: [String], seconds: Int, mebibytes: Int?) throws -> Outcome {
    let log = FileManager.default.temporaryDirectory.appendingPathComponent("mclc-\(UUID().uuidString).log")
    defer { try? FileManager.default.removeItem(at: log) }
    guard FileManager.default.createFile(atPath: log.path, contents: nil),
      let handle = FileHandle(forWritingAtPath: log.path)
    else { throw ModelLoadError("\(log.path) cannot be written; set TMPDIR to a folder with room") }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    // The limits hold for the program and whatever it starts; 'exec' keeps its process id ours.
    let memory = mebibytes.map { "ulimit -v \($0 * 1024); " } ?? ""
    process.arguments = ["-c", "ulimit -c 0; ulimit -t \(seconds); \(memory)exec \"$@\"", "sh"] + arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = handle
    process.standardError = handle
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
    var isTimeOut = false
    if ended.wait(timeout: .now() + .seconds(2 * seconds)) == .timedOut {
      isTimeOut = true
      kill(process.processIdentifier, SIGKILL)
      ended.wait()
    }
    try? handle.close()
    let stopped = process.terminationReason == .uncaughtSignal
    if stopped, [SIGXCPU, SIGKILL].contains(process.terminationStatus) { isTimeOut = true }
    let reader = FileHandle(forReadingAtPath: log.path)
    let data = (try? reader?.read(upToCount: outputLimit)) ?? Data()
    return Outcome(
      status: stopped ? 128 + process.terminationStatus : process.terminationStatus, isTimeOut: isTimeOut,
      output: String(decoding: data, as: UTF8.self))
  }
}
