import Foundation
import Synchronization

/// Fuzzing of a reader in a process of its own: a crash, a hang or an allocation beyond measure there becomes a message
/// here, with the input kept.
///
/// Two tests belong together: one calls `run(child:)`, the other, named there and enabled by `isChild`, calls `explore`.
/// `MCL_FUZZ_SECONDS` sets the time (3 s, 600 s under `make soak`), `MCL_FUZZ_SEED` repeats a run.
package enum Fuzzing {
  /// What a run may use for an input of n bytes: n x factor + slack, in resident memory and in address space.
  private static let factor = 64
  private static let residentSlack = 24 << 20
  private static let addressSlack = 256 << 20
  private static let secondsAnInput = 20.0

  private static let environment = ProcessInfo.processInfo.environment
  package static var isChild: Bool { environment["MCL_FUZZ_INPUT"] != nil }

  package static var seconds: Double {
    environment["MCL_FUZZ_SECONDS"].flatMap(Double.init) ?? (soakFactor > 1 ? 600 : 3)
  }

  package struct Failure: Error, CustomStringConvertible {
    package let description: String
    package init(description: String) { self.description = description }
  }

  // MARK: The parent

  /// Runs the test `child` in a process of its own.
  /// - Returns: what it said in lines that begin with `fuzz:`.
  /// - Throws: `Failure` that names seed and input where it did not end well.
  package static func run(child: String) throws -> [String] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "mcl-fuzz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let seed = environment["MCL_FUZZ_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0 ... .max)
    print("fuzz: \(child), seed \(seed), \(seconds) s")
    let process = Process()
    process.executableURL = URL(
      fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    process.arguments = ["--testing-library", "swift-testing", "--filter", child]
    process.environment = environment.merging([
      "MCL_FUZZ_INPUT": folder.appendingPathComponent("input").path, "MCL_FUZZ_SEED": "\(seed)",
      "MCL_FUZZ_SECONDS": "\(seconds)",
    ]) { $1 }
    let log = folder.appendingPathComponent("log")
    try Data().write(to: log)
    let output = try FileHandle(forWritingTo: log)
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let said = String(decoding: try Data(contentsOf: log), as: UTF8.self)
    let lines = said.split(separator: "\n").filter { $0.hasPrefix("fuzz: ") }.map(String.init)
    guard process.terminationReason == .exit, process.terminationStatus == 0, !lines.isEmpty else {
      throw Failure(
        description: "\(child) with seed \(seed) ended with \(process.terminationStatus) at the input "
          + "\(folder.path)/input: \(lines.last ?? String(said.suffix(800)))")
    }
    try FileManager.default.removeItem(at: folder)
    return lines
  }

  // MARK: The child

  /// Gives damaged files to `read` until the time is over.
  /// - Parameter read: is given the path of a file with the bytes, and the bytes; what it throws fails the run, so it
  ///   catches the refusals that are right. True where the input was taken.
  package static func explore(
    _ mutator: ByteMutator, read: (_ path: String, _ bytes: [UInt8]) throws -> Bool
  ) throws {
    guard let path = environment["MCL_FUZZ_INPUT"],
      let seed = environment["MCL_FUZZ_SEED"].flatMap({ UInt64($0) })
    else { throw Failure(description: "MCL_FUZZ_INPUT and MCL_FUZZ_SEED are not set; run the parent test") }
    let watch = Watch(seed: seed)
    watch.start()
    let start = ContinuousClock.now
    var (count, taken, bytesInAll) = (0, 0, 0)
    var slowest = 0.0
    var mostMemory = 0
    while start.duration(to: .now) < .seconds(seconds) {
      // Asking the kernel takes longer than an input, so it is asked once for several.
      let batch = count..<count + (count == 0 ? 1 : 32)
      let before = try Memory.measure(resettingPeak: true)
      var largest = 0
      for number in batch {
        var random = RandomValues(seed: seed &+ UInt64(number) &* 0x9e37_79b9)
        let bytes = mutator.input(&random)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let began = processorSeconds
        watch.enter(number)
        if try read(path, bytes) { taken += 1 }
        watch.enter(nil)
        slowest = max(slowest, processorSeconds - began)
        largest = max(largest, bytes.count)
        (count, bytesInAll) = (count + 1, bytesInAll + bytes.count)
      }
      let after = try Memory.measure(resettingPeak: false)
      let resident = after.residentPeak - before.resident
      // The address space has a peak of the whole life only, so that it tells where it is exceeded.
      let address = after.addressPeak > before.addressPeak ? after.addressPeak - before.address : 0
      // The first input also loads what every reading needs.
      if batch.count == 1 { continue }
      mostMemory = max(mostMemory, resident)
      guard resident <= largest * factor + residentSlack, address <= largest * factor + addressSlack else {
        throw Failure(
          description:
            "fuzz: seed \(seed), an input of \(batch), of at most \(largest) bytes, took \(resident) bytes of "
            + "memory and \(address) of address space")
      }
    }
    print(
      "fuzz: seed \(seed): \(count) inputs, \(bytesInAll / max(count, 1)) bytes each, \(taken) read, "
        + "\(count - taken) refused; slowest \(slowest) s of a processor, most memory \(mostMemory) bytes")
  }

  /// What this thread has used: other processes do not count.
  private static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// Ends the process when an input takes too long.
  private final class Watch: Sendable {
    private let current = Mutex<(input: Int, since: ContinuousClock.Instant)?>(nil)
    private let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    func enter(_ input: Int?) { current.withLock { $0 = input.map { ($0, .now) } } }

    func start() {
      let thread = Thread { [self] in
        while true {
          Thread.sleep(forTimeInterval: 0.5)
          let state = current.withLock { $0 }
          guard let state, state.since.duration(to: .now) > .seconds(secondsAnInput) else { continue }
          print("fuzz: seed \(seed), input \(state.input) took more than \(secondsAnInput) s")
          fflush(nil)
          _exit(3)
        }
      }
      thread.start()
    }
  }

  /// The process's memory as the kernel counts it, in bytes.
  private struct Memory {
    var resident = 0
    var residentPeak = 0
    var address = 0
    var addressPeak = 0

    static func measure(resettingPeak: Bool) throws -> Memory {
      if resettingPeak {
        // 5 resets the peak of the resident memory (Linux, proc(5)).
        try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
      }
      var memory = Memory()
      let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      for line in status.split(separator: "\n") {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard words.count == 3, let kibibytes = Int(words[1]) else { continue }
        switch words[0] {
        case "VmRSS:": memory.resident = kibibytes << 10
        case "VmHWM:": memory.residentPeak = kibibytes << 10
        case "VmSize:": memory.address = kibibytes << 10
        case "VmPeak:": memory.addressPeak = kibibytes << 10
        default: break
        }
      }
      guard memory.residentPeak > 0, memory.addressPeak > 0 else {
        throw Failure(description: "fuzz: /proc/self/status gives no memory")
      }
      return memory
    }
  }
}
