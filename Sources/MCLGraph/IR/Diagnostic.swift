/// Where in a model file something was written.
public struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
  public var file: String
  public var line: Int

  public init(file: String, line: Int) {
    self.file = file
    self.line = line
  }

  public var description: String { "\(file):\(line)" }
}

/// Why an operation cannot take its operands: one sentence, thrown by `Operation.infer`.
public struct ShapeError: Error, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

/// One mistake in a model: what, where in the file, where in the model.
public struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
  public var message: String
  public var path: String
  public var location: SourceLocation?
  /// The calls that led to the mistake, recorded where no location was given; `location` is then an operand's, which
  /// may stand far from the mistake.
  public var calls: CallStack?

  public init(_ message: String, path: String = "", location: SourceLocation? = nil) {
    self.message = message
    self.path = path
    self.location = location
  }

  /// A mistake in an expression: at its own location if it was given one; else, where calls are recorded, at the
  /// call that made it, and last at the operand that was written last.
  init(_ message: String, path: String, location: SourceLocation?, operands: [Tensor]) {
    self.init(
      message, path: path, location: location ?? operands.last { $0.location != nil }?.location)
    if location == nil { calls = ModelProcess.calls() }
  }

  public var description: String {
    let place = location.map { "\($0): " } ?? ""
    let within = path.isEmpty ? "" : "in '\(path)': "
    return "\(place)error: \(within)\(message)"
  }
}

/// All mistakes found in a model, thrown together when it is frozen.
public struct ModelError: Error, Sendable, CustomStringConvertible {
  public var diagnostics: [Diagnostic]

  public init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

  public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}
