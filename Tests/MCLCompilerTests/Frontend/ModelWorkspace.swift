import Foundation
import MCLFrontend

/// A folder with model files and a cache of its own, gone after the test.
final class ModelWorkspace {
  let folder: URL
  let loader: ModelLoader

  init(limits: ModelLoader.Limits = .init(), environment changes: [String: String] = [:]) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("mcl-loader-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var environment = ProcessInfo.processInfo.environment
    environment["MCL_CACHE"] = folder.appendingPathComponent("cache").path
    loader = ModelLoader(limits: limits, environment: environment.merging(changes) { _, new in new })
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func write(_ name: String, _ text: String) throws -> String {
    let file = folder.appendingPathComponent(name)
    try Data(text.utf8).write(to: file)
    return file.path
  }

  /// What loading says when it fails; nil when it does not.
  func complaint(_ path: String, _ settings: [String: String] = [:]) -> String? {
    do {
      _ = try loader.load(path: path, settings: settings)
      return nil
    } catch let error as ModelLoadError { return error.description } catch {
      return "not a ModelLoadError: \(error)"
    }
  }
}
