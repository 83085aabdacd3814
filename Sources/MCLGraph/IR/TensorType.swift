/// The element type and shape of a tensor. Shapes are in the order [N, C, T, H, W], row-major; a scalar is [].
public struct TensorType: Sendable, Hashable, CustomStringConvertible {
  public var element: ElementType
  public var shape: [Int]

  public init(_ element: ElementType = .float32, _ shape: [Int]) {
    self.element = element
    self.shape = shape
  }

  /// The number of elements: the product of the sizes.
  public var count: Int { shape.reduce(1, *) }
  public var rank: Int { shape.count }
  public var byteCount: Int { count * element.byteCount }

  public var description: String {
    "\(element.rawValue)[\(shape.map(String.init).joined(separator: ","))]"
  }
}

/// The distance, in elements, between neighbours along each axis of a row-major tensor.
public func rowMajorStrides(_ shape: [Int]) -> [Int] {
  var strides = [Int](repeating: 1, count: shape.count)
  for axis in stride(from: shape.count - 2, through: 0, by: -1) {
    strides[axis] = strides[axis + 1] * shape[axis + 1]
  }
  return strides
}
