import MCLSupport

extension TorchCheckpoint {
  /// Tensors by name, in the file's order: what PyTorch's `state_dict()` gives.
  package struct StateDict: Sendable {
    /// The keys that lead to it from the file's root.
    package internal(set) var keys: [String] = []
    var tensors = NamedValues<TorchTensor>()

    /// The tensors' names, those included that cannot be read.
    package var names: [String] { tensors.keys }

    /// A tensor's shape; nil where there is none or it is not known.
    package subscript(name: String) -> [Int]? {
      tensors[name].flatMap { $0.obstacle == nil ? $0.shape : nil }
    }

    /// The shapes as far as they are known, of tensors too that cannot be read for their type.
    var shapes: [(key: String, value: [Int]?)] {
      tensors.map { name, tensor in
        switch tensor.obstacle {
        case nil, .type: (name, tensor.shape)
        case .damaged, .unknown: (name, nil)
        }
      }
    }

    /// For messages: `'model' / 'state_dict'`, or the root.
    var place: String {
      keys.isEmpty ? "the root" : keys.map(TensorFileError.quoted).joined(separator: " / ")
    }
  }

  /// The state dict under a key of the root, or under keys separated by dots; nil where there is none with a tensor.
  package func stateDict(under key: String?) -> StateDict? {
    guard let key else { return stateDict(root, keys: []) }
    return value(key[...], of: root, keys: []).flatMap { stateDict($0.value, keys: $0.keys) }
  }

  /// Keys may hold dots themselves, so that the longest that fits is taken first.
  private func value(_ path: Substring, of container: PickleValue, keys: [String]) -> (
    value: PickleValue, keys: [String]
  )? {
    guard keys.count < Self.depthLimit, let dictionary = heap.dictionary(container) else { return nil }
    var head = path
    while true {
      if let found = dictionary[String(head)] {
        let rest = path[head.endIndex...]
        let keys = keys + [String(head)]
        if rest.isEmpty { return (found, keys) }
        if let deeper = value(rest.dropFirst(), of: found, keys: keys) { return deeper }
      }
      guard let dot = head.lastIndex(of: ".") else { return nil }
      head = head[..<dot]
    }
  }

  private static let depthLimit = 5
  private static let countLimit = 256

  /// Every state dict that keys lead to, the outer ones first, those of one depth in the file's order.
  func stateDicts() -> [StateDict] {
    var found: [StateDict] = []
    var seen: Set<Int> = []
    var level: [(value: PickleValue, keys: [String])] = [(root, [])]
    while !level.isEmpty, found.count < Self.countLimit {
      var next: [(value: PickleValue, keys: [String])] = []
      for (value, keys) in level {
        guard case .container(let place) = value, seen.insert(place).inserted else { continue }
        if let dictionary = stateDict(value, keys: keys) { found.append(dictionary) }
        guard keys.count < Self.depthLimit, let members = heap.dictionary(value) else { continue }
        for (name, value) in members { if case .container = value { next.append((value, keys + [name])) } }
      }
      level = next
    }
    return found
  }

  private func stateDict(_ value: PickleValue, keys: [String]) -> StateDict? {
    var result = StateDict(keys: keys)
    var hasTensor = false
    for (name, value) in heap.dictionary(value) ?? NamedValues() {
      switch value {
      case .tensor(let index):
        result.tensors.updateValue(heap.tensors[index], forKey: name)
        hasTensor = true
      case .opaque(let index) where heap.opaques[index].isGlobal:
        // It might be a tensor to PyTorch.
        result.tensors.updateValue(
          TorchTensor(obstacle: .unknown(heap.opaques[index].description)), forKey: name)
      default: break
      }
    }
    return hasTensor ? result : nil
  }

  /// The first key of the root under which something stands that an unknown class would make.
  func unknownObject() -> (key: String, what: String)? {
    for (name, value) in heap.dictionary(root) ?? NamedValues() {
      if case .opaque(let index) = value, heap.opaques[index].isGlobal {
        return (name, heap.opaques[index].description)
      }
    }
    return nil
  }
}
