import MCLGraph

extension Module {
  /// Settings applied to a module that is already built: inputs such as the learning rate may change, what shaped
  /// the graph may not.
  /// - Parameter option: what gave the settings, for messages.
  /// - Throws: `ModelLoadError` for an unknown key, a fixed one with another value, or a value that is no number.
  package func applying(
    _ given: [String: String], path: String, option: String = "--set"
  ) throws -> Module {
    var module = self
    let scalars = programs.flatMap(\.inputs).filter { $0.defaultValue != nil }.map(\.name)
    for (key, value) in given.sorted(by: { $0.key < $1.key }) {
      if scalars.contains(key) {
        do { try module.setDefault(key, value) } catch {
          throw ModelLoadError("\(option) \(key)=\(value): \(error)")
        }
        if let index = module.settings.firstIndex(where: { $0.key == key }) {
          module.settings[index].value = value
        }
        continue
      }
      guard let fixed = settings.first(where: { $0.key == key }) else {
        let known = settings.map(\.key) + scalars
        let nearest = nearestName(to: key, in: known).map { "; did you mean '\($0)'?" } ?? ""
        throw ModelLoadError("\(path): the model has no setting '\(key)'\(nearest)")
      }
      guard fixed.value == value else {
        throw ModelLoadError(
          "\(path) was built with \(key)=\(fixed.value), which a compiled model cannot change; load the .mcl with "
            + "--set \(key)=\(value) instead")
      }
    }
    return module
  }
}
