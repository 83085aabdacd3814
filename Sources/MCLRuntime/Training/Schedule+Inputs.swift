import MCLGraph
import MCLSupport

extension Schedule {
  /// The names of the inputs that a schedule can set: scalars of the type f32 that have a default.
  public static func inputs(among inputs: [Graph.Input]) -> [String] {
    inputs.filter { $0.type == TensorType(.float32, []) && $0.defaultValue != nil }.map(\.name)
  }

  /// Checks that a schedule can set each of the named inputs.
  ///
  /// - Throws: `UsageError` where a name is of no input that a schedule can set.
  public static func expect(
    _ names: some Sequence<String>, among inputs: [Graph.Input], of program: String
  ) throws {
    let known = Self.inputs(among: inputs)
    for name in names.sorted() where !known.contains(name) {
      let nearest = nearestName(to: name, in: known).map { "; did you mean '\($0)'?" } ?? ";"
      let list = known.isEmpty ? "it has none" : "there are \(known.joined(separator: ", "))"
      throw UsageError(
        "program '\(program)' has no scalar input '\(name)' for a schedule to set\(nearest) \(list)")
    }
  }
}
