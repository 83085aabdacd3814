import MCLSupport

/// Reads a pickle without running anything: a stack machine that knows the opcodes of protocols 2 to 5 which build
/// numbers, texts and containers, and the few globals that tensors are made of (`PickleGlobal`). What any other global
/// would make, and what has no place in Swift's types, stays a value without content (`PickleOpaque`). It takes memory
/// in proportion to the bytes it reads.
///
/// Source: the opcodes of Python's `pickletools`, the persistent ids of PyTorch's `torch.save`.
struct Unpickler {
  var bytes: PickleBytes
  private(set) var heap = PickleHeap()
  private var stack: [PickleValue] = []
  /// The heights of the stack at which marks stand.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private var storagePlaces = NamedValues<Int>()

  init(_ bytes: PickleBytes) { self.bytes = bytes }

  /// Reads one pickle up to its end.
  /// - Throws: `TensorFileError` naming the byte.
  mutating func value() throws -> PickleValue {
    (stack, marks, memo) = ([], [], [:])
    while let code = Opcode(rawValue: try bytes.byte()) {
      if code == .stop {
        guard stack.count == 1, marks.isEmpty else { throw bytes.error("it does not end with one value") }
        return stack[0]
      }
      try execute(code)
    }
    throw bytes.error("it has an opcode that checkpoints do not have; nothing of it is executed")
  }

  private mutating func execute(_ code: Opcode) throws {
    switch code {
    case .stop: break
    case .protocolNumber:
      let number = try bytes.byte()
      guard (2...5).contains(number) else { throw bytes.error("it is of protocol \(number), not 2 to 5") }
    case .frame: _ = try bytes.number(8)
    case .mark: marks.append(stack.count)
    case .pop: if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
    case .popMark: _ = try popMark()
    case .duplicate: stack.append(try top())
    case .none: stack.append(.none)
    case .isTrue: stack.append(.bool(true))
    case .isFalse: stack.append(.bool(false))
    case .integer4: stack.append(.integer(Int64(Int32(truncatingIfNeeded: try bytes.number(4)))))
    case .integer1: stack.append(.integer(Int64(try bytes.byte())))
    case .integer2: stack.append(.integer(Int64(try bytes.number(2))))
    case .long1: stack.append(try long(Int(try bytes.byte())))
    case .long4: stack.append(try long(Int(try bytes.number(4))))
    case .real:
      var bits: UInt64 = 0
      for _ in 0..<8 { bits = bits << 8 | UInt64(try bytes.byte()) }
      stack.append(.real(Double(bitPattern: bits)))
    case .text1, .bytes1, .string1: stack.append(try text(Int(try bytes.byte())))
    case .text4, .bytes4, .string4: stack.append(try text(Int(try bytes.number(4))))
    case .text8, .bytes8, .byteArray:
      guard let count = Int(exactly: try bytes.number(8)) else { throw bytes.error("a text is too long") }
      stack.append(try text(count))
    case .emptyTuple: stack.append(heap.add(.tuple([])))
    case .tuple1: try tuple(1)
    case .tuple2: try tuple(2)
    case .tuple3: try tuple(3)
    case .tuple: stack.append(heap.add(.tuple(try popMark())))
    case .emptyList, .emptySet: stack.append(heap.add(.list([])))
    case .list, .frozenSet: stack.append(heap.add(.list(try popMark())))
    case .emptyDictionary: stack.append(heap.add(.dictionary([])))
    case .dictionary:
      let values = try popMark()
      stack.append(heap.add(.dictionary([])))
      try set(values)
    case .append: try append([try pop()])
    case .appends, .addItems: try append(try popMark())
    case .setItem:
      let value = try pop()
      try set([try pop(), value])
    case .setItems: try set(try popMark())
    case .put1: memo[Int(try bytes.byte())] = try top()
    case .put4: memo[Int(try bytes.number(4))] = try top()
    case .memoize: memo[memo.count] = try top()
    case .get1: try get(Int(try bytes.byte()))
    case .get4: try get(Int(try bytes.number(4)))
    case .global:
      let module = try bytes.line()
      try pushGlobal(module, try bytes.line())
    case .stackGlobal:
      guard case .text(let name) = try pop(), case .text(let module) = try pop() else {
        throw bytes.error("a global has no name")
      }
      try pushGlobal(module, name)
    case .reduce, .newObject:
      let arguments = try pop()
      try call(try pop(), arguments)
    case .newObjectWithKeywords:
      _ = try pop()
      _ = try pop()
      guard case .opaque = try top() else {
        _ = try pop()
        stack.append(heap.opaque(Self.unknownCall, isGlobal: true))
        return
      }
    case .build: try build(try pop())
    case .persistentId: try pushStorage(try pop())
    }
  }

