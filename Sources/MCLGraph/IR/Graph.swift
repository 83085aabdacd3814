/// A frozen program: its operations in topological order and the names that the outside knows.
///
/// Passes take one and return another. Analyses are arrays beside `entries`, computed where they are needed.
public struct Graph: Sendable {
  /// One value of a program: the result of an operation, an input or a state.
  public struct Entry: Sendable {
    package var operation: any Operation
    package var operands: [Int]
    /// The element type and the shape of the value.
    public var type: TensorType
    /// The place in the model, such as `query.layer1.0.conv1`; empty where it has none.
    public var path: String
    /// The line of the model file that it comes from; nil where that is not known.
    public var location: SourceLocation?

    package init(
      _ operation: any Operation, _ operands: [Int], _ type: TensorType, path: String = "",
      location: SourceLocation? = nil
    ) {
      self.operation = operation
      self.operands = operands
      self.type = type
      self.path = path
      self.location = location
    }
  }

  /// A value that the caller gives at every run; a scalar one has a default that `--set` changes.
  public struct Input: Sendable, Hashable {
    /// The name, which no other input or state of the program has.
    public var name: String
    /// The element type and the shape that every run gives.
    public var type: TensorType
    /// What a run takes where it is given nothing; nil where every run must give the input.
    public var defaultValue: Scalar?
    /// Where training takes the values from; nil where only the caller knows.
    public var source: Source?

    package init(name: String, type: TensorType, defaultValue: Scalar? = nil, source: Source? = nil) {
      self.name = name
      self.type = type
      self.source = source
      self.defaultValue = defaultValue?.held(by: type.element)
    }
  }

  /// A value that lives from run to run: parameters, momenta, statistics, the queue.
  public struct State: Sendable, Hashable {
    /// What a state is to the model. The raw values are the words of the text form.
    public enum Role: String, Sendable, Hashable, CaseIterable {
      /// A parameter that gradient descent changes.
      case trained
      /// What a layer keeps beside its parameters, such as running statistics.
      case buffer
      /// Anything else that lives from run to run: momenta, queues, copies of parameters.
      case kept
    }

    /// The name. Programs of one model share states by it.
    public var name: String
    /// The element type and the shape, the same in all programs of the model.
    public var type: TensorType
    /// How the state starts where no checkpoint gives it.
    public var initializer: Initializer
    /// What the state is to the model: a parameter, a buffer of a layer, or neither.
    public var role: Role

    package init(name: String, type: TensorType, initializer: Initializer, role: Role) {
      self.name = name
      self.type = type
      self.initializer = initializer.held(by: type.element)
      self.role = role
    }

    package init(name: String, type: TensorType, initializer: Initializer, isTrainable: Bool) {
      self.init(name: name, type: type, initializer: initializer, role: isTrainable ? .trained : .kept)
    }

    /// Whether training changes it by gradient descent.
    public var isTrainable: Bool { role == .trained }

    /// Whether it belongs to the network itself: a parameter or a buffer of a layer.
    public var isWeight: Bool { role != .kept }
  }

  /// A name of one value of the program: of an output, an update or a tap.
  public struct Named: Sendable, Hashable {
    /// The name; of an update, that of its state.
    public var name: String
    /// The position of the value in `Graph.entries`.
    public var entry: Int

    package init(_ name: String, _ entry: Int) {
      self.name = name
      self.entry = entry
    }
  }

  /// The name of the program, such as `step`.
  public var name: String
  /// All values that the program computes or reads, operands before their users.
  /// `Named.entry` counts from 0 here.
  public var entries: [Entry] = []
  /// What every run is given, in the order of declaration.
  public var inputs: [Input] = []
  /// What lives from run to run, in the order of declaration.
  public var states: [State] = []
  /// What a run gives, in the order of `Step.outputs`.
  public var outputs: [Named] = []
  /// The values that outputs have where nothing has been learnt, by their names: `log(n)` for a cross-entropy over n
  /// classes, `1/n` for its accuracy. What watches a run shows them beside the outputs; no number depends on them.
  public var chances: [String: Double] = [:]
  /// The new values of states, all read before any is written: an update never sees another one of the same run.
  public var updates: [Named] = []
  /// Values inside the program that can be watched; they are computed only when asked for.
  public var taps: [Named] = []
  /// What a run is watched by; no number depends on it.
  public var watches: [Watch] = []
  /// How several runs make a step; nil where each run is one.
  public var accumulation: Accumulation?

