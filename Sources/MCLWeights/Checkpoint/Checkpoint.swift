import Foundation
import MCLGraph
import MCLSupport

/// The state of a run after some step, in one safetensors file at the top of its folder. It holds no time, host or path,
/// so the same run gives the same bytes.
public struct Checkpoint: Sendable {
  /// Steps done when it was written.
  public var step: Int
  /// What the file says besides its tensors, as texts by name: what the numbers depend on, and which states
  /// are weights.
  public var metadata: [String: String]
  /// The states of the program, by name.
  public var tensors: [String: HostTensor]

  package init(step: Int, metadata: [String: String], tensors: [String: HostTensor]) {
    self.step = step
    self.metadata = metadata
    self.tensors = tensors
  }

  package static func fileName(_ step: Int) -> String {
    let digits = String(step)
    return "checkpoint-\(String(repeating: "0", count: max(0, 8 - digits.count)))\(digits).safetensors"
  }

  /// The steps that have a checkpoint in a folder, latest first.
  package static func steps(in folder: String) -> [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.compactMap { name in
      guard name.hasPrefix("checkpoint-"), name.hasSuffix(".safetensors") else { return nil }
      let step = Int(name.dropFirst("checkpoint-".count).dropLast(".safetensors".count))
      return step.flatMap { $0 >= 0 && fileName($0) == name ? $0 : nil }
    }.sorted(by: >)
  }

  /// The latest checkpoint of a folder that is whole; nil when there is none.
  /// - Parameter report: told of each damaged one that is passed over.
  /// - Throws: `TensorFileError` when there are checkpoints, but none is whole.
  public static func latest(in folder: String, report: (String) -> Void) throws -> Checkpoint? {
    let steps = steps(in: folder)
    for step in steps {
      let path = (folder as NSString).appendingPathComponent(fileName(step))
      do {
        let checkpoint = try read(SafeTensors(path: path))
        guard let checkpoint, checkpoint.step == step else {
          throw TensorFileError(
            "\(path): it is no '\(format)' of step \(step); another version of mclc wrote it, or it is damaged"
          )
        }
        return checkpoint
      } catch let error as TensorFileError { report("\(error.description); trying the one before") }
    }
    guard steps.isEmpty else {
      throw TensorFileError(
        "\(folder): none of its \(steps.count) checkpoints is whole; start anew in another folder")
    }
    return nil
  }

  /// A whole checkpoint: the metadata fits its checksum, and each tensor its own. nil where the file is none.
  /// - Throws: `TensorFileError` that names the tensor where one is damaged.
  static func read(_ file: SafeTensors) throws -> Checkpoint? {
    let path = file.path
    guard file.metadata["format"] == format else { return nil }
    guard let step = file.metadata["step"].flatMap(Int.init),
      file.metadata["checksum"] == checksum(file.metadata)
    else { throw TensorFileError("\(path): its checksum does not fit its content; it is damaged") }
    var tensors: [String: HostTensor] = [:]
    for name in file.names {
      let tensor = try file.tensor(name)
      guard file.metadata[checksumKey + name] == checksum(name, tensor) else {
        throw TensorFileError(
          "\(path): tensor \(TensorFileError.quoted(name)) does not fit its checksum; it is damaged")
      }
      tensors[name] = tensor
    }
    let sums = file.metadata.keys.filter { $0.hasPrefix(checksumKey) }
    guard sums.count == tensors.count else {
      throw TensorFileError(
        "\(path): \(sums.count - tensors.count) of its tensors are missing; it is damaged")
    }
    return Checkpoint(
      step: step, metadata: file.metadata.filter { !$0.key.hasPrefix(checksumKey) }, tensors: tensors)
  }

  /// Where the metadata lists the states that are weights, as JSON.
  static let weightsKey = "weight states"

  /// For the metadata of a file: the names of the states that belong to the network itself, which are parameters and
  /// buffers of layers, and what stands before names where there is a copy of the network.
  public static func weightsMetadata(_ states: [Graph.State]) -> [String: String] {
    let names = states.filter(\.isWeight).map(\.name).sorted()
    guard let data = try? JSONEncoder().encode(names) else { return [:] }
    return WeightNames(states).metadata.merging([weightsKey: String(decoding: data, as: UTF8.self)]) { $1 }
  }

  private static let format = "mclc checkpoint 2"
  private static let checksumKey = "checksum of "

  /// Writes the checkpoint and removes all but the latest `keeping`, and any of a later step, which a run that is at this
  /// step has found damaged, and what a write that was killed left behind.
  /// - Throws: `TensorFileError` when it cannot be written; older ones then stay.
  public func write(in folder: String, keeping: Int) throws {
    try write(in: folder, keeping: keeping, fault: nil)
  }

  /// - Parameter fault: what a test lets fail.
  package func write(in folder: String, keeping: Int, fault: AtomicFile.Fault?) throws {
    try write(to: (folder as NSString).appendingPathComponent(Self.fileName(step)), fault: fault)
    let others = Self.steps(in: folder)
    let old = others.filter { $0 > step } + others.filter { $0 <= step }.dropFirst(max(keeping, 1))
    let left = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
      $0.hasPrefix("checkpoint-") && $0.hasSuffix(".safetensors.part")
    }
    for name in old.map(Self.fileName) + left {
      try? FileManager.default.removeItem(atPath: (folder as NSString).appendingPathComponent(name))
    }
  }

  /// Writes the checkpoint as a file of its own, in one step.
  /// - Throws: `TensorFileError` when it cannot be written.
  package func write(to path: String, fault: AtomicFile.Fault? = nil) throws {
    var metadata = metadata
    metadata["format"] = Self.format
    metadata["step"] = String(step)
    for (name, tensor) in tensors { metadata[Self.checksumKey + name] = Self.checksum(name, tensor) }
    metadata["checksum"] = Self.checksum(metadata)
    try SafeTensors.write(tensors, metadata: metadata, to: path, fault: fault)
  }

  /// FNV-1a, 64 bits, over the metadata but this checksum itself; the tensors' own are part of it.
  private static func checksum(_ metadata: [String: String]) -> String {
    var hash = ContentHash()
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) where key != "checksum" {
      for text in [key, value] {
        hash.combine(UInt64(text.utf8.count))
        hash.combine(Array(text.utf8))
      }
    }
    return String(hash.value, radix: 16)
  }

  /// The same over a tensor's name, type, shape and bytes.
  private static func checksum(_ name: String, _ tensor: HostTensor) -> String {
    var hash = ContentHash()
    hash.combine(UInt64(name.utf8.count))
    hash.combine(Array(name.utf8))
    hash.combine(UInt64(tensor.shape.count))
    for size in tensor.shape { hash.combine(UInt64(size)) }
    func combine<Element: BitwiseCopyable>(_ values: [Element]) {
      hash.combine(Array("\(Element.self)".utf8))
      values.withUnsafeBytes { hash.combine($0) }
    }
    switch tensor.storage {
    case .float32(let values): combine(values)
    case .float64(let values): combine(values)
    case .int64(let values): combine(values)
    case .uint8(let values): combine(values)
    }
    return String(hash.value, radix: 16)
  }
}
