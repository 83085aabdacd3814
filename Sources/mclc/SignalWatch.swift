import Dispatch
import Foundation
import Synchronization

/// Ctrl-C and SIGTERM as a question to ask between steps.
final class SignalWatch {
  private final class Received: Sendable {
    let number = Atomic<Int32>(0)
    let isLeaving = Atomic<Bool>(false)
  }

  private let received = Received()
  private var sources: [any DispatchSourceSignal] = []

  init() {
    // A queue of its own: the global ones have no thread left while kernels compile.
    let queue = DispatchQueue(label: "signals")
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { [received] in
        received.number.store(number, ordering: .sequentiallyConsistent)
        if received.isLeaving.load(ordering: .sequentiallyConsistent) { Self.leave(128 + number) }
      }
      source.resume()
      sources.append(source)
    }
  }

  /// Runs work that asks no questions and leaves nothing half done: a signal then ends the process at once.
  func leavingAtOnce<Result>(_ body: () throws -> Result) rethrows -> Result {
    received.isLeaving.store(true, ordering: .sequentiallyConsistent)
    defer { received.isLeaving.store(false, ordering: .sequentiallyConsistent) }
    if let exitCode { Self.leave(exitCode) }
    return try body()
  }

  private static func leave(_ code: Int32) -> Never {
    say("mclc: stopped before the first step; nothing was trained")
    // Not exit(), whose handlers would take LLVM apart under threads that still compile.
    _exit(code)
  }

  /// 130 or 143 once a signal came.
  var exitCode: Int32? {
    let number = received.number.load(ordering: .sequentiallyConsistent)
    return number == 0 ? nil : 128 + number
  }
}