  // MARK: The stack

  private func top() throws -> PickleValue {
    guard let value = stack.last, stack.count > marks.last ?? 0 else {
      throw bytes.error("a value is missing")
    }
    return value
  }

  private mutating func pop() throws -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func popMark() throws -> [PickleValue] {
    guard let height = marks.popLast(), height <= stack.count else { throw bytes.error("a mark is missing") }
    defer { stack.removeSubrange(height...) }
    return Array(stack[height...])
  }

  private mutating func tuple(_ count: Int) throws {
    var values: [PickleValue] = []
    for _ in 0..<count { values.append(try pop()) }
    stack.append(heap.add(.tuple(values.reversed())))
  }

  private mutating func get(_ index: Int) throws {
    guard let value = memo[index] else {
      throw bytes.error("it refers to value \(index), which is not there")
    }
    stack.append(value)
  }

  /// A whole number of `count` bytes; those of more than eight are passed over.
  private mutating func long(_ count: Int) throws -> PickleValue {
    guard count <= 8 else {
      guard count <= min(bytes.end - bytes.position, Int(Int32.max)) else {
        throw bytes.error("a number of \(count) bytes is announced, more than are left")
      }
      bytes.skip(count)
      return heap.opaque("a whole number of more than 64 bits")
    }
    let bits = try bytes.number(count)
    guard count > 0, count < 8 else { return .integer(Int64(bitPattern: bits)) }
    let unused = Int64(64 - 8 * count)
    return .integer((Int64(bitPattern: bits) << unused) >> unused)
  }

  private mutating func text(_ count: Int) throws -> PickleValue {
    let text = try bytes.take(count)
    // What is no UTF-8 is escaped, so that different names stay different; what is longer is no name.
    return .text(
      text.count <= 4096 ? FilePath(bytes: text).description : String(decoding: text, as: UTF8.self))
  }

  // MARK: Containers

  private mutating func append(_ values: [PickleValue]) throws {
    if case .opaque = try top() { return }
    guard case .container(let index) = try top(), case .list(var list) = heap.containers[index] else {
      throw bytes.error("something is appended to what is no list")
    }
    // Emptied first, so that the list is the only owner and grows in place.
    heap.containers[index] = .list([])
    list.append(contentsOf: values)
    heap.containers[index] = .list(list)
  }

  private mutating func set(_ values: [PickleValue]) throws {
    if case .opaque = try top() { return }
    guard case .container(let index) = try top(), case .dictionary(var pairs) = heap.containers[index] else {
      throw bytes.error("a key is set in what is no dictionary")
    }
    guard values.count % 2 == 0 else { throw bytes.error("a key has no value") }
    heap.containers[index] = .dictionary([])
    for place in stride(from: 0, to: values.count, by: 2) { pairs.append((values[place], values[place + 1])) }
    heap.containers[index] = .dictionary(pairs)
  }

  // MARK: Globals

  private static let unknownCall = "a known name that is called in an unknown way"

