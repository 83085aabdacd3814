import MCLGraph
import MCLSupport

extension SafeTensors {
  /// A tensor of the file as a value of the program. Bytes are clips: `(2 u - 255) / 128`.
  package func value(_ name: String, as type: TensorType) throws -> Value {
    let tensor = try tensor(name)
    guard tensor.count == type.count, tensor.shape == type.shape || type.shape.isEmpty && tensor.shape == [1]
    else {
      throw UsageError(
        "\(path): tensor '\(name)' has the shape \(tensor.shape), but the program takes \(type); mend the file, or "
          + "the model's size with --set")
    }
    if case .uint8(let bytes) = tensor.storage, type.element == .float32 {
      return Value(type, bytes.map { (2 * Double($0) - 255) / 128 })
    }
    switch (type.element, tensor.storage) {
    case (.float32, _): return Value(type, tensor.doubles)
    case (.int64, .int64(let integers)): return Value(type, integers: integers)
    case (.int64, _):
      guard let integers = tensor.integers else {
        throw UsageError(
          "\(path): tensor '\(name)' holds numbers that are no integers of 64 bits, but the program takes \(type); "
            + "round them in the file")
      }
      return Value(type, integers: integers)
    }
  }
}
