/// Makes weights of a two-dimensional ResNet into those of the R(2+1)D network (reference, sections 7 and 8; the
/// published conversion, whose results are `goldens/inflate`).
///
/// Convolutions, by their names (`conv`, `downsample.0`): `[O, I, h, w]` becomes `[O, I, 1, h, w]`; one of 3x3 gets a
/// temporal companion `NAME_t` `[O, O, 3, 1, 1]`, the identity at the middle time; one of 7x7 becomes
/// `[O, I, 4, 7, 7]` with the kernel at time 1 of 4 and zeros elsewhere.
public struct Inflation {
  public enum Variant: String, Sendable, CaseIterable {
    /// Drops the projection head.
    case ucf101
    /// The projection head becomes `nce_inter_head.head`.
    case kinetics
  }

  public private(set) var names: [String] = []
  public private(set) var tensors: [String: HostTensor] = [:]
  /// What a user should know, a sentence each.
  public private(set) var remarks: [String] = []
  private let path: String

  /// - Parameters:
  ///   - names: the state dict's, in its order.
  ///   - read: gives a tensor.
  /// - Throws: `TensorFileError` for a convolution that is none of two dimensions, and what `read` throws.
  public init(
    _ names: [String], variant: Variant, path: String, read: (String) throws -> HostTensor
  ) throws {
    self.path = path
    let query = Self.queryPrefix(names)
    let hasKey = names.contains { Self.isOfKey($0) }
    var dropped = 0
    for name in names {
      var renamed = name
      if query.isEmpty { renamed = "backbone." + name } else { renamed.replace(query, with: "backbone.") }
      var target = renamed
      if renamed.contains("fc") {
        // The published conversion lets a key encoder's head replace the query's; here the query's stays.
        guard variant == .kinetics, !Self.isOfKey(name) else {
          dropped += 1
          continue
        }
        target = "nce_inter_head.head." + renamed.split(separator: ".").suffix(2).joined(separator: ".")
      }
      try inflate(try read(name), renamed, as: target)
    }
    if dropped > 0 { remarks.append("\(dropped) tensors of projection heads are left out") }
    if hasKey {
      remarks.append(
        "it has a key encoder as well: the query's head is taken, the key's tensors keep their names")
    }
  }

  /// What stands before the query encoder's names: MoCo's with or without `DistributedDataParallel`, or nothing.
  private static func queryPrefix(_ names: [String]) -> String {
    ["module.encoder_q.", "encoder_q.", "backbone."].first { prefix in
      names.contains { $0.hasPrefix(prefix) }
    } ?? ""
  }

  private static func isOfKey(_ name: String) -> Bool {
    name.hasPrefix("module.encoder_k.") || name.hasPrefix("encoder_k.")
  }

  private mutating func add(_ name: String, _ tensor: HostTensor) throws {
    guard tensors.updateValue(tensor, forKey: name) == nil else {
      throw TensorFileError(
        "\(path): two tensors become \(TensorFileError.quoted(name)); name the state dict with --key")
    }
    names.append(name)
  }

  private mutating func inflate(_ tensor: HostTensor, _ name: String, as target: String) throws {
    guard name.contains("conv") || name.contains("downsample.0"), tensor.shape.count > 1 else {
      return try add(target, tensor)
    }
    let shape = tensor.shape
    guard shape.count == 4, !shape.contains(0) else {
      throw TensorFileError(
        "\(path): \(TensorFileError.quoted(name)) has the shape \(shape), which is no convolution of two dimensions; "
          + "leave out --inflate for weights that are inflated already")
    }
    let (output, input, height, width) = (shape[0], shape[1], shape[2], shape[3])
    if height == 3, width == 3 {
      // The companion's size is the square of a number that the file gives.
      guard output <= 512 * input else {
        throw TensorFileError(
          "\(path): \(TensorFileError.quoted(name)) has \(output) outputs of \(input) inputs, which no ResNet has"
        )
      }
      var identity = [Float](repeating: 0, count: output * output * 3)
      for channel in 0..<output { identity[(channel * output + channel) * 3 + 1] = 1 }
      let dot = target.lastIndex(of: ".") ?? target.endIndex
      try add(
        target[..<dot] + "_t" + target[dot...], HostTensor([output, output, 3, 1, 1], .float32(identity)))
    }
    if height == 7, width == 7 {
      try add(target, HostTensor([output, input, 4, 7, 7], tensor.storage.atSecondOfFour(block: 49)))
    } else {
      try add(target, HostTensor([output, input, 1, height, width], tensor.storage))
    }
  }
}

extension HostTensor.Storage {
  /// Each block of numbers becomes four: zeros, itself, zeros, zeros.
  fileprivate func atSecondOfFour(block: Int) -> Self {
    func spread<Number: Numeric>(_ values: [Number]) -> [Number] {
      var result = [Number](repeating: 0, count: 4 * values.count)
      for (index, value) in values.enumerated() {
        result[(index / block * 4 + 1) * block + index % block] = value
      }
      return result
    }
    return switch self {
    case .float32(let values): .float32(spread(values))
    case .float64(let values): .float64(spread(values))
    case .int64(let values): .int64(spread(values))
    case .uint8(let values): .uint8(spread(values))
    }
  }
}