  private mutating func pushGlobal(_ module: String, _ name: String) throws {
    stack.append(
      PickleGlobal(module: module, name: name).map { .global($0) }
        ?? heap.opaque(TensorFileError.quoted("\(module).\(name)"), isGlobal: true))
  }

  /// What a known global makes of its arguments; an unknown one makes itself, whatever it is given.
  private mutating func call(_ callee: PickleValue, _ arguments: PickleValue) throws {
    if case .opaque = callee { return stack.append(callee) }
    guard case .global(let global) = callee, let values = heap.tuple(arguments) else {
      throw bytes.error("something is called that cannot be")
    }
    stack.append(made(by: global, values) ?? heap.opaque(Self.unknownCall, isGlobal: true))
  }

  private mutating func made(by global: PickleGlobal, _ values: [PickleValue]) -> PickleValue? {
    switch (global, values.count) {
    case (.dictionary, 0), (.namespace, 0): return heap.add(.dictionary([]))
    case (.dictionary, 1):
      // A Counter is built from the dictionary it holds; a defaultdict is given what makes its values.
      guard case .container(let index) = values[0] else { return heap.add(.dictionary([])) }
      guard case .dictionary = heap.containers[index] else { return nil }
      return values[0]
    case (.set, 0): return heap.add(.list([]))
    case (.set, 1), (.size, 1): if case .container = values[0] { return values[0] }
    case (.rebuildTensor, 4...7): return tensor(values, type: nil)
    case (.rebuildTypedTensor, 7...8):
      switch values[6] {
      case .global(.type(let type)): return tensor(values, type: type)
      case .opaque(let index):
        return tensor(values, type: .other(heap.opaques[index].description, byteCount: nil))
      default: return nil
      }
    case (.rebuildParameter, 3...4): if case .tensor = values[0] { return values[0] }
    default: return nil
    }
    // What is made of something unknown is unknown.
    if case .opaque = values[0] { return values[0] }
    return nil
  }

  /// Attributes: a namespace's are its content; others, such as an ordered dictionary's `_metadata`, are dropped.
  private mutating func build(_ attributes: PickleValue) throws {
    guard case .container(let index) = try top(), case .dictionary(let pairs) = heap.containers[index],
      case .container(let given) = attributes, case .dictionary(let added) = heap.containers[given],
      pairs.isEmpty, given != index
    else { return }
    // Moved, not copied: a dictionary that is given again and again would take memory each time.
    heap.containers[given] = .dictionary([])
    heap.containers[index] = .dictionary(added)
  }

  // MARK: Tensors

  /// `('storage', type, key, device, count)`, in the legacy format with a sixth value that is None; or a class with its
  /// source, `('module', class, file, text)`.
  private mutating func pushStorage(_ id: PickleValue) throws {
    let values = heap.tuple(id) ?? []
    if values.count == 4, values[0] == .text("module"), case .opaque = values[1] {
      return stack.append(values[1])
    }
    guard values.count == 5 || values.count == 6 && values[5] == .none, values[0] == .text("storage"),
      let type = storageType(values[1]), case .text(let key) = values[2],
      case .integer(let count) = values[4], count >= 0, count <= Int64.max / 16
    else {
      throw bytes.error(
        "a storage is described in an unknown way; load it with PyTorch and save the state dict anew")
    }
    let storage = TorchStorage(type: type, key: key, count: Int(count))
    if let place = storagePlaces[key] {
      guard heap.storages[place] == storage else {
        throw bytes.error("storage \(TensorFileError.quoted(key)) is of two types or lengths")
      }
      stack.append(.storage(place))
    } else {
      storagePlaces.updateValue(heap.storages.count, forKey: key)
      stack.append(.storage(heap.storages.count))
      heap.storages.append(storage)
    }
  }

  private func storageType(_ value: PickleValue) -> TorchType? {
    switch value {
    case .global(.storage(let type)): type
    case .opaque(let index): .other(heap.opaques[index].description, byteCount: nil)
    default: nil
    }
  }

