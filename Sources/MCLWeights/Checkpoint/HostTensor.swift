/// A tensor in memory as files hold it: a shape and numbers of one type, row-major.
public struct HostTensor: Sendable, Equatable {
  /// The numbers of a tensor, row-major, in one of four types.
  public enum Storage: Sendable, Equatable {
    case float32([Float])
    case float64([Double])
    case int64([Int64])
    case uint8([UInt8])
  }

  /// Sizes from the outermost axis to the innermost; empty for a scalar.
  public var shape: [Int]
  /// The numbers, row-major.
  public var storage: Storage

  /// A tensor. The product of the shape must be the number of values, which is not checked here.
  public init(_ shape: [Int], _ storage: Storage) {
    self.shape = shape
    self.storage = storage
  }

  /// The number of values.
  public var count: Int {
    switch storage {
    case .float32(let values): values.count
    case .float64(let values): values.count
    case .int64(let values): values.count
    case .uint8(let values): values.count
    }
  }

  /// The values as Float, rounded to the nearest.
  public var floats: [Float] {
    switch storage {
    case .float32(let values): values
    case .float64(let values): values.map { Float($0) }
    case .int64(let values): values.map { Float($0) }
    case .uint8(let values): values.map { Float($0) }
    }
  }

  /// The values as Double. Integers beyond 2^53 are rounded to the nearest.
  public var doubles: [Double] {
    switch storage {
    case .float32(let values): values.map { Double($0) }
    case .float64(let values): values
    case .int64(let values): values.map { Double($0) }
    case .uint8(let values): values.map { Double($0) }
    }
  }

  /// The numbers as integers; nil where one is no integer.
  public var integers: [Int64]? {
    switch storage {
    case .int64(let values): return values
    case .uint8(let values): return values.map { Int64($0) }
    case .float32, .float64:
      let exact = doubles.compactMap { Int64(exactly: $0) }
      return exact.count == count ? exact : nil
    }
  }
}
