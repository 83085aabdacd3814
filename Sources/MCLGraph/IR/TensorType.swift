/// The element type and shape of a tensor. Shapes are in the order [N, C, T, H, W], row-major; a scalar is [].
public struct TensorType: Sendable, Hashable, CustomStringConvertible {
  /// What one element is: a float of 32 bits or an integer of 64.
  public var element: ElementType
  /// The size along each axis, the slowest first; [] for a scalar.
  public var shape: [Int]

  /// A type such as `TensorType(.int64, [8])`. Nothing is checked here.
  /// A tensor of it must have sizes of at least 1 and at most 2^40 elements.
  public init(_ element: ElementType = .float32, _ shape: [Int]) {
    self.element = element
    self.shape = shape
  }

  /// The number of elements: the product of the sizes.
  public var count: Int { shape.reduce(1, *) }
  /// The number of axes; 0 for a scalar.
  public var rank: Int { shape.count }
  /// Bytes of all elements in memory: 4 each for f32, 8 for i64.
  public var byteCount: Int { count * element.byteCount }

  /// As the text form has it: `f32[8,3,16,112,112]`.
  public var description: String {
    "\(element.rawValue)[\(shape.map(String.init).joined(separator: ","))]"
  }
}

/// The distance, in elements, between neighbours along each axis of a row-major tensor.
package func rowMajorStrides(_ shape: [Int]) -> [Int] {
  var strides = [Int](repeating: 1, count: shape.count)
  for axis in stride(from: shape.count - 2, through: 0, by: -1) {
    strides[axis] = strides[axis + 1] * shape[axis + 1]
  }
  return strides
}
