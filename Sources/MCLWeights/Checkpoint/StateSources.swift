import MCLGraph
import MCLSupport

/// Where each state of a program starts from: a tensor of one of several files, or a copy of a state that does.
///
/// A tensor is called by the state's own name, or by PyTorch's (`WeightNames`). This is the one way in which commands
/// find states in files.
public struct StateSources: Sendable {
  private struct Source: Sendable {
    var file: Int
    var tensor: String
    /// Whether the state starts as a copy of the state that the tensor is for.
    var isCopy = false
  }

  private let program: Graph
  private let files: [WeightFile]
  private var sources: [String: Source] = [:]
  /// Tensors that mean nothing to the model.
  public private(set) var unknown: [String] = []
  /// Tensors that were made for another number of classes.
  public private(set) var ofOtherClasses: [String] = []

  /// The states that no file gives, in the program's order.
  public var missing: [Graph.State] { program.states.filter { sources[$0.name] == nil } }

  /// Finds a tensor for each state of a program.
  ///
  /// - Parameters:
  ///   - model: the programs of the model; what is a name in one of them is no unknown tensor.
  ///   - files: later ones win.
  ///   - ignoringUnknown: whether tensors that mean nothing to the model are passed over.
  ///   - classes: how many classes the model tells apart, where tensors [C, …] of another number of them are passed over.
  /// - Throws: `UsageError` for a tensor that is unknown, of another shape than its state, or the second one for a state.
  public init(
    _ program: Graph, of model: [Graph], files: [WeightFile], ignoringUnknown: Bool = false,
    classes: Int? = nil
  ) throws {
    self.program = program
    self.files = files
    let declared = Dictionary(program.states.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var known = Set(declared.keys)
    for graph in model + [program] {
      known.formUnion(graph.states.map(\.name) + graph.inputs.map(\.name))
      known.formUnion((graph.outputs + graph.taps).map(\.name))
    }
    let names = WeightNames(model.flatMap(\.states) + program.states)
    for (number, file) in files.enumerated() {
      var own: [String: String] = [:]
      for tensor in file.tensors.names.sorted() {
        guard let state = names.states(tensor).lazy.compactMap({ declared[$0] }).first else {
          guard !names.states(tensor).contains(where: known.contains) else { continue }
          guard ignoringUnknown else {
            throw Self.unknownTensor(tensor, in: file, names, known)
          }
          unknown.append(tensor)
          continue
        }
        if let other = own.updateValue(tensor, forKey: state.name) {
          throw UsageError(
            "\(file.path): \(TensorFileError.quoted(other)) and \(TensorFileError.quoted(tensor)) are both state "
              + "'\(state.name)'; keep one of them")
        }
        if let classes, Self.isOfOtherClasses(file.tensors.entries[tensor]?.shape ?? [], state, classes) {
          ofOtherClasses.append(tensor)
          continue
        }
        try Self.expectShape(of: tensor, in: file, state)
        sources[state.name] = Source(file: number, tensor: tensor)
      }
    }
    // What starts as a copy of a state starts as a copy of the given one.
    for state in program.states where sources[state.name] == nil {
      guard case .copy(let origin) = state.initializer, var source = sources[origin] else { continue }
      source.isCopy = true
      sources[state.name] = source
    }
  }

  private static func unknownTensor(
    _ tensor: String, in file: WeightFile, _ names: WeightNames, _ known: Set<String>
  ) -> UsageError {
    let candidates = known.sorted() + known.sorted().compactMap(names.exported)
    let nearest = nearestName(to: tensor, in: candidates).map { " (the nearest is '\($0)')" } ?? ""
    return UsageError(
      "\(file.path): the model has no state or input \(TensorFileError.quoted(tensor))\(nearest); convert weights of "
        + "other programs with 'mclc import --model', or pass over such tensors with --ignore-unknown")
  }

  private static func isOfOtherClasses(_ shape: [Int], _ state: Graph.State, _ classes: Int) -> Bool {
    shape.count == state.type.rank && shape.first != classes && state.type.shape.first == classes
      && shape.dropFirst().elementsEqual(state.type.shape.dropFirst())
  }

  private static func expectShape(of tensor: String, in file: WeightFile, _ state: Graph.State) throws {
    guard let shape = file.tensors.entries[tensor]?.shape else { return }
    // Counters stand alone or in a list of one.
    let isScalar = state.type.count == 1 && shape.allSatisfy { $0 == 1 }
    guard shape == state.type.shape || isScalar else {
      throw UsageError(
        "\(file.path): \(TensorFileError.quoted(tensor)) has the shape \(shape), but the model's '\(state.name)' is "
          + "\(state.type); give the model the settings the weights were made with")
    }
  }

  /// A state's start; nil where no file gives it.
  /// - Throws: `UsageError` for numbers that the state cannot hold, `TensorFileError` where the file cannot be read.
  public func value(_ state: Graph.State) throws -> Value? {
    guard let source = sources[state.name] else { return nil }
    return try files[source.file].tensors.value(source.tensor, as: state.type)
  }

  /// What comes from where, a sentence each.
  /// - Parameter otherwise: what becomes of the states that no file gives, such as `started anew`.
  public func summary(otherwise: String) -> [String] {
    func list(_ names: [String]) -> String {
      names.prefix(6).joined(separator: ", ") + (names.count > 6 ? " and \(names.count - 6) more" : "")
    }
    var lines: [String] = []
    for (number, file) in files.enumerated() {
      let own = sources.values.filter { $0.file == number }
      let copies = own.count(where: \.isCopy)
      guard !own.isEmpty else { continue }
      lines.append(
        "\(file.path): \(own.count - copies) of the \(program.states.count) states of '\(program.name)'"
          + (copies > 0 ? ", and \(copies) that start as copies of these" : ""))
    }
    if !ofOtherClasses.isEmpty {
      lines.append(
        "of another number of classes, so that the model's own start anew (\(ofOtherClasses.count)): \(list(ofOtherClasses))"
      )
    }
    if !missing.isEmpty { lines.append("\(otherwise) (\(missing.count)): \(list(missing.map(\.name)))") }
    if !unknown.isEmpty {
      lines.append("not of the model and passed over (\(unknown.count)): \(list(unknown))")
    }
    return lines
  }
}
