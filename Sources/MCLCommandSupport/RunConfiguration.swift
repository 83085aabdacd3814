import Foundation
import MCLData
import MCLFrontend
import MCLGraph
import MCLRuntime
import MCLSupport
import Yams

/// What a run is made of: `config.yaml` in its folder. With the model beside it, a run needs nothing else to go on.
package struct RunConfiguration: Codable {
  package static let fileName = RunFolder.configurationFile
  /// The model as the run was started with, in its text form.
  package static let modelFile = "model.mclc"

  package struct Model: Codable {
    package var name: String
    /// The program that is trained.
    package var program: String
    /// The file as it was given.
    package var path: String
    /// SHA-256 of that file and those it uses.
    package var hash: String
    /// Every setting that the model asked for.
    package var settings: [String: String]

    package init(
      name: String, program: String, path: String, hash: String, settings: [String: String]
    ) {
      self.name = name
      self.program = program
      self.path = path
      self.hash = hash
      self.settings = settings
    }
  }

  package struct Data: Codable {
    package var folder: String
    package var list: String?
    package var part: String
    package var split: Int
    /// What the run is validated with; nil where it is not.
    package var validation: Validation?
    /// What neighbours are measured with (`--knn-data`); nil for the videos of the run.
    package var neighbours: Validation?

    package init(
      folder: String, list: String? = nil, part: String, split: Int, validation: Validation? = nil,
      neighbours: Validation? = nil
    ) {
      self.folder = folder
      self.list = list
      self.part = part
      self.split = split
      self.validation = validation
      self.neighbours = neighbours
    }
  }

  package struct Motion: Codable {
    /// A path within the folder of the run, or from the root on.
    package var cache: String
    /// nil where no flow was needed.
    package var flow: String?

    package init(
      cache: String, flow: String? = nil
    ) {
      self.cache = cache
      self.flow = flow
    }
  }

  package struct Weights: Codable {
    package var path: String
    package var hash: String

    package init(
      path: String, hash: String
    ) {
      self.path = path
      self.hash = hash
    }
  }

  /// What the run goes on with otherwise from a step on.
  package struct Change: Codable {
    package var step: Int
    package var values: [String: String]

    package init(
      step: Int, values: [String: String]
    ) {
      self.step = step
      self.values = values
    }
  }

  package var version = 1
  package var model: Model
  package var recipe: String?
  /// Every setting of training, by the keys of recipes.
  package var training: [String: String]
  /// Schedules by the program's inputs; nil where there are none.
  package var schedules: [String: String]?
  package var data: Data
  package var motion: Motion
  package var initialWeights: Weights?
  package var changes: [Change]?
  /// Of mclc, LLVM and what else decides last bits.
  package var versions: [String: String]

  package init(
    model: Model, recipe: String? = nil, training: [String: String], schedules: [String: String]? = nil,
    data: Data, motion: Motion, initialWeights: Weights? = nil, changes: [Change]? = nil,
    versions: [String: String]
  ) {
    self.model = model
    self.recipe = recipe
    self.training = training
    self.schedules = schedules
    self.data = data
    self.motion = motion
    self.initialWeights = initialWeights
    self.changes = changes
    self.versions = versions
  }

  /// - Throws: `TensorFileError` where the file cannot be written.
  package func write(in folder: String) throws {
    let encoder = YAMLEncoder()
    encoder.options.sortKeys = true
    encoder.options.allowUnicode = true
    encoder.options.width = -1
    let text = try encoder.encode(self)
    try AtomicFile.write(
      "# Written by mclc train, which goes on from here with --resume.\n" + text,
      to: (folder as NSString).appendingPathComponent(Self.fileName))
  }

  /// Every setting of training with the schedules, by the keys of `TrainingSettings`.
  package var allTraining: [String: String] {
    let schedules = (schedules ?? [:]).map { (TrainingSettings.scheduleKey($0.key), $0.value) }
    return training.merging(schedules) { $1 }
  }

  /// The folder of the motion.
  package func cache(in folder: String) -> String {
    motion.cache.hasPrefix("/") ? motion.cache : (folder as NSString).appendingPathComponent(motion.cache)
  }

  /// The model that a run was started with, with the run's settings.
  /// - Parameter given: settings over the run's.
  /// - Throws: `UsageError` where the folder holds no run, `ModelLoadError` for a setting that shaped the model.
  package static func model(in folder: String, given: [String: String]) throws -> Module {
    let path = (folder as NSString).appendingPathComponent(modelFile)
    guard let run = try RunConfiguration(in: folder), FileManager.default.fileExists(atPath: path) else {
      throw UsageError(
        "\(folder): it is a folder, but no run that '\(Self.fileName)' and '\(modelFile)' describe; name a model (.mcl) or "
          + "the folder of a run")
    }
    let module = try ModelLoader().load(path: path, settings: run.model.settings)
    let scalars = Set(module.programs.flatMap(\.inputs).filter { $0.defaultValue != nil }.map(\.name))
    let isSame = given.allSatisfy { key, value in
      scalars.contains(key) || module.settings.contains { $0.key == key && $0.value == value }
    }
    if isSame { return try module.applying(given, path: path) }
    // Another shape needs the model's text, which must be the run's.
    guard try ModelLoader.textHash(path: run.model.path) == run.model.hash else {
      throw UsageError(
        "\(run.model.path) has changed since \(folder) was started, so that the run's model cannot be built with other "
          + "settings; name the model's file instead")
    }
    return try loadModel(run.model.path, settings: run.model.settings.merging(given) { $1 })
  }
}

extension RunConfiguration {
  /// The configuration of the run in a folder; nil where the folder holds none.
  /// - Throws: `UsageError` where the file cannot be read.
  package init?(in folder: String) throws {
    let path = (folder as NSString).appendingPathComponent(Self.fileName)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let data = FileManager.default.contents(atPath: path), data.count <= 16 << 20,
      let text = String(validating: data, as: UTF8.self)
    else {
      throw UsageError("\(path): it is no text of at most 16 MiB; restore it, or name model and data again")
    }
    do { self = try YAMLDecoder().decode(Self.self, from: text) } catch {
      throw UsageError(
        "\(path): it is no configuration of a run\(Self.place(of: error)); restore it, or name model and data again"
      )
    }
    guard version == 1 else {
      throw UsageError("\(path): its version is \(version), but this mclc knows version 1; use a later one")
    }
  }

  /// Where a value is that does not fit, such as `, as data.split is of another kind`; empty where that is not known.
  private static func place(of error: any Error) -> String {
    let (path, problem): ([any CodingKey], String)
    switch error {
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
      DecodingError.dataCorrupted(let context):
      (path, problem) = (context.codingPath, "is of another kind")
    case DecodingError.keyNotFound(let key, let context):
      (path, problem) = (context.codingPath + [key], "is missing")
    default: return ""
    }
    return path.isEmpty ? "" : ", as \(path.map(\.stringValue).joined(separator: ".")) \(problem)"
  }
}

/// Whether a path is a folder.
package func isFolder(_ path: String) -> Bool {
  var isFolder: ObjCBool = false
  return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
}

/// A path from the root on.
package func absolutePath(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
