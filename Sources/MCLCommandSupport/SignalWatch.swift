import Foundation
import Synchronization

/// Ctrl-C, SIGTERM and SIGHUP as a question to ask between steps.
///
/// The first is answered at once on standard error, with what ends before the process does. The second ends the process at
/// once: files get their names only when they are whole, so nothing is left half written.
package final class SignalWatch: Sendable {
  /// What the process is about, as far as it matters to a signal.
  package struct Phase: Sendable {
    /// What the first signal is answered with.
    package var answer: String
    /// Whether the process may end in the middle of it, as nothing is under way that is worth waiting for.
    package var endsAtOnce = false

    package static let loading = Phase(answer: "stopping once the inputs are read")
    package static let preparing = Phase(
      answer: "stopping, and keeping the motion of each video that is complete")
    package static let computing = Phase(answer: "stopping after this frame's flow")
    package static let compiling = Phase(
      answer: "stopped while compiling; nothing has changed", endsAtOnce: true)
    package static let starting = Phase(answer: "stopping before the first batch")
    package static let training = Phase(answer: "stopping after this batch and writing a checkpoint")
    package static let writing = Phase(answer: "stopping once this checkpoint is written")
    package static let extracting = Phase(
      answer: "stopping after this batch, and keeping the features of each video that is complete")
    package static let comparing = Phase(answer: "stopping after this block or step; all features are kept")
    package static let fitting = Phase(
      answer: "stopped while a support vector machine was trained; all features are kept", endsAtOnce: true)
    package static let picturing = Phase(
      answer: "stopping after this video's frames; all features are kept")
    package static let finishing = Phase(
      answer: "only the result is still to be written, which comes in a moment")
  }

  private struct State {
    package var phase: Phase
    package var received: Int32?
  }

  private let state: Mutex<State>

  /// Takes the signals from here on. To be called before threads are started: these must not take them.
  package init(_ phase: Phase = .loading) {
    state = Mutex(State(phase: phase))
    let numbers = [SIGINT, SIGTERM] + (Self.isIgnored(SIGHUP) ? [] : [SIGHUP])
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in numbers { sigaddset(&signals, number) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    // A shell has its background jobs ignore SIGINT; one that is sent to this process is meant all the same.
    for number in numbers { signal(number, SIG_DFL) }
    let waited = signals
    // A thread that does nothing else: it answers however busy the others are.
    let thread = Thread { [self] in
      var (signals, number) = (waited, Int32())
      while sigwait(&signals, &number) == 0 { receive(number) }
    }
    thread.name = "mcl signals"
    thread.start()
  }

  /// As nohup has SIGHUP, so that the work outlives its terminal.
  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    sigaction(number, nil, &action)
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  private func receive(_ number: Int32) {
    let (phase, isFirst) = state.withLock { state in
      defer { state.received = number }
      return (state.phase, state.received == nil)
    }
    guard isFirst else { Self.leave(number, "stopped at once; what was complete before is kept") }
    guard !phase.endsAtOnce else { Self.leave(number, phase.answer) }
    Self.tell("\(phase.answer); again to stop now")
  }

  /// Says what the process does now.
  package func enter(_ phase: Phase) {
    let received = state.withLock { state in
      state.phase = phase
      return state.received
    }
    if phase.endsAtOnce, let received { Self.leave(received, phase.answer) }
  }

  /// Runs work that asks no questions and leaves nothing half done: a signal then ends the process at once.
  package func leavingAtOnce<Result>(_ body: () throws -> Result) rethrows -> Result {
    enter(.compiling)
    defer { enter(.starting) }
    return try body()
  }

  private static func tell(_ text: String) {
    // On a terminal the line may hold a progress bar.
    say((isatty(STDERR_FILENO) == 1 ? "\n" : "") + "mclc: \(text)")
  }

  private static func leave(_ number: Int32, _ text: String) -> Never {
    tell(text)
    // Not exit(), whose handlers would take LLVM apart under threads that still compile.
    _exit(128 + number)
  }

  /// 128 and the signal's number once one came: 129, 130 or 143.
  package var exitCode: Int32? { state.withLock { $0.received.map { 128 + $0 } } }
}
