import Foundation

/// Runs a program to its end, in a process group of its own, under limits of time, memory and output.
struct ChildProcess {
  enum Outcome: Equatable {
    case exited(Int32)
    case signalled(Int32)
    case outOfTime

    /// How the process ended, as the rest of a sentence about it.
    var description: String {
      switch self {
      case .exited(let code): return "ended with exit code \(code)"
      case .signalled(let signal):
        let reason =
          signal == SIGKILL
          ? ", as the system does for want of memory"
          : signal == SIGXFSZ ? ", as it wrote a file of more than 1 GiB" : ""
        return "was stopped by signal \(signal) (\(String(cString: strsignal(signal))))\(reason)"
      case .outOfTime: return "took too long and was stopped"
      }
    }
  }

  /// How a program ended, and what it said.
  struct Result {
    var outcome: Outcome
    var output = ProcessOutput()
    var errors = ProcessOutput()
    /// What it wrote to the file descriptor `reportDescriptor`.
    var report = ProcessOutput()

    /// The last lines that it printed, at most `count` of standard output and of standard error each.
    func lastLines(_ count: Int) -> [String] { output.lastLines(count) + errors.lastLines(count) }
  }

  /// A second way out for a child, which its prints do not mix with.
  static let reportDescriptor: Int32 = 3

  var seconds: Double
  /// Address space in bytes; nil for no limit.
  var memory: Int?
  /// What a child that runs out of time gets some twenty times before it is killed, to say where it is.
  var stopSignal = SIGKILL

  /// A run-away child must not fill the disk: no file of its may grow beyond this many blocks of 512 bytes (1 GiB).
  private static let largestFileBlocks = 2 << 20

  /// Runs `program` with `arguments`.
  /// - Throws: `ModelLoadError` when no process could be started.
  func run(_ program: String, _ arguments: [String]) throws -> Result {
    // The shell sets the limits for itself and then becomes the program. The limit of processor time is only for
    // the case that this process is killed and cannot stop its child.
    let limits = [
      memory.map { "ulimit -v \($0 / 1024)" }, "ulimit -f \(Self.largestFileBlocks)",
      "ulimit -t \(Int(seconds) + 10)",
      "ulimit -c 0",
    ].compactMap { $0 }.joined(separator: "; ")
    let words = ["sh", "-c", "\(limits); exec \"$@\"", "sh", program] + arguments

    // Pipes, not files: a full disk must not swallow the reason of a failure.
    let pipes = Pipes(output: try Pipe(program), errors: try Pipe(program), report: try Pipe(program))
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, pipes.output.writeEnd, 1)
    posix_spawn_file_actions_adddup2(&actions, pipes.errors.writeEnd, 2)
    posix_spawn_file_actions_adddup2(&actions, pipes.report.writeEnd, Self.reportDescriptor)
    // Threads of a pool block most signals, and a child would inherit that.
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    // What this process ignores or answers, a child ends with, but for SIGHUP, which nohup has ignored by both.
    var defaults = sigset_t()
    sigemptyset(&defaults)
    for signal in [SIGINT, SIGTERM, SIGPIPE, SIGXFSZ] { sigaddset(&defaults, signal) }
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    posix_spawnattr_setpgroup(&attributes, 0)

    // A crash should end at once, without the runtime's own search for a backtrace.
    var environment = ProcessInfo.processInfo.environment
    environment["SWIFT_BACKTRACE"] = "enable=no"
    var process = pid_t()
    let status = withCStrings(words) { argv in
      withCStrings(environment.map { "\($0.key)=\($0.value)" }) { envp in
        posix_spawn(&process, "/bin/sh", &actions, &attributes, argv, envp)
      }
    }
    guard status == 0 else {
      throw ModelLoadError("cannot start a process for \(program): \(String(cString: strerror(status)))")
    }
    for pipe in pipes.all { pipe.closeWriteEnd() }
    return wait(for: process, pipes)
  }

  private struct Pipes {
    let output: Pipe
    let errors: Pipe
    let report: Pipe
    var all: [Pipe] { [output, errors, report] }
  }

  private func wait(for process: pid_t, _ pipes: Pipes) -> Result {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    var nextSignal = deadline
    var isOutOfTime = false
    var pause: Int32 = 1
    var status: Int32 = 0
    var result = Result(outcome: .outOfTime)
    while true {
      let ended = waitpid(process, &status, WNOHANG)
      if ended < 0 && errno != EINTR {
        result.outcome = .signalled(SIGKILL)
        return result
      }
      // Also after the end: what a child of the child still holds open is not waited for.
      pipes.output.drain(into: &result.output)
      pipes.errors.drain(into: &result.errors)
      pipes.report.drain(into: &result.report)
      if ended == process { break }
      let now = clock.now
      if now >= nextSignal {
        isOutOfTime = true
        kill(-process, now >= deadline + .milliseconds(500) ? SIGKILL : stopSignal)
        nextSignal = now + .milliseconds(25)
      }
      var ends = pipes.all.filter { !$0.isAtEnd }.map {
        pollfd(fd: $0.readEnd, events: Int16(POLLIN), revents: 0)
      }
      poll(&ends, nfds_t(ends.count), pause)
      pause = min(pause * 2, 8)
    }
    let signal = status & 0x7f
    if isOutOfTime || signal == SIGXCPU { return result }
    result.outcome = signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
    return result
  }
}

/// A pipe from a child to this process. Its ends are closed on exec, so that no other child holds it open.
private final class Pipe {
  private(set) var readEnd: Int32 = -1
  private(set) var writeEnd: Int32 = -1
  private(set) var isAtEnd = false

  init(_ program: String) throws {
    var ends: [Int32] = [-1, -1]
    if pipe(&ends) == 0 {
      // Beyond the descriptors that a child gets, which these may be where this process was started without. Should
      // another thread start a child in between, it holds an end open in vain: nobody waits for the end of a pipe.
      readEnd = fcntl(ends[0], F_DUPFD_CLOEXEC, 16)
      writeEnd = fcntl(ends[1], F_DUPFD_CLOEXEC, 16)
      close(ends[0])
      close(ends[1])
    }
    guard readEnd >= 0, writeEnd >= 0, fcntl(readEnd, F_SETFL, O_NONBLOCK) >= 0 else {
      throw ModelLoadError("cannot make a pipe for \(program): \(String(cString: strerror(errno)))")
    }
  }

  deinit {
    if readEnd >= 0 { close(readEnd) }
    closeWriteEnd()
  }

  func closeWriteEnd() {
    if writeEnd >= 0 { close(writeEnd) }
    writeEnd = -1
  }

  /// Reads what is there, at most 16 MiB at once, so that the time of a child that never stops is looked at.
  func drain(into output: inout ProcessOutput) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    for _ in 0..<256 where !isAtEnd {
      let count = read(readEnd, &buffer, buffer.count)
      if count < 0 { return }
      if count == 0 { isAtEnd = true }
      output.append(buffer[..<count])
    }
  }
}

/// Calls `body` with a null-terminated array of C strings that live until it returns.
private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  // Bound: one pointer a string and the null that ends the array; each is freed once, here.
  let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: strings.count + 1)
  for (index, string) in strings.enumerated() { pointers[index] = strdup(string) }
  pointers[strings.count] = nil
  defer {
    for index in strings.indices { free(pointers[index]) }
    pointers.deallocate()
  }
  return body(UnsafePointer(pointers))
}
