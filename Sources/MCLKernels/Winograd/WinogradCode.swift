import LLVMBindings
import MCLGraph

/// What the emitters of Winograd's filtering share.
protocol WinogradCode {
  var builder: ModuleBuilder { get }
  var hasFusedMultiplyAdd: Bool { get }
  var lanes: Int { get }
  var sides: [WinogradSide] { get }
  /// The axes along which tiles repeat besides.
  var frames: [Int] { get }
  /// The contraction that is computed.
  var whole: ContractionProblem { get }
}

extension WinogradCode {
  var vector: IRType { builder.vector(builder.f32, lanes) }
  var scalar: ScalarEmitter {
    ScalarEmitter(builder: builder, hasFusedMultiplyAdd: hasFusedMultiplyAdd)
  }
  var zero: IRValue { builder.constant(0) }

  func offset(_ base: IRValue, _ bytes: Int) -> IRValue {
    bytes == 0 ? base : builder.address(base, builder.constant(bytes))
  }

  func load(_ base: IRValue, _ bytes: Int = 0) -> IRValue {
    builder.load(vector, offset(base, bytes), alignment: 4)
  }

  /// Stores a vector; zeros where there is none.
  func store(_ value: IRValue?, _ base: IRValue, _ bytes: Int = 0) {
    builder.store(value ?? builder.zero(vector), offset(base, bytes), alignment: 4)
  }

  func add(_ a: IRValue, _ b: IRValue) -> IRValue { builder.build(.floatAdd, a, b) }

  func transform(_ matrix: KeyPath<MinimalFilter, [[Double]]>) -> SeparableTransform {
    SeparableTransform(builder: builder, scalar: scalar, matrices: sides.map { $0.filter[keyPath: matrix] })
  }

  /// Elements from an operand's start, from the coordinates along some axes.
  func place(_ axes: [Int], _ coordinates: [IRValue], _ strides: [Int]) -> IRValue {
    zip(axes, coordinates).reduce(zero) { builder.add($0, builder.multiply($1.1, strides[$1.0])) }
  }

  /// The place of a vector along axes whose last is contiguous in the operand, by its number.
  func vectorPlace(_ number: IRValue, _ axes: [Int], _ strides: [Int]) -> IRValue {
    var sizes = axes.map { whole.sizes[$0] }
    sizes[sizes.count - 1] /= lanes
    var coordinates = builder.delinearize(number, sizes)
    coordinates[sizes.count - 1] = builder.multiply(coordinates[sizes.count - 1], lanes)
    return place(axes, coordinates, strides)
  }

  /// The coordinates of a tile: along the frames' axes, then its first row along each side.
  func coordinates(_ tile: IRValue) -> (frames: [IRValue], corner: [IRValue]) {
    let parts = builder.delinearize(tile, frames.map { whole.sizes[$0] } + sides.map(\.tiles))
    let corner = zip(parts.suffix(sides.count), sides).map { builder.multiply($0, $1.step) }
    return (Array(parts.dropLast(sides.count)), corner)
  }
}
