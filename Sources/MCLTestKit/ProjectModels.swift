import MCLFrontend
import MCLGraph

/// A model of the repository's `models` folder, by the name of its file.
package func projectModel(_ name: String, settings: [String: String] = [:]) throws -> Module {
  try ModelLoader().load(
    path: repositoryFolder.appendingPathComponent("models/\(name).mcl").path, settings: settings)
}
