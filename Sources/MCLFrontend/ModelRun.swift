import Foundation
import MCLGraph

/// A run of a compiled model, which writes the model's graph text, or mistakes.
struct ModelRun {
  let executable: String
  let sources: ModelSources
  let limits: ModelLoader.Limits
  let toolchain: Toolchain

  /// More than anyone reads; a mistake in a loop makes many.
  private static let mostMistakes = 100

  private var path: String { sources.files[0].path }

  /// Runs the executable with `settings` and gives the graph text and what the model printed besides; nil when a
  /// cached one does not run at all.
  /// - Throws: `ModelLoadError`: mistakes one a line, or how the run ended, each with the model's line.
  func graph(
    settings: [String: String], in folder: TemporaryFolder, isCached: Bool
  ) throws -> (text: String, printed: String)? {
    let graph = folder.file("graph.txt")
    // A signal that the model's process can answer with where it is.
    let child = ChildProcess(seconds: limits.runSeconds, memory: limits.runMemory, stopSignal: SIGABRT)
    let result = try child.run(
      executable,
      [graph, "\(ChildProcess.reportDescriptor)"]
        + settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
    if result.outcome == .exited(0), FileManager.default.fileExists(atPath: graph) {
      let bytes = try fileContents(graph, description: "graph", limit: 1 << 30)
      return (String(decoding: bytes, as: UTF8.self), result.output.text + result.errors.text)
    }
    let report = ModelReport(text: result.report.text)
    if result.outcome == .exited(126) || result.outcome == .exited(127) {
      if isCached { return nil }
      let lines = result.lastLines(5).joined(separator: " ")
      throw ModelLoadError("\(path): the compiled model cannot be run: \(lines)")
    }
    throw ModelLoadError(failure(result, report, folder))
  }

  private func failure(
    _ result: ChildProcess.Result, _ report: ModelReport, _ folder: TemporaryFolder
  ) -> String {
    let mistakes = report.diagnostics.isEmpty ? report.noted : report.diagnostics
    let stacks = mistakes.compactMap(\.calls) + report.traps.map(\.calls)
    let places = ModelPlaces(stacks, executable: executable, sources: sources, toolchain: toolchain)
    var lines: [String] = []
    // Programs share functions: a mistake is found once a program.
    var seen = Set<String>()
    for line in mistakes.map({ places.located($0).description }) where seen.insert(line).inserted {
      if seen.count <= Self.mostMistakes { lines.append(line) }
    }
    if seen.count > Self.mostMistakes { lines.append("and \(seen.count - Self.mostMistakes) more mistakes") }
    var errors = RuntimeErrors(result.errors)
    if report.diagnostics.isEmpty {
      var message: String?
      if case .signalled(let signal) = result.outcome { message = errors.takeMessage(signal) }
      let place =
        report.traps.lazy.compactMap({ places.location(of: $0.calls) }).first.map { "\($0): error" } ?? path
      lines.append("\(place): \(ending(result.outcome, report, message, places, folder))")
    }
    let printed = result.output.lastLines(20) + errors.lines.suffix(20)
    if !printed.isEmpty {
      lines.append("\(path): note: the model printed:")
      lines += printed
    }
    return lines.joined(separator: "\n")
  }

  /// How a run without mistakes of its own ended.
  private func ending(
    _ outcome: ChildProcess.Outcome, _ report: ModelReport, _ message: String?, _ places: ModelPlaces,
    _ folder: TemporaryFolder
  ) -> String {
    switch outcome {
    case .outOfTime:
      return "the model was not built after \(limits.runSeconds) s and was stopped; look for an endless loop"
    case .exited:
      if let failure = report.failure { return failure + folder.wantOfSpace }
      return "the model \(outcome.description) before it was built\(folder.wantOfSpace)"
    case .signalled(let signal):
      let reason =
        message ?? report.traps.last.flatMap { places.failedCheck($0.calls) } ?? self.reason(signal, report)
      return "the model crashed while it was built: \(reason)"
    }
  }

  /// What a signal means that came without a word.
  private func reason(_ signal: Int32, _ report: ModelReport) -> String {
    let calls = report.traps.last?.calls.addresses ?? []
    if signal == SIGSEGV, calls.count >= 64, Set(calls).count < calls.count / 4 {
      return "functions called each other until the stack was full; look for a recursion without end"
    }
    if signal == SIGILL || signal == SIGTRAP {
      return "a check of Swift's failed, such as for a number that is too large for its type"
    }
    let gibibytes = Double(limits.runMemory) / Double(1 << 30)
    return
      "signal \(signal) (\(String(cString: strsignal(signal)))), perhaps for want of memory beyond \(gibibytes) GiB"
  }
}

/// What a model's process wrote to standard error: what Swift says before it ends a process on purpose, and whatever
/// else the model wrote there.
private struct RuntimeErrors {
  private(set) var lines: [String]

  init(_ output: ProcessOutput) {
    lines = output.lastLines(400)
    // Swift's own list of calls has no lines of the model.
    guard let start = lines.lastIndex(of: "Current stack trace:") else { return }
    let end = lines[(start + 1)...].firstIndex { !($0.first?.isNumber ?? false) || !$0.contains(" 0x") }
    lines.removeSubrange(start..<(end ?? lines.count))
  }

  /// Takes out the reason that Swift gave, as in `Swift/Range.swift:761: Fatal error: …`; where a library ended the
  /// process, its last line.
  mutating func takeMessage(_ signal: Int32) -> String? {
    for (index, line) in lines.enumerated().reversed() {
      for mark in ["Fatal error", "Precondition failed", "Assertion failed"] {
        guard let range = line.range(of: mark) else { continue }
        lines.remove(at: index)
        let rest = line[range.upperBound...]
        return rest.hasPrefix(": ") ? String(rest.dropFirst(2)) : mark
      }
    }
    return signal == SIGABRT ? lines.popLast() : nil
  }
}
