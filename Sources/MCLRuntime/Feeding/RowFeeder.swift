import MCLData
import MCLGraph
import MCLSupport
import MCLWeights

/// The tensors of a file, the rows of which are samples.
public struct TensorRows: Sendable {
  /// The safetensors file that the rows were read from.
  public let path: String
  /// Rows of each tensor.
  public let count: Int
  package let tensors: [String: HostTensor]

  /// Reads the tensors that a program takes.
  /// - Throws: `UsageError` for a file without them, or of tensors that have not as many rows each.
  public init(path: String, program: Graph) throws {
    self.path = path
    let file: SafeTensors
    do { file = try SafeTensors(path: path) } catch let error as TensorFileError {
      throw UsageError(error.description)
    }
    var tensors: [String: HostTensor] = [:]
    for input in program.inputs {
      guard let source = input.source, source.feeder == RowFeeder.name else { continue }
      let name =
        try DeclaredInput(name: input.name, type: input.type, source: source).text("name") ?? input.name
      guard file.names.contains(name) else {
        let nearest = nearestName(to: name, in: file.names.sorted()).map { "; did you mean '\($0)'?" } ?? ""
        throw UsageError("\(path): it has no tensor '\(name)' for the input '\(input.name)'\(nearest)")
      }
      do { tensors[name] = try file.tensor(name) } catch let error as TensorFileError {
        throw UsageError(error.description)
      }
    }
    let counts = tensors.map { (name: $0.key, rows: $0.value.shape.first ?? 0) }.sorted { $0.name < $1.name }
    guard let count = counts.first?.rows, count > 0 else {
      throw UsageError("\(path): its tensors have no rows; give tensors [rows, …]")
    }
    if let other = counts.first(where: { $0.rows != count }) {
      throw UsageError(
        "\(path): '\(other.name)' has \(other.rows) rows, but '\(counts[0].name)' has \(count); give them the same number"
      )
    }
    (self.count, self.tensors) = (count, tensors)
  }

  /// Rows and a hash of what they hold, for a run's identity.
  package var identity: String {
    var hash = ContentHash()
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      hash.combine(name.utf8)
      for size in tensor.shape { hash.combine(UInt64(size)) }
      for value in tensor.doubles { hash.combine(value.bitPattern) }
    }
    return "\(count) of hash \(RunIdentity.hexadecimal(hash))"
  }
}

/// `rows`: rows of the tensors of a file.
///
/// | field | gives |
/// |---|---|
/// | `tensor` | f32 or i64 [N, …], N rows of the tensor that the attribute `name` says |
package struct RowFeeder: Feeder {
  package static let name = "rows"
  package static let fields = ["tensor"]

  private let rows: [(input: String, values: HostTensor, isInteger: Bool)]

  package static func needs(_ inputs: [DeclaredInput]) throws -> DataNeeds {
    for input in inputs {
      try input.expectAttributes(["name"])
      _ = try input.text("name")
      try input.expect(input.type.element, { !$0.isEmpty }, "[N, …]")
    }
    var needs = DataNeeds()
    needs.kind = .rows
    return needs
  }

  package init(_ inputs: [DeclaredInput], _ setup: FeederSetup) throws {
    guard let file = setup.rows else { throw UsageError("rows of a file are wanted, but the data is none") }
    rows = try inputs.map { input in
      let name = try input.text("name") ?? input.name
      guard let tensor = file.tensors[name] else { throw input.wrong("\(file.path) has no tensor '\(name)'") }
      guard Array(tensor.shape.dropFirst()) == Array(input.type.shape.dropFirst()) else {
        throw input.wrong(
          "it is \(input.type), but the tensor '\(name)' of \(file.path) is \(tensor.shape); make both rows alike"
        )
      }
      switch input.type.element {
      case .float32: return (input.name, HostTensor(tensor.shape, .float32(tensor.floats)), false)
      case .int64:
        guard let integers = tensor.integers else {
          throw input.wrong("it takes integers, but the tensor '\(name)' of \(file.path) has others")
        }
        return (input.name, HostTensor(tensor.shape, .int64(integers)), true)
      }
    }
  }

  package func read(_ sample: Sample) throws -> SampleWriter {
    { batch, position in
      for (input, tensor, _) in rows {
        let size = tensor.count / max(tensor.shape.first ?? 1, 1)
        let range = sample.number * size..<(sample.number + 1) * size
        switch tensor.storage {
        case .float32(let values): try batch.write(Array(values[range]), to: input, at: position)
        case .int64(let values): try batch.write(Array(values[range]), to: input, at: position)
        case .float64, .uint8: break
        }
      }
    }
  }
}
