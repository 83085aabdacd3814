/// A tensor's numbers in the Double interpreter, row-major. Integers are held exactly up to 2^53.
public struct Value: Sendable, Equatable {
  public var type: TensorType
  public var elements: [Double]

  public init(_ type: TensorType, _ elements: [Double]) {
    self.type = type
    self.elements = elements
  }

  public init(_ type: TensorType, repeating element: Double) {
    self.init(type, [Double](repeating: element, count: type.count))
  }

  public init(scalar: Double) { self.init(TensorType(.float32, []), [scalar]) }

  public var shape: [Int] { type.shape }
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
