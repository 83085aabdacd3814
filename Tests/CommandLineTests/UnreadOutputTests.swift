import Foundation
import MCLTestKit
import Testing

/// Where output cannot be written: messages are dropped and the work goes on; a result that is lost is an error.
@Suite struct UnreadOutputTests {
  private static let schedule = ["check", "schedule", "Tests/Goldens/schedule.safetensors"]
  private static let graph = ["compile", "models/tiny.mcl", "--program", "embed", "--emit", "graph"]

  @Test(arguments: [
    ["--help"], ["--version"], ["help", "train"], ["bench"], schedule, schedule + ["--json"], graph,
  ])
  func aResultThatIsLostIsAnError(_ arguments: [String]) throws {
    let sentence = "so the result is not complete; free room or send it elsewhere\n"
    let full = try ShellRun.outcome(#""$@" > /dev/full"#, arguments)
    #expect(full.code == 1, "\(full)")
    #expect(full.errors == "mclc: standard output cannot be written (No space left on device), " + sentence)
    let closed = try ShellRun.outcome(#""$@" >&-"#, arguments)
    #expect(closed.code == 1, "\(closed)")
    #expect(closed.errors == "mclc: standard output cannot be written (Bad file descriptor), " + sentence)
    // A reader that has left wants no message.
    let left = try ShellRun.outcome(#"{ sleep 0.2; "$@"; echo "code $?" >&2; } | :"#, arguments)
    #expect(left.errors == "code 1\n")
    let right = try ShellRun.outcome(#""$@""#, arguments)
    #expect(right.code == 0 && right.errors.isEmpty && !right.output.isEmpty)
  }

  @Test func aFailureNobodyReadsHasItsExitCode() throws {
    for target in ["2>&-", "2>/dev/full", ">&- 2>&- <&-"] {
      #expect(try ShellRun.outcome("\"$@\" \(target)", ["compile", "models/nope.mcl"]).code == 2)
      #expect(try ShellRun.outcome("\"$@\" \(target)", ["--nonsense"]).code == 2)
    }
  }

  /// Without standard error, with a full one, with one whose reader has left, and with pipes that nobody drains.
  @Test(.timeLimit(.minutes(10 * patience))) func aTrainingEndsThoughNobodyReads() throws {
    let small = try SmallRun("output")
    let steps = soakFactor > 1 ? 300 : 4
    func arguments(_ run: String) -> [String] {
      [
        "train", "models/tiny.mcl", "--data", small.data, "--out", run, "--cache", small.folder + "/motion",
        "--steps", "\(steps)", "--checkpoint-every", "2",
      ] + SmallRun.set
    }
    let whole = try ShellRun.outcome(#""$@""#, arguments(small.run))
    #expect(whole.code == 0, "\(whole.errors)")
    let expected = try #require(small.bytes(small.checkpoint(steps)))
    for (number, script) in [
      #""$@" 2>&-"#, #""$@" <&- >&- 2>&-"#, #""$@" 2>/dev/full"#,
      #"{ "$@" 2>&3; echo $? > "$OUT"; } 3>&1 | :"#,
    ].enumerated() {
      let run = small.folder + "/closed-\(number)"
      let code = small.folder + "/code-\(number)"
      let outcome = try ShellRun.outcome(script, arguments(run), environment: ["OUT": code])
      #expect(outcome.code == 0)
      if let text = small.bytes(code) { #expect(String(decoding: text, as: UTF8.self) == "0\n") }
      #expect(small.bytes(small.checkpoint(steps, in: run)) == expected, "\(script)")
      #expect(small.bytes(run + "/log.jsonl") == small.bytes(small.run + "/log.jsonl"), "\(script)")
    }
    for isBlocking in [true, false] {
      let run = small.folder + "/pipe-\(isBlocking)"
      let pipe = try fullPipe(isBlocking: isBlocking)
      let outcome = try ShellRun.outcome(#"exec "$@""#, arguments(run), errors: pipe.fileHandleForWriting)
      #expect(outcome.code == 0)
      #expect(small.bytes(small.checkpoint(steps, in: run)) == expected, "blocking: \(isBlocking)")
      withExtendedLifetime(pipe) {}
    }
  }

  private func fullPipe(isBlocking: Bool) throws -> Pipe {
    let pipe = Pipe()
    let writer = pipe.fileHandleForWriting.fileDescriptor
    let flags = fcntl(writer, F_GETFL)
    try #require(fcntl(writer, F_SETFL, flags | O_NONBLOCK) == 0)
    let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 4096)
    while write(writer, bytes, bytes.count) > 0 {}
    if isBlocking { try #require(fcntl(writer, F_SETFL, flags) == 0) }
    return pipe
  }

  @Test func threadsFollowTheProcessorsThatMayBeUsed() throws {
    let arguments = ["bench", "flow", "--size", "40x52", "--rounds", "1", "--pairs", "1", "--json"]
    func threads(_ script: String, _ environment: [String: String]) throws -> Int? {
      let outcome = try ShellRun.outcome(script, arguments, environment: environment)
      let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
      return object?["threads"] as? Int
    }
    // The first processor of those that the tests may use.
    let one =
      #"unset MCL_THREADS; exec taskset -c "$(sed -n 's/^Cpus_allowed_list:[^0-9]*\([0-9]*\).*/\1/p' /proc/self/status)" "$@""#
    #expect(try threads(one, [:]) == 1)
    #expect(try threads(one.replacing("unset MCL_THREADS; ", with: ""), ["MCL_THREADS": "3"]) == 3)
  }
}
