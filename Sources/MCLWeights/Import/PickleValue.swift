import MCLSupport

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
  /// What is not read, as an object of an unknown class: its place in the heap's list of these.
  case opaque(Int)
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

/// What a pickle holds that is passed over, unless something that is asked for needs it.
struct PickleOpaque: Equatable {
  /// What it is, such as `'posix.system'` or a long number.
  var description: String
  /// Whether it is a class or function that is not known, or was made by one: it might have been a tensor.
  var isGlobal: Bool
  /// How often it stands in the pickle.
  var count = 0
}

/// All that a pickle built.
struct PickleHeap {
  var containers: [PickleContainer] = []
  var storages: [TorchStorage] = []
  var tensors: [TorchTensor] = []
  private(set) var opaques: [PickleOpaque] = []
  private var opaquePlaces = NamedValues<Int>()

  mutating func add(_ container: PickleContainer) -> PickleValue {
    containers.append(container)
    return .container(containers.count - 1)
  }

  /// Those of one description are one value.
  mutating func opaque(_ description: String, isGlobal: Bool = false) -> PickleValue {
    let place = opaquePlaces[description] ?? opaques.count
    if place == opaques.count {
      opaquePlaces.updateValue(place, forKey: description)
      opaques.append(PickleOpaque(description: description, isGlobal: isGlobal))
    }
    opaques[place].count += 1
    return .opaque(place)
  }

  func tuple(_ value: PickleValue) -> [PickleValue]? {
    guard case .container(let index) = value, case .tuple(let values) = containers[index] else { return nil }
    return values
  }

  /// A dictionary's values by their keys, those that are no texts left out.
  func dictionary(_ value: PickleValue) -> NamedValues<PickleValue>? {
    guard case .container(let index) = value, case .dictionary(let pairs) = containers[index] else {
      return nil
    }
    var result = NamedValues<PickleValue>()
    for case (.text(let name), let value) in pairs { result.updateValue(value, forKey: name) }
    return result
  }
}
