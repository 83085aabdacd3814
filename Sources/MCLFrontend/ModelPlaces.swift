import MCLGraph

/// The lines of a model's own files that recorded calls belong to.
struct ModelPlaces {
  private let frames: [UInt: [Symbolizer.Frame]]
  private let sources: ModelSources

  /// Looks up all calls of `stacks` at once. Where no symbolizer is installed, none is known.
  init(_ stacks: [CallStack], executable: String, sources: ModelSources, toolchain: Toolchain) {
    self.sources = sources
    var seen = Set<UInt>()
    let addresses = stacks.flatMap(\.addresses).filter { seen.insert($0).inserted }
    frames =
      addresses.isEmpty ? [:] : toolchain.symbolizer?.frames(of: addresses, in: executable) ?? [:]
  }

  /// The innermost call that stands in a file of the model.
  func location(of calls: CallStack) -> SourceLocation? {
    for frame in calls.addresses.flatMap({ frames[$0] ?? [] }) where frame.line > 0 {
      if let file = sources.file(named: frame.file) {
        return SourceLocation(file: file.path, line: frame.line)
      }
    }
    return nil
  }

  /// The diagnostic at the place of its calls, where that is known, with the file's path as the user wrote it.
  func located(_ diagnostic: Diagnostic) -> Diagnostic {
    var diagnostic = diagnostic
    if let location = diagnostic.calls.flatMap(location) {
      diagnostic.location = location
    } else if let file = diagnostic.location.flatMap({ sources.file(named: $0.file) }) {
      diagnostic.location?.file = file.path
    }
    diagnostic.calls = nil
    return diagnostic
  }

  /// What Swift checked where it trapped without a message, by the name that its compiler gives such a check.
  func failedCheck(_ calls: CallStack) -> String? {
    let mark = "Swift runtime failure: "
    guard let innermost = calls.addresses.first.flatMap({ frames[$0]?.first?.function }),
      innermost.hasPrefix(mark)
    else { return nil }
    return String(innermost.dropFirst(mark.count))
  }
}
