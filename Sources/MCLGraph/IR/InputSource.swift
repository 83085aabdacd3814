extension Graph {
  /// Where training takes an input's values from: a field that a feeder gives, and how it is wanted.
  ///
  /// Feeders are no part of the graph: which there are, what fields they give and what attributes these take is known to
  /// who runs the program. In the text form it stands behind the input's type: `from tubelets.clip moment="first"`.
  public struct Source: Sendable, Hashable {
    /// The feeder's name: a word.
    public var feeder: String
    /// The field's name: a word.
    public var field: String
    /// How the field is wanted, by words.
    public var attributes: [String: Attribute]

    /// A field of a feeder of one's own, for `context.input(_:_:from:)`.
    /// - Parameters:
    ///   - feeder: the feeder's name.
    ///   - field: what it gives.
    ///   - attributes: how the field is wanted; the feeder knows which there are.
    public init(_ feeder: String, _ field: String, _ attributes: [String: Attribute] = [:]) {
      (self.feeder, self.field, self.attributes) = (feeder, field, attributes)
    }

    /// What the text form says: `tubelets.clip moment="first" step=2`.
    public var text: String {
      attributes.sorted { $0.key < $1.key }.reduce("\(feeder).\(field)") {
        $0 + " \($1.key)=\($1.value.text)"
      }
    }

    /// - Throws: `ShapeError` where a name is no word of letters, digits and `_`.
    func check() throws {
      for word in [feeder, field] + attributes.keys.sorted() where !Self.isWord(word) {
        throw ShapeError("'\(word)' is no name of a feeder, field or attribute; use letters, digits and '_'")
      }
    }

    private static func isWord(_ text: String) -> Bool {
      !text.isEmpty && text.utf8.allSatisfy(LineScanner.isWordByte)
    }
  }

  /// What people and tools look at in a program besides its numbers: names of outputs, taps, inputs and states.
  public enum Watch: Sendable, Hashable {
    /// A contrast: unit vectors [N, d], their positives [N, d] each, and the state [K, d] of negatives, which grows at the
    /// row that the i64 state `cursor` names.
    case embeddings(queries: String, positives: [String], queue: String, cursor: String)
    /// Where the network looks at the clip of an input: a value [N, t, h, w].
    case saliency(value: String, clip: String)
    /// A classification: scores [N, C], and the i64 input [N] of the right classes.
    case classes(scores: String, labels: String)
  }

  /// Several runs that make one step: the i64 state [] `counter` counts them and is 0 when a step is whole.
  public struct Accumulation: Sendable, Hashable {
    /// The name of the i64 state [] that counts runs; it is 0 when a step is whole.
    public var counter: String
    /// How many runs make one step, at least 1.
    public var runs: Int

    /// `runs` runs of the program make one step, counted by the i64 state [] `counter`.
    ///
    /// The program itself adds up gradients and sets the counter. Building the model
    /// throws a `ModelError` where there is no such state, or `runs` is below 1.
    public init(counter: String, runs: Int) { (self.counter, self.runs) = (counter, runs) }
  }
}

extension Graph.Watch {
  /// What the text form says after the word `watch`.
  var text: String {
    func list(_ names: [String]) -> String { names.map(quoted).joined(separator: ", ") }
    return switch self {
    case .embeddings(let queries, let positives, let queue, let cursor):
      "embeddings \(quoted(queries)) positives [\(list(positives))] queue \(quoted(queue)) cursor \(quoted(cursor))"
    case .saliency(let value, let clip): "saliency \(quoted(value)) clip \(quoted(clip))"
    case .classes(let scores, let labels): "classes \(quoted(scores)) labels \(quoted(labels))"
    }
  }

  /// The outputs and taps that must be computed for it.
  public var values: [String] {
    switch self {
    case .embeddings(let queries, let positives, _, _): [queries] + positives
    case .saliency(let value, _): [value]
    case .classes(let scores, _): [scores]
    }
  }
}

extension Graph {
  /// - Throws: `ShapeError` for a source, watch or accumulation that names what the program has not, or not so.
  func checkPurposes() throws {
    for input in inputs {
      guard let source = input.source else { continue }
      do { try source.check() } catch { throw ShapeError("input '\(input.name)': \(error)") }
      guard input.defaultValue == nil else {
        throw ShapeError("input '\(input.name)' has both a default and a source; leave one out")
      }
    }
    let values = Dictionary(
      (outputs + taps).map { ($0.name, entries[$0.entry].type) }, uniquingKeysWith: { first, _ in first })
    let given = Dictionary(inputs.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
    let kept = Dictionary(states.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
    func type(_ name: String, _ kind: String, in known: [String: TensorType]) throws -> TensorType {
      if let type = known[name] { return type }
      let nearest = nearestName(to: name, in: known.keys.sorted()).map { "; did you mean '\($0)'?" } ?? ""
      throw ShapeError("what is watched names the \(kind) '\(name)', which the program has not\(nearest)")
    }
    func expect(_ name: String, _ kind: String, _ type: TensorType, _ holds: Bool, _ wanted: String) throws {
      guard !holds else { return }
      throw ShapeError("what is watched names the \(kind) '\(name)', which is \(type), not \(wanted)")
    }
    func counter(_ name: String) throws {
      let found = try type(name, "state", in: kept)
      try expect(name, "state", found, found == TensorType(.int64, []), "i64[]")
    }
    for watch in watches {
      switch watch {
      case .embeddings(let queries, let positives, let queue, let cursor):
        let wanted = try type(queries, "value", in: values)
        try expect(queries, "value", wanted, wanted.element == .float32 && wanted.rank == 2, "f32 [N, d]")
        for name in positives {
          let found = try type(name, "value", in: values)
          try expect(name, "value", found, found == wanted, "\(wanted) as '\(queries)'")
        }
        let rows = try type(queue, "state", in: kept)
        try expect(
          queue, "state", rows,
          rows.element == .float32 && rows.rank == 2 && rows.shape[1] == wanted.shape[1],
          "f32 [K, \(wanted.shape[1])]")
        try counter(cursor)
      case .saliency(let value, let clip):
        let found = try type(value, "value", in: values)
        try expect(value, "value", found, found.element == .float32 && found.rank == 4, "f32 [N, t, h, w]")
        let pictures = try type(clip, "input", in: given)
        try expect(clip, "input", pictures, pictures.rank == 5, "f32 [N, 3, T, H, W]")
      case .classes(let scores, let labels):
        let found = try type(scores, "value", in: values)
        try expect(scores, "value", found, found.element == .float32 && found.rank == 2, "f32 [N, C]")
        let right = try type(labels, "input", in: given)
        try expect(
          labels, "input", right, right == TensorType(.int64, [found.shape[0]]), "i64[\(found.shape[0])]")
      }
    }
    guard let accumulation else { return }
    try counter(accumulation.counter)
    guard accumulation.runs >= 1 else {
      throw ShapeError("a step of \(accumulation.runs) runs cannot be; give at least 1")
    }
  }
}
