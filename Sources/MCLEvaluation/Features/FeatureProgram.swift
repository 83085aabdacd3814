import MCLExecution
import MCLGraph
import MCLRuntime
import MCLSupport

/// A program of a model that makes features of clips: which clip it takes, and which of its values is the feature.
///
/// No name means anything: any program serves that changes no state, takes one clip of a video and gives f32 [N, D] or
/// [N, D, …], which is averaged over what follows D.
package struct FeatureProgram: Sendable {
  /// The program with the feature as its only output.
  package let graph: Graph
  package let clip: VideoFields.Clip
  /// The output or the tap that is the feature.
  package let output: String
  /// N, clips in a run.
  package let batch: Int
  /// D, numbers of a feature.
  package let width: Int
  /// Numbers of the value that are averaged to one of the feature; 1 for [N, D].
  package let pooled: Int
  /// Inputs that the feature does not depend on.
  package let idleInputs: [Graph.Input]
  /// States that the feature depends on, in the program's order.
  package let liveStates: [Graph.State]

  /// What a program is called that is taken before others.
  private static let usualName = "embed"

  /// The program that makes a model's features.
  ///
  /// - Parameters:
  ///   - name: of the program; nil for the one that updates nothing and has one f32 output [N, D].
  ///   - layer: the output or the tap that is the feature; nil for that output.
  /// - Throws: `UsageError` where there is none, or several.
  package static func chosen(in module: Module, program name: String?, layer: String?) throws -> Self {
    if let name {
      guard let program = module.programs.first(where: { $0.name == name }) else {
        let known = module.programs.map { "'\($0.name)'" }.joined(separator: ", ")
        let nearest =
          nearestName(to: name, in: module.programs.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
        throw UsageError("model '\(module.name)' has no program '\(name)' among \(known)\(nearest)")
      }
      return try Self(program, layer: layer)
    }
    var found: [Self] = []
    var reasons: [String] = []
    for program in module.programs where program.updates.isEmpty {
      do { found.append(try Self(program, layer: layer)) } catch let error as UsageError {
        reasons.append("\(error)")
      }
    }
    if let usual = found.first(where: { $0.graph.name == usualName }) { return usual }
    // What takes labels measures; what takes a clip alone embeds.
    let alone = found.filter(\.idleInputs.isEmpty)
    let candidates = alone.isEmpty ? found : alone
    guard let only = candidates.first else {
      throw UsageError(
        "no program of model '\(module.name)' gives features: "
          + (reasons.first { $0.contains("did you mean") } ?? reasons.first
            ?? "all update states; give it one that does not, with a clip and an output f32 [N, D]"))
    }
    guard candidates.count == 1 else {
      let names = candidates.map { "'\($0.graph.name)'" }.joined(separator: ", ")
      throw UsageError(
        "model '\(module.name)' has several programs that give features (\(names)); name one with --program")
    }
    return only
  }

  /// - Throws: `UsageError` for a program that gives no such feature.
  package init(_ program: Graph, layer: String?) throws {
    let name = program.name
    guard program.updates.isEmpty else {
      throw UsageError(
        "program '\(name)' updates states, so that making features would change them; name another with --program"
      )
    }
    let output = try Self.output(of: program, layer)
    let type = program.entries[output.entry].type
    guard type.element == .float32, type.rank >= 2, let batch = type.shape.first else {
      throw UsageError(
        "'\(output.name)' of program '\(name)' is \(type), but a feature is f32 [N, D] or [N, D, ...]; name another with "
          + "--layer")
    }
    let (clip, idle) = try Self.clip(of: program)
    let used = Self.dependencies(of: output.entry, in: program)
    let inputs = Set(used.compactMap { (program.entries[$0].operation as? InputLeaf)?.leafName })
    let states = Set(used.compactMap { (program.entries[$0].operation as? StateLeaf)?.leafName })
    if let needed = idle.first(where: { inputs.contains($0.name) }) {
      throw UsageError(
        "'\(output.name)' of program '\(name)' depends on '\(needed.name)', but a feature is made of a clip alone; name "
          + "another with --layer")
    }
    guard inputs.contains(clip.input) else {
      throw UsageError(
        "'\(output.name)' of program '\(name)' does not depend on the clip; name another with --layer")
    }
    let samples = program.inputs.first { $0.name == clip.input }?.type.shape.first
    guard samples == batch else {
      throw UsageError(
        "'\(output.name)' of program '\(name)' is \(type), but the program takes \(samples ?? 0) clips; a feature has a row "
          + "for each")
    }
    var graph = program
    (graph.outputs, graph.taps, graph.watches, graph.chances) = ([output], [], [], [:])
    (self.graph, self.clip, self.batch, idleInputs) = (graph, clip, batch, idle)
    (self.output, width) = (output.name, type.shape[1])
    pooled = type.shape.dropFirst(2).reduce(1, *)
    liveStates = program.states.filter { states.contains($0.name) }
  }

  private static func output(of program: Graph, _ layer: String?) throws -> Graph.Named {
    if let layer {
      let values = program.outputs + program.taps
      if let value = values.first(where: { $0.name == layer }) { return value }
      let nearest = nearestName(to: layer, in: values.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
      throw UsageError("program '\(program.name)' has no output or tap '\(layer)'\(nearest)")
    }
    let fitting = program.outputs.filter {
      let type = program.entries[$0.entry].type
      return type.element == .float32 && type.rank == 2
    }
    guard let only = fitting.first, fitting.count == 1 else {
      let names = fitting.map { "'\($0.name)'" }.joined(separator: ", ")
      throw UsageError(
        fitting.isEmpty
          ? "program '\(program.name)' has no output f32 [N, D]; name an output or a tap with --layer"
          : "program '\(program.name)' has several outputs f32 [N, D] (\(names)); name one with --layer")
    }
    return only
  }

  /// The clip that a program takes, and the inputs that it takes besides.
  private static func clip(of program: Graph) throws -> (VideoFields.Clip, [Graph.Input]) {
    let declaration = try DataDeclaration(program)
    let videos = declaration.parts.filter { $0.feeder.fields.contains("clip") }
    let clips = try videos.flatMap { try VideoFields($0.inputs).clips }
    guard let clip = clips.first, clips.count == 1 else {
      let names = clips.map { "'\($0.input)'" }.joined(separator: ", ")
      throw UsageError(
        clips.isEmpty
          ? "program '\(program.name)' takes no clip of a video, of which features are made"
          : "program '\(program.name)' takes \(clips.count) clips (\(names)), but features are made of one; name another "
            + "with --program")
    }
    return (clip, program.inputs.filter { $0.defaultValue == nil && $0.name != clip.input })
  }

  /// The entries that a value is made of, itself included.
  private static func dependencies(of entry: Int, in program: Graph) -> Set<Int> {
    var found: Set<Int> = [entry]
    var open = [entry]
    while let next = open.popLast() {
      for operand in program.entries[next].operands where found.insert(operand).inserted {
        open.append(operand)
      }
    }
    return found
  }

  // MARK: Identity

  /// SHA-256 of what is computed, without the places in the model file.
  package var hash: String {
    var graph = graph
    for index in graph.entries.indices { graph.entries[index].location = nil }
    return SHA256.hexadecimal(graph.text.utf8)
  }

  /// SHA-256 of the states that the feature depends on, as they are set: names, types and the hash of each one's numbers.
  ///
  /// So the same weights have the same hash, whichever file they come from.
  package func weightsHash(_ executor: Executor) throws -> String {
    let lines = try liveStates.sorted { $0.name.precedesByBytes($1.name) }.map { state in
      let numbers = try executor.withState(state.name) { SHA256.hexadecimal($0) }
      return "\(state.name) \(state.type) \(numbers)\n"
    }
    return SHA256.hexadecimal(lines.joined().utf8)
  }
}
