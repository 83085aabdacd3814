import Foundation
import MCLSupport
import MCLWeights

/// Compares our reading and inflation of checkpoints with the published conversion's results, exactly.
///
/// The expected file holds `input.NAME`, the checkpoint's tensors, and `ucf101.NAME` and `kinetics.NAME`, what the
/// conversion made of them. Where the checkpoint has a key encoder, the published conversion lets its head replace the
/// query's: there the query's own tensors of `input` are what is expected (reference, section 8).
package struct InflateCheck: Sendable {
  package struct Row: Sendable, Equatable {
    package var checkpoint: String
    /// `input`, `ucf101` or `kinetics`.
    package var part: String
    package var compared = 0
    /// Tensors compared with the query's head instead of what the conversion gave.
    package var corrected = 0
    package var different: [String] = []
    package var missing: [String] = []
    package var surplus: [String] = []
    package var isOK: Bool { compared > 0 && different.isEmpty && missing.isEmpty && surplus.isEmpty }
  }

  package private(set) var rows: [Row] = []
  package var isOK: Bool { !rows.isEmpty && rows.allSatisfy(\.isOK) }

  /// - Throws: `TensorFileError` for files that cannot be read, `UsageError` for an expected file without `input`.
  package init(checkpoints: [String], expected path: String) throws {
    let expected = try SafeTensors(path: path)
    for checkpoint in checkpoints {
      let file = try TorchCheckpoint(path: checkpoint)
      guard let dictionary = file.stateDict(under: "state_dict") ?? file.stateDict(under: nil) else {
        throw UsageError("\(checkpoint): it holds no state dict")
      }
      var input = NamedValues<HostTensor>()
      for name in dictionary.names {
        input.updateValue(try file.tensor(name, in: dictionary), forKey: name)
      }
      rows.append(try Self.row(checkpoint, "input", input, expected) { "input." + $0 })
      for variant in Inflation.Variant.allCases {
        guard expected.names.contains(where: { $0.hasPrefix("\(variant).") }) else { continue }
        let inflated = try ImportedWeights(file, inflate: variant).tensors
        let heads = Self.queryHeads(input.keys)
        rows.append(
          try Self.row(checkpoint, variant.rawValue, inflated, expected) { name in
            heads[name].map { "input." + $0 } ?? "\(variant).\(name)"
          })
      }
    }
    guard rows.contains(where: { $0.compared > 0 }) else {
      throw UsageError(
        "\(path): it holds no tensors 'input.*', 'ucf101.*' or 'kinetics.*' of the checkpoint; check the path"
      )
    }
  }

  /// Where there is a key encoder with a head: the names that the query's head gets, and where they come from.
  private static func queryHeads(_ names: some Collection<String>) -> [String: String] {
    guard names.contains(where: { $0.contains("encoder_k.") && $0.contains("fc") }) else { return [:] }
    let heads = names.filter { $0.contains("encoder_q.") && $0.contains("fc") }
    return Dictionary(
      heads.map { ("nce_inter_head.head." + $0.split(separator: ".").suffix(2).joined(separator: "."), $0) },
      uniquingKeysWith: { first, _ in first })
  }

  private static func row(
    _ checkpoint: String, _ part: String, _ ours: NamedValues<HostTensor>, _ expected: SafeTensors,
    source: (String) -> String
  ) throws -> Row {
    var row = Row(checkpoint: checkpoint, part: part)
    for name in ours.keys.sorted() {
      let tensor = ours[name] ?? HostTensor([], .uint8([]))
      let from = source(name)
      guard expected.entries[from] != nil else {
        row.surplus.append(name)
        continue
      }
      row.compared += 1
      if !from.hasPrefix(part + ".") { row.corrected += 1 }
      if !isEqual(tensor, try expected.tensor(from)) { row.different.append(name) }
    }
    row.missing = expected.names.filter { $0.hasPrefix(part + ".") }.map {
      String($0.dropFirst(part.count + 1))
    }.filter { ours[$0] == nil }
    return row
  }

  /// The same shape, but for scalars in a list of one, and the same numbers; NaN equals NaN.
  private static func isEqual(_ a: HostTensor, _ b: HostTensor) -> Bool {
    guard a.shape == b.shape || a.count == 1 && b.count == 1 else { return false }
    if case .int64(let x) = a.storage, case .int64(let y) = b.storage { return x == y }
    return a.count == b.count && zip(a.doubles, b.doubles).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }
  }
}
