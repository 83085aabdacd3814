import Foundation

/// Runs a program to its end, in a process group of its own, under limits of time, memory and output.
struct ChildProcess {
  enum Outcome: Equatable {
    case exited(Int32)
    case signalled(Int32)
    case outOfTime
  }

  var seconds: Double
  /// Address space in bytes; nil for no limit.
  var memory: Int?

  /// A run-away child must not fill the disk: no file of its may grow beyond this many blocks of 512 bytes (1 GiB).
  private static let largestFileBlocks = 2 << 20

  /// Runs `program` with `arguments`; what it prints goes to the file `output`.
  /// - Throws: `ModelLoadError` when no process could be started.
  func run(_ program: String, _ arguments: [String], output: String) throws -> Outcome {
    // The shell sets the limits for itself and then becomes the program. The limit of processor time is only for
    // the case that this process is killed and cannot stop its child.
    let limits = [
      memory.map { "ulimit -v \($0 / 1024)" }, "ulimit -f \(Self.largestFileBlocks)",
      "ulimit -t \(Int(seconds) + 10)",
      "ulimit -c 0",
    ].compactMap { $0 }.joined(separator: "; ")
    let words = ["sh", "-c", "\(limits); exec \"$@\"", "sh", program] + arguments

    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
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
    return wait(for: process)
  }

  private func wait(for process: pid_t) -> Outcome {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    var pause: UInt32 = 500
    var status: Int32 = 0
    while true {
      let ended = waitpid(process, &status, WNOHANG)
      if ended == process { break }
      if ended < 0 && errno != EINTR { return .signalled(SIGKILL) }
      if clock.now >= deadline {
        kill(-process, SIGKILL)
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return .outOfTime
      }
      usleep(pause)
      pause = min(pause * 2, 8000)
    }
    let signal = status & 0x7f
    if signal == SIGXCPU { return .outOfTime }
    return signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
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
