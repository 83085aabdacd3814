/// Where in a model file something was written.
public struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
  /// The path of the file, as `#filePath` gives it.
  public var file: String
  /// The line, counted from 1.
  public var line: Int

  /// A line of a file. A layer of your own keeps where it was written, for mistakes in it:
  /// `SourceLocation(file: #filePath, line: #line)`.
  public init(file: String, line: Int) {
    self.file = file
    self.line = line
  }

  /// As compilers write it: `model.mcl:12`.
  public var description: String { "\(file):\(line)" }
}

/// Why an operation cannot take its operands: one sentence, thrown by `Operation.infer`.
public struct ShapeError: Error, Sendable, CustomStringConvertible {
  /// The sentence: what is wrong, and what would be right.
  public let description: String

  package init(_ description: String) { self.description = description }
}

/// One mistake in a model: what, where in the file, where in the model.
public struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
  /// What is wrong, and what would be right, without the place.
  public var message: String
  /// The place in the model, such as `query.layer1.0.conv1`; empty where it has none.
  public var path: String
  /// The line of the model file; nil where it is not known.
  public var location: SourceLocation?
  /// The calls that led to the mistake, recorded where no location was given; `location` is then an operand's, which
  /// may stand far from the mistake.
  package var calls: CallStack?

  /// A mistake, for a rule of your own. `Tensor(poisonedBy:)` makes a tensor of it that reports it.
  /// - Parameters:
  ///   - message: what is wrong, and what would be right.
  ///   - path: the place in the model, such as `Scope.path`.
  ///   - location: the line to report; where it is nil, a model file's own calls are searched for it.
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

  /// As compilers write it: `model.mcl:12: error: in 'fc': …`, without what is not known.
  public var description: String {
    let place = location.map { "\($0): " } ?? ""
    let within = path.isEmpty ? "" : "in '\(path)': "
    return "\(place)error: \(within)\(message)"
  }
}

/// All mistakes found in a model, thrown together when it is frozen.
public struct ModelError: Error, Sendable, CustomStringConvertible {
  /// The mistakes, each with its place.
  public var diagnostics: [Diagnostic]

  package init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

  /// All mistakes, a line each.
  public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}
