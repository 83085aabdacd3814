/// A tensor's numbers in the reference interpreter, row-major: floats in Double, integers exactly.
public struct Value: Sendable, Equatable {
  /// The element type and the shape.
  public let type: TensorType
  private var storage: Storage

  private enum Storage: Sendable, Equatable {
    case floats([Double])
    case integers([Int64])
  }

  private init(_ type: TensorType, _ storage: Storage) {
    self.type = type
    self.storage = storage
  }

  /// Numbers in Double; as integers, where the type has such, they are converted as `Int64(saturating:)` does.
  public init(_ type: TensorType, _ elements: [Double]) {
    self.type = type
    storage =
      switch type.element {
      case .float32: .floats(elements)
      case .int64: .integers(elements.map(Int64.init(saturating:)))
      }
  }

  /// Integers; as floats, where the type has such, each is the nearest Double.
  public init(_ type: TensorType, integers: [Int64]) {
    self.type = type
    storage =
      switch type.element {
      case .float32: .floats(integers.map { Double($0) })
      case .int64: .integers(integers)
      }
  }

  /// One number everywhere; of integers, converted as `Int64(saturating:)` does.
  public init(_ type: TensorType, repeating element: Double) {
    self.init(type, [Double](repeating: element, count: type.count))
  }

  package init(_ type: TensorType, filledWith element: Scalar) {
    switch element {
    case .float(let value): self.init(type, repeating: value)
    case .integer(let value): self.init(type, integers: [Int64](repeating: value, count: type.count))
    }
  }

  /// One f32 number, of shape [].
  public init(scalar: Double) { self.init(TensorType(.float32, []), [scalar]) }

  /// The size along each axis, the slowest first; a scalar has none.
  public var shape: [Int] { type.shape }

  /// How many numbers there are: as many as the type says, unless a caller's array was of another length.
  public var count: Int {
    switch storage {
    case .floats(let values): values.count
    case .integers(let values): values.count
    }
  }

  /// The numbers in Double; an integer beyond 2^53 is rounded to the nearest one.
  public var elements: [Double] {
    get {
      switch storage {
      case .floats(let values): values
      case .integers(let values): values.map { Double($0) }
      }
    }
    set { self = Value(type, newValue) }
  }

  /// The numbers as integers; a float is converted as `Int64(saturating:)` does.
  public var integers: [Int64] {
    switch storage {
    case .floats(let values): values.map(Int64.init(saturating:))
    case .integers(let values): values
    }
  }

  /// The same numbers in the same order under another type.
  public func with(_ type: TensorType) -> Value {
    switch (storage, type.element) {
    case (.floats, .float32), (.integers, .int64): Value(type, storage)
    case (.floats(let values), .int64): Value(type, values)
    case (.integers(let values), .float32): Value(type, integers: values)
    }
  }

  /// Elements of one value, each as it stands: the result's element i is the one at `positions[i]`, or 0 where that is
  /// negative.
  public func gathered(_ type: TensorType, at positions: [Int]) -> Value {
    func gathered<Number: Numeric>(_ values: [Number]) -> [Number] {
      values.withUnsafeBufferPointer { values in positions.map { $0 < 0 ? 0 : values[$0] } }
    }
    return switch storage {
    case .floats(let values): Value(TensorType(.float32, type.shape), gathered(values)).with(type)
    case .integers(let values): Value(TensorType(.int64, type.shape), integers: gathered(values)).with(type)
    }
  }

  /// The elements of values of one element type, one value after the other; of shape [count].
  public static func joined(_ values: [Value]) -> Value {
    if values.count == 1 { return values[0].with(TensorType(values[0].type.element, [values[0].count])) }
    let count = values.reduce(0) { $0 + $1.count }
    guard values.first?.type.element == .int64 else {
      return Value(TensorType(.float32, [count]), values.flatMap(\.elements))
    }
    return Value(TensorType(.int64, [count]), integers: values.flatMap(\.integers))
  }
}

/// Calls `body` with every coordinate of a row-major space, in order.
func forEachCoordinate(_ shape: [Int], _ body: ([Int]) -> Void) {
  var coordinate = [Int](repeating: 0, count: shape.count)
  for _ in 0..<shape.reduce(1, *) {
    body(coordinate)
    for axis in shape.indices.reversed() {
      coordinate[axis] += 1
      if coordinate[axis] < shape[axis] { break }
      coordinate[axis] = 0
    }
  }
}

/// The flat positions that the coordinates of a row-major space, in order, stand for: `start` plus a stride an axis.
func flatPositions(_ shape: [Int], strides: [Int], start: Int = 0) -> [Int] {
  var positions: [Int] = []
  positions.reserveCapacity(shape.reduce(1, *))
  forEachCoordinate(shape) { at in positions.append(zip(at, strides).reduce(start) { $0 + $1.0 * $1.1 }) }
  return positions
}
