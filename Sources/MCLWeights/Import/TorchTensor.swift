/// The type of a storage's or tensor's numbers in a file of `torch.save`.
enum TorchType: Equatable, CustomStringConvertible {
  case known(SafeTensors.Element)
  /// A storage whose tensors say themselves of which type they are; counted in bytes.
  case untyped
  /// A type of PyTorch that nothing here computes with, by its quoted name; its size where that is known.
  case other(String, byteCount: Int?)

  var byteCount: Int? {
    switch self {
    case .known(let element): element.byteCount
    case .untyped: 1
    case .other(_, let byteCount): byteCount
    }
  }

  var description: String {
    switch self {
    case .known(let element): "type \(element.rawValue)"
    case .untyped: "untyped bytes"
    case .other(let name, _): "type \(name)"
    }
  }
}

/// Numbers that the file holds in one piece.
struct TorchStorage: Equatable {
  var type: TorchType
  var key: String
  var count: Int
}

/// A view of a storage, or a tensor whose numbers cannot be had.
struct TorchTensor: Equatable {
  var storage = 0
  var element = SafeTensors.Element.uint8
  /// In elements.
  var offset = 0
  var shape: [Int] = []
  /// In elements.
  var strides: [Int] = []
  /// Why its numbers cannot be had; nil where they can.
  var obstacle: TorchObstacle?

  /// The product of the shape; checked when it was built.
  var count: Int { shape.contains(0) ? 0 : shape.reduce(1, *) }

  /// From its first number to its last, in elements of the storage.
  var reach: Int {
    shape.contains(0) ? 0 : zip(shape, strides).reduce(1) { $0 + ($1.0 - 1) * $1.1 }
  }

  /// The bytes of memory that reading it takes; nil where they are too many to count.
  var cost: Int? {
    let (bytes, overflow) = max(count, reach).multipliedReportingOverflow(by: element.heldByteCount)
    return overflow ? nil : bytes
  }
}

/// Why a tensor's numbers cannot be had.
enum TorchObstacle: Equatable, CustomStringConvertible {
  /// Of a type that no model here can hold.
  case type(TorchType)
  /// Described in a way that is not known or contradicts its storage.
  case damaged(String)
  /// Made by a class or function that is not known.
  case unknown(String)

  var description: String {
    switch self {
    case .type(let type): "numbers of \(type) are not read"
    case .damaged(let what): what
    case .unknown(let what): "it asks for \(what), which is no tensor, container or number"
    }
  }
}

extension SafeTensors.Element {
  /// Bytes of a number in memory, where `HostTensor` holds it.
  var heldByteCount: Int {
    switch self {
    case .float32, .float16, .bfloat16: 4
    case .uint8, .bool: 1
    default: 8
    }
  }
}
