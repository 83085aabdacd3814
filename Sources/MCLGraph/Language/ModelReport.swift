/// What the process that builds a model tells the one that started it, beside the graph: mistakes with the
/// addresses of the calls that led to them, and how it ended. One line of text each, fields parted by tabs.
package struct ModelReport: Sendable, Equatable {
  /// A signal that met the process, such as a failed check of Swift's.
  package struct Trap: Sendable, Equatable {
    package var signal: Int32
    package var calls: CallStack

    package init(signal: Int32, calls: CallStack) {
      self.signal = signal
      self.calls = calls
    }
  }

  /// Mistakes as they were made. Some may never have mattered, so they count only where the process trapped.
  package var noted: [Diagnostic] = []
  /// The mistakes because of which there is no graph.
  package var diagnostics: [Diagnostic] = []
  /// Why the graph could not be written.
  package var failure: String?
  /// The signals that met the process: one that ended it, or some that asked where it was.
  package var traps: [Trap] = []

  /// Reads a report; lines that are none, as a process leaves when it is killed, are skipped.
  package init(text: String) {
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      switch fields[0] {
      case "noted": if let diagnostic = Self.diagnostic(fields) { noted.append(diagnostic) }
      case "mistake": if let diagnostic = Self.diagnostic(fields) { diagnostics.append(diagnostic) }
      case "failure": if fields.count == 2 { failure = String(fields[1]) }
      case "trap":
        if fields.count == 3, let signal = Int32(fields[1]) {
          traps.append(Trap(signal: signal, calls: CallStack(text: fields[2])))
        }
      default: break
      }
    }
  }

  private static func diagnostic(_ fields: [Substring]) -> Diagnostic? {
    guard fields.count == 6, let line = Int(fields[2]) else { return nil }
    let location = line == 0 ? nil : SourceLocation(file: String(fields[1]), line: line)
    let calls = CallStack(text: fields[5])
    var diagnostic = Diagnostic(String(fields[4]), path: String(fields[3]), location: location)
    diagnostic.calls = calls.addresses.isEmpty ? nil : calls
    return diagnostic
  }

  /// The line of a diagnostic, under `kind`: `noted` or `mistake`.
  static func line(_ kind: String, _ diagnostic: Diagnostic) -> String {
    [
      kind, diagnostic.location?.file ?? "", "\(diagnostic.location?.line ?? 0)", diagnostic.path,
      diagnostic.message, diagnostic.calls?.text ?? "",
    ].map(field).joined(separator: "\t") + "\n"
  }

  static func line(failure: String) -> String { "failure\t\(field(failure))\n" }

  /// Names that users give may hold what parts fields and lines.
  private static func field(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0.value < 0x20 }) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
  }
}
