import Foundation
import MCLGraph

/// A file of golden numbers: safetensors read into Double.
///
/// F32 and I64 are taken as they are; U8 are clips and decode as `(2 u8 - 255) / 128`.
public struct GoldenFile {
  public private(set) var metadata: [String: String] = [:]
  public private(set) var values: [String: Value] = [:]

  /// What is wrong with a golden file: one sentence.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// - Throws: `Failure` when the file is missing or not the safetensors that the goldens are made of.
  public init(_ file: URL) throws {
    let data = try Data(contentsOf: file)
    func broken(_ what: String) -> Failure { Failure(description: "\(file.lastPathComponent): \(what)") }
    guard data.count > 8 else { throw broken("it is shorter than its header") }
    let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(data.count - 8) else { throw broken("it is shorter than its header") }
    let start = 8 + Int(length)
    guard let header = try JSONSerialization.jsonObject(with: data[8..<start]) as? [String: [String: Any]]
    else {
      throw broken("its header is no object of objects")
    }
    for (name, entry) in header {
      if name == "__metadata__" {
        metadata = entry as? [String: String] ?? [:]
        continue
      }
      guard let kind = entry["dtype"] as? String, let shape = entry["shape"] as? [Int],
        let offsets = entry["data_offsets"] as? [Int], offsets.count == 2, offsets[0] >= 0,
        offsets[0] <= offsets[1], offsets[1] <= data.count - start
      else { throw broken("the entry '\(name)' is not complete") }
      let bytes = [UInt8](data[(start + offsets[0])..<(start + offsets[1])])
      guard let elements = Self.decoded(bytes, kind), elements.count == shape.reduce(1, *) else {
        throw broken("the entry '\(name)' of type \(kind) does not fill \(shape)")
      }
      values[name] = Value(TensorType(kind == "I64" ? .int64 : .float32, shape), elements)
    }
  }

  /// A golden file of the repository.
  public static func named(_ name: String) throws -> GoldenFile {
    try GoldenFile(repositoryFolder.appendingPathComponent("Tests/Goldens/\(name).safetensors"))
  }

  public func value(_ name: String) throws -> Value {
    guard let value = values[name] else { throw Failure(description: "there is no golden '\(name)'") }
    return value
  }

  /// The model parameters that the metadata gives, for `--set`.
  public var settings: [String: String] {
    let keys = [
      "block", "layers", "widths", "stem", "frames", "size", "batch", "num_channels", "mlp_layers",
      "queue_size",
      "temperature", "temperature_intra", "alpha", "sgd_lr", "sgd_momentum", "weight_decay", "order_weight",
      "mal_weight",
    ]
    return metadata.filter { keys.contains($0.key) }
  }

  private static func decoded(_ bytes: [UInt8], _ kind: String) -> [Double]? {
    func words(_ size: Int) -> [UInt64]? {
      guard bytes.count % size == 0 else { return nil }
      return stride(from: 0, to: bytes.count, by: size).map { start in
        (0..<size).reduce(0) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
      }
    }
    switch kind {
    case "U8": return bytes.map { (2 * Double($0) - 255) / 128 }
    case "F32": return words(4)?.map { Double(Float(bitPattern: UInt32($0))) }
    case "I64": return words(8)?.map { Double(Int64(bitPattern: $0)) }
    default: return nil
    }
  }
}

/// The folder of Package.swift.
public let repositoryFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()
