import Foundation
import MCLGraph
import MCLSupport
import MCLWeights

/// A folder that gives a network to those who have PyTorch: `weights.safetensors`, `preprocessing.json`, `model.py` and
/// `README.md`. It appears whole or not at all.
package struct ModelFolder {
  /// The files of the folder.
  package static let files = ["README.md", "model.py", "preprocessing.json", "weights.safetensors"]

  package let script: String
  package let description: String
  package let readme: String
  private let weights: ExportedWeights
  private let metadata: [String: String]

  /// - Parameters:
  ///   - module: the model that the program is of.
  ///   - program: what makes features.
  ///   - weights: under their exported names.
  ///   - metadata: of the file of weights; the preprocessing is added.
  ///   - classes: names of the scores, where the program gives scores of classes.
  ///   - path: where the weights are from, for messages.
  /// - Throws: `UsageError` where the program has no form in PyTorch, or needs other weights.
  package init(
    _ module: Module, _ program: FeatureProgram, weights: ExportedWeights, metadata: [String: String],
    preprocessing: Preprocessing, classes: [String]?, path: String
  ) throws {
    try preprocessing.expectClipFits()
    let names = WeightNames(module.programs.flatMap(\.states))
    let torch = try TorchProgram(program.graph, clip: program.clip.input, names: names)
    for state in program.liveStates {
      guard let name = names.exported(state.name), let tensor = weights.tensors[name],
        tensor.shape == state.type.shape
      else {
        throw UsageError(
          "\(path): it has no weight '\(state.name)' \(state.type), which '\(program.output)' of program "
            + "'\(program.graph.name)' depends on; give weights of this model")
      }
    }
    let roles = Dictionary(
      module.programs.flatMap(\.states).compactMap { state in
        names.exported(state.name).map { ($0, state.role) }
      }, uniquingKeysWith: { first, _ in first })
    let tensors = weights.tensors.sorted { $0.key.precedesByBytes($1.key) }.map { name, tensor in
      ModelScript.Weight(
        name: name, shape: tensor.shape, element: tensor.storage.pythonElement,
        isParameter: roles[name] == .trained && tensor.storage.pythonElement == .float32)
    }
    script =
      ModelScript(
        torch, title: "'\(program.output)' of program '\(program.graph.name)' of the model '\(module.name)'",
        weights: tensors, batch: program.batch, isPooled: program.pooled > 1
      ).text
    description = try preprocessing.json(isPretty: true) + "\n"
    readme =
      ModelReadme(
        model: module.name, program: program, preprocessing: preprocessing, classes: classes,
        tensors: tensors.count
      ).text
    self.weights = weights
    var metadata = metadata
    metadata[Preprocessing.key] = try preprocessing.json(isPretty: false)
    self.metadata = metadata
  }

  /// Writes the folder, in the place of an older one of these files alone.
  /// - Throws: `UsageError` where another thing has its place, `TensorFileError` where it cannot be written.
  package func write(to path: String) throws {
    let folder = FilePath(path).description.trimmingSuffix("/")
    let files = FileManager.default
    var isFolder: ObjCBool = false
    let isThere = files.fileExists(atPath: folder, isDirectory: &isFolder)
    if isThere {
      let held = isFolder.boolValue ? try? files.contentsOfDirectory(atPath: folder) : nil
      guard let held, Set(held).isSubset(of: Self.files) else {
        throw UsageError(
          "\(path): it is there and holds other files than those of an export; name another folder, or a file that ends in "
            + ".safetensors for weights alone")
      }
    }
    let part = folder + ".part"
    let old = folder + ".old"
    do {
      for leftover in [part, old] where files.fileExists(atPath: leftover) {
        throw UsageError("\(leftover): it is in the way of the export; remove it, or name another folder")
      }
      try files.createDirectory(atPath: part, withIntermediateDirectories: false)
    } catch let error as UsageError { throw error } catch {
      throw TensorFileError("\(path): no folder can be made there; name another place")
    }
    do {
      try SafeTensors.write(weights.tensors, metadata: metadata, to: part + "/weights.safetensors")
      try AtomicFile.write(description, to: part + "/preprocessing.json")
      try AtomicFile.write(script, to: part + "/model.py")
      try AtomicFile.write(readme, to: part + "/README.md")
      if isThere { try files.moveItem(atPath: folder, toPath: old) }
      try files.moveItem(atPath: part, toPath: folder)
      if isThere { try files.removeItem(atPath: old) }
    } catch {
      try? files.removeItem(atPath: part)
      if !files.fileExists(atPath: folder), files.fileExists(atPath: old) {
        try? files.moveItem(atPath: old, toPath: folder)
      }
      if error is TensorFileError { throw error }
      throw TensorFileError("\(path): the folder cannot be put into its place; name another one")
    }
  }
}

extension HostTensor.Storage {
  fileprivate var pythonElement: ModelScript.Weight.Element {
    switch self {
    case .float32: .float32
    case .float64: .float64
    case .int64: .int64
    case .uint8: .uint8
    }
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    var text = self
    while text.count > suffix.count, text.hasSuffix(suffix) { text.removeLast(suffix.count) }
    return text
  }
}