  package init(name: String) { self.name = name }

  /// Entries that are kept alive by their names.
  public var roots: [Int] { (outputs + updates + taps).map(\.entry) }

  /// For every entry, how many operands and names refer to it.
  public func useCounts() -> [Int] {
    var counts = [Int](repeating: 0, count: entries.count)
    for entry in entries { for operand in entry.operands { counts[operand] += 1 } }
    for root in roots { counts[root] += 1 }
    return counts
  }

  /// Every entry's type inferred anew; throws a diagnostic at the first that does not agree. Run after each pass.
  public func verify() throws {
    for (index, entry) in entries.enumerated() {
      guard entry.operands.allSatisfy({ $0 >= 0 && $0 < index }) else {
        throw diagnosed("%\(index) (\(entry.operation.name)) uses a value defined after it", entry)
      }
      let inferred: TensorType
      do {
        inferred = try entry.operation.infer(entry.operands.map { entries[$0].type })
      } catch { throw diagnosed("%\(index): \(error)", entry) }
      guard inferred == entry.type else {
        throw diagnosed("%\(index) (\(entry.operation.name)) says \(entry.type) but is \(inferred)", entry)
      }
    }
    for root in roots where root < 0 || root >= entries.count {
      throw ModelError([Diagnostic("a name refers to %\(root), which is not in program '\(name)'")])
    }
    let types = Dictionary(states.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
    for update in updates {
      guard let type = types[update.name] else {
        throw ModelError([Diagnostic("update of '\(update.name)', which is no state of program '\(name)'")])
      }
      guard entries[update.entry].type == type else {
        throw diagnosed(
          "state '\(update.name)' is \(type) but its update is \(entries[update.entry].type)",
          entries[update.entry])
      }
    }
  }

  private func diagnosed(_ message: String, _ entry: Entry) -> ModelError {
    ModelError([Diagnostic(message, path: entry.path, location: entry.location)])
  }
}

/// What a model file declares: its programs over shared states, and the settings they were built with.
public struct Module: Sendable {
  /// The name of the model.
  public var name: String
  /// Every setting the model read, with the value it got, in the order of reading.
  public var settings: [(key: String, value: String)] = []
  /// The programs, in the order of the model file.
  public var programs: [Graph] = []

  package init(name: String) { self.name = name }

  /// Gives every input of a name a default that `text` says, as its elements hold it.
  /// - Throws: `ShapeError` when it is no finite number, or not one that they hold.
  package mutating func setDefault(_ name: String, _ text: String) throws {
    for program in programs.indices {
      for input in programs[program].inputs.indices where programs[program].inputs[input].name == name {
        let element = programs[program].inputs[input].type.element
        let written = Int64(text).map { Scalar.integer($0) } ?? Double(text).map { Scalar.float($0) }
        guard let number = written?.held(by: element), number.double.isFinite else {
          throw ShapeError("'\(text)' is not a finite number")
        }
        try number.check(element)
        programs[program].inputs[input].defaultValue = number
      }
    }
  }

  /// The program of this name.
  /// - Throws: `ModelError` with the names that there are, where none is called so.
  public func program(_ name: String) throws -> Graph {
    if let program = programs.first(where: { $0.name == name }) { return program }
    let known = programs.map { "'\($0.name)'" }.joined(separator: ", ")
    throw ModelError([Diagnostic("model '\(self.name)' has no program '\(name)'; it has \(known)")])
  }
}
