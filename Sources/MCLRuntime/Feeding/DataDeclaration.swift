import MCLGraph
import MCLSupport

/// Where a program's inputs come from when it is trained, feeder by feeder.
public struct DataDeclaration: Sendable {
  /// Samples in a batch, N.
  public let batchSize: Int
  package let needs: DataNeeds
  package let parts: [(feeder: any Feeder.Type, inputs: [DeclaredInput])]

  /// Reads where the inputs of a program come from. Inputs with a default value are left out.
  ///
  /// - Throws: `UsageError` where an input has no source, or one that no feeder can give.
  public init(_ program: Graph) throws { try self.init(program.inputs, of: program.name) }

  /// Four tubelets of the published method, one sample a batch: for looking at what is drawn of a video.
  package init(tubeletsOf frames: Int, size: Int) throws {
    try self.init(TubeletFeeder.published(frames: frames, size: size), of: TubeletFeeder.name)
  }

  package init(_ inputs: [Graph.Input], of program: String) throws {
    let wanted = inputs.filter { $0.defaultValue == nil }
    let orphans = wanted.filter { $0.source == nil }.map(\.name)
    guard orphans.isEmpty else {
      throw UsageError(
        "program '\(program)' does not say where training takes \(orphans.map { "'\($0)'" }.joined(separator: ", ")) from; "
          + "declare it as a field of a sample, such as sample.clip(\"\(orphans[0])\")")
    }
    let declared = wanted.compactMap { input in
      input.source.map { DeclaredInput(name: input.name, type: input.type, source: $0) }
    }
    let names = FeederRegistry.all.map { $0.name }
    for input in declared {
      guard let feeder = FeederRegistry.all.first(where: { $0.name == input.source.feeder }) else {
        let nearest = nearestName(to: input.source.feeder, in: names).map { "; did you mean '\($0)'?" } ?? ""
        throw input.wrong(
          "there is no feeder '\(input.source.feeder)' among \(names.joined(separator: ", "))\(nearest)")
      }
      guard feeder.fields.contains(input.source.field) else {
        let nearest =
          nearestName(to: input.source.field, in: feeder.fields).map { "; did you mean '\($0)'?" } ?? ""
        throw input.wrong(
          "'\(feeder.name)' gives \(feeder.fields.joined(separator: ", ")), but no '\(input.source.field)'\(nearest)"
        )
      }
    }
    parts = FeederRegistry.all.compactMap { feeder in
      let own = declared.filter { $0.source.feeder == feeder.name }
      return own.isEmpty ? nil : (feeder, own)
    }
    var needs = DataNeeds()
    for part in parts { try needs.merge(try part.feeder.needs(part.inputs)) }
    self.needs = needs
    let samples = declared.filter { $0.source.feeder != RandomFeeder.name }
    guard let first = samples.first, let count = first.type.shape.first else {
      throw UsageError("program '\(program)' takes no samples; declare a clip of a video or a row of a file")
    }
    if let other = samples.first(where: { $0.type.shape.first != count }) {
      throw other.wrong(
        "it takes \(other.type.shape.first ?? 0) samples, but '\(first.name)' \(count); give both one batch")
    }
    batchSize = count
  }
}
