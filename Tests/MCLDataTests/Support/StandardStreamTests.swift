import Foundation
import MCLSupport
import Testing

/// Messages that nobody takes cost no more than a moment; results that nobody takes are an error.
@Suite struct StandardStreamTests {
  /// A pipe; both ends are closed with it.
  private final class Pipe {
    let (reader, writer): (Int32, Int32)

    init() throws {
      var ends: [Int32] = [0, 0]
      try #require(pipe(&ends) == 0)
      (reader, writer) = (ends[0], ends[1])
      // A write to a pipe without a reader must fail, as it does in the program.
      signal(SIGPIPE, SIG_IGN)
    }

    deinit {
      close(writer)
      close(reader)
    }

    var flags: Int32 { fcntl(writer, F_GETFL) }

    /// Fills it up and leaves it blocking, or not.
    func fill(isBlocking: Bool) -> Int {
      let before = flags
      _ = fcntl(writer, F_SETFL, before | O_NONBLOCK)
      var (count, bytes) = (0, [UInt8](repeating: UInt8(ascii: "x"), count: 4096))
      while true {
        let written = write(writer, &bytes, bytes.count)
        guard written > 0 else { break }
        count += written
      }
      if isBlocking { _ = fcntl(writer, F_SETFL, before) }
      return count
    }

    /// What is in it, at most so many bytes.
    func read(_ count: Int) -> String {
      var bytes = [UInt8](repeating: 0, count: count)
      let got = Foundation.read(reader, &bytes, count)
      return String(decoding: bytes.prefix(max(got, 0)), as: UTF8.self)
    }
  }

  @Test(.timeLimit(.minutes(1)), arguments: [true, false])
  func aFullPipeIsWaitedForOnceAndToldOfLater(_ isBlocking: Bool) throws {
    let pipe = try Pipe()
    var filled = pipe.fill(isBlocking: isBlocking)
    let flags = pipe.flags
    var stream = MessageStream(pipe.writer, patience: .milliseconds(200))
    let start = ContinuousClock.now
    for number in 0..<1000 { stream.write("lost \(number)\n") }
    let waited = start.duration(to: .now)
    #expect(waited >= .milliseconds(200) && waited < .seconds(30), "\(waited)")
    while filled > 0 { filled -= pipe.read(filled).utf8.count }
    stream.write("kept\n")
    #expect(pipe.read(4096) == "[1000 messages could not be written here]\nkept\n")
    #expect(pipe.flags == flags, "other processes share these")
  }

  @Test(.timeLimit(.minutes(1))) func aSlowReaderGetsEverything() throws {
    let pipe = try Pipe()
    _ = pipe.fill(isBlocking: true)
    var stream = MessageStream(pipe.writer, patience: .seconds(30))
    let long = String(repeating: "0123456789", count: 30_000)
    let reader = pipe.reader
    let all = DispatchSemaphore(value: 0)
    let thread = Thread {
      var bytes = [UInt8](repeating: 0, count: 10_000)
      var zeros = 0
      while zeros < 30_000 {
        usleep(500)
        let count = read(reader, &bytes, bytes.count)
        guard count > 0 else { return }
        zeros += bytes.prefix(count).count { $0 == UInt8(ascii: "0") }
      }
      all.signal()
    }
    thread.start()
    stream.write(long)
    #expect(all.wait(timeout: .now() + 30) == .success)
  }

  @Test func whatCannotBeWrittenIsDropped() throws {
    let full = open("/dev/full", O_WRONLY)
    defer { close(full) }
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    signal(SIGPIPE, SIG_IGN)
    close(ends[0])
    let unread = ends[1]
    defer { close(unread) }
    let readOnly = open("/dev/null", O_RDONLY)
    defer { close(readOnly) }
    for descriptor in [full, unread, readOnly, 9999, -1] {
      var stream = MessageStream(descriptor)
      let start = ContinuousClock.now
      for _ in 0..<100 { stream.write("nobody reads this\n") }
      #expect(start.duration(to: .now) < .seconds(5))
    }
  }

  @Test func aResultThatCannotBeWrittenIsAnError() throws {
    func error(_ descriptor: Int32) throws -> StandardOutputError {
      try #require(throws: StandardOutputError.self) { try StandardOutput.write("result\n", to: descriptor) }
    }
    let full = open("/dev/full", O_WRONLY)
    defer { close(full) }
    #expect(try error(full).code == ENOSPC)
    #expect(
      try error(full).description
        == "standard output cannot be written (No space left on device), so the result is not complete; free room or "
        + "send it elsewhere")
    #expect(try error(9999).code == EBADF)
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    signal(SIGPIPE, SIG_IGN)
    close(ends[0])
    defer { close(ends[1]) }
    #expect(try error(ends[1]).isBrokenPipe)
  }

  @Test(.timeLimit(.minutes(1))) func aResultWaitsForItsReader() throws {
    let pipe = try Pipe()
    let filled = pipe.fill(isBlocking: false)
    let reader = pipe.reader
    let thread = Thread {
      usleep(100_000)
      var bytes = [UInt8](repeating: 0, count: 1 << 20)
      var left = filled
      while left > 0 { left -= max(read(reader, &bytes, left), 0) }
    }
    thread.start()
    try StandardOutput.write("result\n", to: pipe.writer)
    #expect(pipe.read(4096) == "result\n")
  }
}