  /// `(storage, offset, shape, strides, …)`.
  private mutating func tensor(_ values: [PickleValue], type: TorchType?) -> PickleValue {
    if case .opaque = values[0] { return values[0] }
    heap.tensors.append(described(values, type: type))
    return .tensor(heap.tensors.count - 1)
  }

  private func described(_ values: [PickleValue], type: TorchType?) -> TorchTensor {
    func integers(_ value: PickleValue) -> [Int]? {
      guard let numbers = heap.tuple(value), numbers.count <= 64 else { return nil }
      let known = numbers.compactMap { if case .integer(let number) = $0 { Int(number) } else { nil } }
      return known.count == numbers.count && known.allSatisfy { $0 >= 0 } ? known : nil
    }
    func damaged(_ what: String, _ shape: [Int] = []) -> TorchTensor {
      TorchTensor(shape: shape, obstacle: .damaged(what))
    }
    guard case .storage(let place) = values[0], case .integer(let offset) = values[1], offset >= 0,
      let shape = integers(values[2]), let strides = integers(values[3]), shape.count == strides.count
    else { return damaged("a tensor is described in an unknown way; save it anew with a current PyTorch") }
    let storage = heap.storages[place]
    let type = type ?? storage.type
    guard case .known(let element) = type else {
      return TorchTensor(shape: shape, obstacle: .type(type))
    }
    guard storage.type == type || storage.type == .untyped else {
      return damaged("a tensor of \(type) is a view of \(storage.type); it is damaged", shape)
    }
    let available = storage.type == .untyped ? storage.count / element.byteCount : storage.count
    var (last, count) = (Int(offset), 1)
    for (size, stride) in zip(shape, strides) where !shape.contains(0) {
      let (reach, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, overflow2) = last.addingReportingOverflow(reach)
      let (product, overflow3) = count.multipliedReportingOverflow(by: size)
      guard !overflow, !overflow2, !overflow3 else {
        return damaged("a tensor's shape is impossible; it is damaged")
      }
      (last, count) = (sum, product)
    }
    guard shape.contains(0) || last < available else {
      return damaged(
        "a tensor of shape \(shape) reaches beyond its storage of \(available); it is damaged", shape)
    }
    return TorchTensor(storage: place, element: element, offset: Int(offset), shape: shape, strides: strides)
  }
}

extension Unpickler {
  /// The opcodes that are known.
  private enum Opcode: UInt8 {
    case mark = 0x28, stop = 0x2e, pop = 0x30, popMark = 0x31, duplicate = 0x32, emptyTuple = 0x29
    case real = 0x47, integer4 = 0x4a, integer1 = 0x4b, integer2 = 0x4d, none = 0x4e, persistentId = 0x51
    case reduce = 0x52, string4 = 0x54, string1 = 0x55, text4 = 0x58, emptyList = 0x5d, append = 0x61
    case build = 0x62, global = 0x63, dictionary = 0x64, appends = 0x65, get1 = 0x68, get4 = 0x6a
    case list = 0x6c, put1 = 0x71, put4 = 0x72, setItem = 0x73, tuple = 0x74, setItems = 0x75
    case emptyDictionary = 0x7d, protocolNumber = 0x80, newObject = 0x81, tuple1 = 0x85, tuple2 = 0x86
    case tuple3 = 0x87, isTrue = 0x88, isFalse = 0x89, long1 = 0x8a, long4 = 0x8b, bytes4 = 0x42
    case bytes1 = 0x43, text1 = 0x8c, text8 = 0x8d, bytes8 = 0x8e, emptySet = 0x8f, addItems = 0x90
    case frozenSet = 0x91, newObjectWithKeywords = 0x92, stackGlobal = 0x93, memoize = 0x94, frame = 0x95
    case byteArray = 0x96
  }
}
