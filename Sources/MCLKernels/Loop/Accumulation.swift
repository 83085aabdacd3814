import LLVMBindings
import MCLGraph

/// The arithmetic of a reduction: what is carried while it runs, how a value joins, how parts are joined.
///
/// Sums of float32 values are carried in float64 and rounded once, in the end.
struct Accumulation {
  let reduction: Reduction
  /// The type of the values reduced.
  let element: ElementType
  let scalar: ScalarEmitter
  /// Whether there is a second sum.
  let isDouble: Bool
  private var builder: ModuleBuilder { scalar.builder }

  init(_ reduction: Reduction, element: ElementType, scalar: ScalarEmitter, isDouble: Bool = false) {
    self.isDouble = isDouble
    self.reduction = reduction
    self.element = element
    self.scalar = scalar
  }

  /// Values carried for each vector: the value, then the position so far or the second sum.
  var fields: Int { reduction == .firstMaximumPosition || isDouble ? 2 : 1 }

  func identity(lanes: Int) -> [IRValue] {
    let type = scalar.type(element, lanes: lanes)
    let start: IRValue
    switch (reduction, element) {
    case (.sum, .float32): start = builder.zero(builder.vector(builder.f64, lanes))
    case (.none, _), (.sum, _): start = builder.zero(type)
    case (_, .float32): start = builder.constant(-Double.infinity, type)
    case (_, .int64): start = builder.constant(Int.min, type)
    }
    if isDouble { return [start, start] }
    return fields == 1 ? [start] : [start, builder.zero(builder.vector(builder.i64, lanes))]
  }

  /// The larger of what was carried and a value; the first NaN stays.
  private func joinMaximum(_ carried: IRValue, _ value: IRValue) -> IRValue {
    switch element {
    case .int64: return builder.maximum(carried, value)
    case .float32:
      let better = builder.compare(.orderedGreater, value, carried)
      let missing = builder.compare(.unordered, value, value)
      return builder.select(builder.build(.or, better, missing), value, carried)
    }
  }

  /// Joins a value at `position` (of the row-major order of the reduction axes).
  func join(_ carried: [IRValue], _ value: IRValue, position: IRValue) -> [IRValue] {
    switch reduction {
    case .none: return [value]
    case .sum: return [scalar.binary(.add, carried[0], scalar.widened(value), element)]
    case .maximum: return [joinMaximum(carried[0], value)]
    case .firstMaximumPosition:
      var better: IRValue
      switch element {
      case .int64: better = builder.compare(.signedGreater, value, carried[0])
      case .float32:
        let isFirstMissing = builder.and(
          builder.compare(.unordered, value, value), builder.compare(.ordered, carried[0], carried[0]))
        better = builder.build(
          .or, builder.compare(.orderedGreater, value, carried[0]), isFirstMissing)
      }
      let lanes = builder.lanes(value)
      return [
        builder.select(better, value, carried[0]),
        builder.select(better, builder.splat(position, lanes), carried[1]),
      ]
    }
  }

  /// Joins two partial sums or maxima.
  func combine(_ a: IRValue, _ b: IRValue) -> IRValue {
    if reduction == .maximum { return joinMaximum(a, b) }
    let type = builder.elementType(a.type)
    return builder.build(type == builder.i64 ? .add : .floatAdd, a, b)
  }

  /// Joins the lanes of a partial sum or maximum: the upper half onto the lower until one is left.
  func fold(_ vector: IRValue) -> IRValue {
    var vector = vector
    var lanes = builder.lanes(vector)
    while lanes > 1 {
      let half = lanes / 2
      let unused = builder.undefined(vector.type)
      let lower = builder.shuffle(vector, unused, Array(0..<half))
      let upper = builder.shuffle(vector, unused, Array(half..<lanes))
      if half == 1 {
        return combine(builder.extract(vector, 0), builder.extract(vector, 1))
      }
      vector = combine(lower, upper)
      lanes = half
    }
    return vector
  }

  /// Joins the lanes of each of some partial sums or maxima, in the order of `fold`, but several in one vector: halves are
  /// joined of two vectors at first, then quarters of four, until a vector is full of results.
  func fold(_ vectors: [IRValue]) -> [IRValue] {
    guard let first = vectors.first else { return [] }
    let lanes = builder.lanes(first)
    return stride(from: 0, to: vectors.count, by: lanes).flatMap { start in
      let group = vectors[start..<min(start + lanes, vectors.count)]
      var parts = Array(group)
      var segment = lanes
      while segment > 1 {
        segment /= 2
        // Of every segment of two vectors the first half of one and the second of the other, which stay in their places,
        // and the halves that are missing.
        let kept = (0..<lanes).map { $0 / segment % 2 == 0 ? $0 : $0 + lanes }
        let moved = (0..<lanes).map { $0 / segment % 2 == 0 ? $0 + segment : $0 + lanes - segment }
        parts = stride(from: 0, to: parts.count, by: 2).map { number in
          let (a, b) = (parts[number], parts[min(number + 1, parts.count - 1)])
          return combine(builder.shuffle(a, b, kept), builder.shuffle(a, b, moved))
        }
      }
      // A vector's lowest bit chose the half, the next one the quarter, and so on.
      return group.indices.map { number in
        var (lane, rest, bit) = (0, number - start, lanes / 2)
        while bit > 0 {
          lane += rest % 2 * bit
          (rest, bit) = (rest / 2, bit / 2)
        }
        return builder.extract(parts[0], lane)
      }
    }
  }

  /// What the reduction gives, of what was carried; sums are not rounded yet.
  func result(_ carried: [IRValue]) -> [IRValue] { isDouble ? carried : [carried[fields - 1]] }

  /// The type of the result.
  var resultElement: ElementType { reduction == .firstMaximumPosition ? .int64 : element }
}
