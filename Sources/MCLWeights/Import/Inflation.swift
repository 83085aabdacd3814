import MCLSupport

/// Makes weights of a two-dimensional ResNet into those of the R(2+1)D network (reference, sections 7 and 8; the
/// published conversion, whose results are `goldens/inflate`).
///
/// Convolutions, by their names (`conv`, `downsample.0`): `[O, I, h, w]` becomes `[O, I, 1, h, w]`; one of 3x3 gets a
/// temporal companion `NAME_t` `[O, O, 3, 1, 1]`, the identity at the middle time; one of 7x7 becomes
/// `[O, I, 4, 7, 7]` with the kernel at time 1 of 4 and zeros elsewhere.
package struct Inflation {
  package enum Variant: String, Sendable, CaseIterable {
    /// Drops the projection head.
    case ucf101
    /// The projection head becomes `nce_inter_head.head`.
    case kinetics
  }

  package var names: [String] { tensors.keys }
  package private(set) var tensors = NamedValues<HostTensor>()
  /// What a user should know, a sentence each.
  package private(set) var remarks: [String] = []
  /// Tensors that are none of the network's nor of a head's.
  private(set) var others: [String] = []
  private let path: String

  /// - Parameters:
  ///   - names: the state dict's, in its order.
  ///   - prefix: what stands before the network's names; nil to find it.
  ///   - read: gives a tensor.
  /// - Throws: `TensorFileError` where no name is a ResNet's, for a convolution that is none of two dimensions, and what
  ///   `read` throws.
  package init(
    _ names: [String], variant: Variant, path: String, prefix: String? = nil,
    read: (String) throws -> HostTensor
  ) throws {
    let shapes = names.lazy.map { (key: $0, value: [Int]?.none) }
    guard let match = PrefixMatch(shapes, ResNetNames(), prefix: prefix), match.chosen.fitting > 0 else {
      throw TensorFileError(
        "\(path): none of its names is a ResNet's, such as 'conv1.weight'; say what stands before them with --prefix"
      )
    }
    try self.init(
      names, under: match.chosen.file, variant: variant, path: path, keepingOthers: true, read: read)
  }

  /// - Parameter keepingOthers: whether tensors that are none of the network's are kept under their own names, as the
  ///   published conversion does.
  init(
    _ names: [String], under prefix: String, variant: Variant, path: String, keepingOthers: Bool,
    read: (String) throws -> HostTensor
  ) throws {
    self.path = path
    let heads = Set(names.compactMap { $0.withoutPrefix(prefix) }.filter(ResNetNames.isHead))
    let isHeadKept = variant == .kinetics && heads.isSubset(of: Self.convertibleHeads)
    if variant == .kinetics, !isHeadKept {
      remarks.append(
        "the projection head is not made of Linear, ReLU and Linear (fc.0, fc.2), so it cannot be taken")
    }
    var dropped = 0
    for name in names {
      let rest = name.withoutPrefix(prefix)
      if let rest, ResNetNames.contains(rest) {
        try inflate(try read(name), "backbone." + rest)
      } else if let rest, ResNetNames.isHead(rest), isHeadKept {
        let last = rest.split(separator: ".").suffix(2).joined(separator: ".")
        try add("nce_inter_head.head." + last, try read(name))
      } else if name.split(separator: ".").contains("fc") {
        dropped += 1
      } else {
        others.append(name)
      }
    }
    for name in others where keepingOthers { try keep(name, try read(name)) }
    if dropped > 0 { remarks.append("\(dropped) tensors of projection heads are left out") }
    if !others.isEmpty, keepingOthers {
      remarks.append(
        "left out of the backbone, kept under their own names: \(NameGroups(others, beyond: prefix).description)"
      )
    }
  }

  /// One linear layer, or two with a ReLU between, which has no weights.
  private static let convertibleHeads: Set<String> = Set(
    ["fc", "fc.0", "fc.2"].flatMap { ["\($0).weight", "\($0).bias"] })

  /// A tensor that is none of the network's, inflated where it is a convolution like the network's.
  private mutating func keep(_ name: String, _ tensor: HostTensor) throws {
    guard tensors[name] == nil else { return }
    let isConvolution = tensor.shape.count == 4 && !tensor.shape.contains(0)
    guard isConvolution, isInflated(name), tensor.shape[0] <= Self.widening * tensor.shape[1] else {
      return try add(name, tensor)
    }
    try inflate(tensor, name)
  }

  private func isInflated(_ name: String) -> Bool { name.contains("conv") || name.contains("downsample.0") }

  /// The most outputs an input of a 3x3 convolution has: its companion's size is the square of a number that the file
  /// gives.
  private static let widening = 64

  private mutating func add(_ name: String, _ tensor: HostTensor) throws {
    guard tensors.updateValue(tensor, forKey: name) == nil else {
      throw TensorFileError(
        "\(path): two tensors become \(TensorFileError.quoted(name)); choose one network with --prefix")
    }
  }

  private mutating func inflate(_ tensor: HostTensor, _ name: String) throws {
    guard isInflated(name), tensor.shape.count > 1 else {
      return try add(name, tensor)
    }
    let shape = tensor.shape
    guard shape.count == 4, !shape.contains(0) else {
      throw TensorFileError(
        "\(path): \(TensorFileError.quoted(name)) has the shape \(shape), which is no convolution of two dimensions; "
          + "leave out --inflate for weights that are inflated already")
    }
    let (output, input, height, width) = (shape[0], shape[1], shape[2], shape[3])
    if height == 3, width == 3 {
      guard output <= Self.widening * input else {
        throw TensorFileError(
          "\(path): \(TensorFileError.quoted(name)) has \(output) outputs of \(input) inputs, which no ResNet has"
        )
      }
      var identity = [Float](repeating: 0, count: output * output * 3)
      for channel in 0..<output { identity[(channel * output + channel) * 3 + 1] = 1 }
      let dot = name.lastIndex(of: ".") ?? name.endIndex
      try add(
        name[..<dot] + "_t" + name[dot...], HostTensor([output, output, 3, 1, 1], .float32(identity)))
    }
    if height == 7, width == 7 {
      try add(name, HostTensor([output, input, 4, 7, 7], tensor.storage.atSecondOfFour(block: 49)))
    } else {
      try add(name, HostTensor([output, input, 1, height, width], tensor.storage))
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
