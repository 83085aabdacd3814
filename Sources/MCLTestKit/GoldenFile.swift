import Foundation
import MCLGraph
import MCLSupport
import MCLWeights

/// A file of golden numbers in Double.
///
/// Numbers are taken as they are, but U8: those are clips and decode as `(2 u8 - 255) / 128`.
package struct GoldenFile {
  package var metadata: [String: String] { file.metadata }
  package let values: [String: Value]
  private let file: SafeTensors

  /// - Throws: `TensorFileError` when the file is missing or no safetensors file.
  package init(_ url: URL) throws {
    file = try SafeTensors(path: url.path)
    var values: [String: Value] = [:]
    for (name, entry) in file.entries {
      guard entry.element != .int64 else {
        values[name] = Value(TensorType(.int64, entry.shape), integers: try file.integers(name))
        continue
      }
      var numbers = try file.doubles(name)
      if entry.element == .uint8 { numbers = numbers.map { (2 * $0 - 255) / 128 } }
      values[name] = Value(TensorType(.float32, entry.shape), numbers)
    }
    self.values = values
  }

  /// A golden file of the repository.
  package static func named(_ name: String) throws -> GoldenFile {
    try GoldenFile(repositoryFolder.appendingPathComponent("Tests/Goldens/\(name).safetensors"))
  }

  package func value(_ name: String) throws -> Value {
    guard let value = values[name] else { throw TensorFileError("\(file.path): it has no tensor '\(name)'") }
    return value
  }

  /// The settings of `models/r2plus1d.mcl` that the metadata gives.
  package var settings: [String: String] { metadata.filter { Self.settingKeys.contains($0.key) } }

  private static let settingKeys: Set = [
    "alpha", "batch", "block", "frames", "layers", "mal_weight", "mlp_layers", "num_channels", "order_weight",
    "queue_index_start", "queue_size", "sgd_lr", "sgd_momentum", "size", "stem", "temperature",
    "temperature_intra", "weight_decay", "widths",
  ]
}

/// The folder of Package.swift.
package let repositoryFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()
