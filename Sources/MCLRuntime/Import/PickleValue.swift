/// A value of a pickle. Containers live in the `PickleHeap` by number, as a pickle may nest them as deeply as it is long,
/// share them, and put them into themselves.
enum PickleValue: Equatable {
  case none
  case bool(Bool)
  case integer(Int64)
  case real(Double)
  case text(String)
  /// A container: its place in the heap.
  case container(Int)
  /// A known class or function, not called.
  case global(PickleGlobal)
  /// A list of numbers, which tensors are views of: its place in the heap's storages.
  case storage(Int)
  /// Its place in the heap's tensors.
  case tensor(Int)
}

/// What containers there are.
enum PickleContainer: Equatable {
  /// A list or a set.
  case list([PickleValue])
  case tuple([PickleValue])
  /// Pairs in order of insertion, not looked up by key: a key that stands twice counts with its last value.
  case dictionary([(key: PickleValue, value: PickleValue)])

  static func == (first: Self, second: Self) -> Bool {
    switch (first, second) {
    case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)): a == b
    case (.dictionary(let a), .dictionary(let b)):
      a.elementsEqual(b) { $0.key == $1.key && $0.value == $1.value }
    default: false
    }
  }
}

/// All that a pickle built.
struct PickleHeap {
  var containers: [PickleContainer] = []
  var storages: [TorchStorage] = []
  var tensors: [TorchTensor] = []

  mutating func add(_ container: PickleContainer) -> PickleValue {
    containers.append(container)
    return .container(containers.count - 1)
  }

  func tuple(_ value: PickleValue) -> [PickleValue]? {
    guard case .container(let index) = value, case .tuple(let values) = containers[index] else { return nil }
    return values
  }

  /// A dictionary's values by their keys, those that are no texts left out.
  func dictionary(_ value: PickleValue) -> [(key: String, value: PickleValue)]? {
    guard case .container(let index) = value, case .dictionary(let pairs) = containers[index] else {
      return nil
    }
    var places: [String: Int] = [:]
    var result: [(key: String, value: PickleValue)] = []
    for (key, value) in pairs {
      guard case .text(let name) = key else { continue }
      if let place = places[name] {
        result[place].value = value
      } else {
        places[name] = result.count
        result.append((name, value))
      }
    }
    return result
  }
}

/// Numbers of one type that the file holds in one piece.
struct TorchStorage: Equatable {
  var element: SafeTensors.Element
  var key: String
  var count: Int
}

/// A view of a storage.
struct TorchTensor: Equatable {
  var storage: Int
  /// In elements.
  var offset: Int
  var shape: [Int]
  /// In elements.
  var strides: [Int]

  /// The product of the shape; checked when it was built.
  var count: Int { shape.contains(0) ? 0 : shape.reduce(1, *) }
}
