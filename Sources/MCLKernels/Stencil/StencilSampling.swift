import LLVMBindings
import MCLGraph
import MCLKernelForms

/// Emits the sampling of a stage: positions and weights for a vector of pixels at once, then pixel by pixel the sixteen
/// neighbours with all their channels.
struct StencilSampling {
  private let sampler: StencilSweep.Sampler
  private let row: IRValue
  private let geometry: StencilGeometry
  private let scratch: IRValue
  private let builder: ModuleBuilder
  private let scalar: ScalarEmitter
  private let lanes: Int

  /// For at most 16 lanes: an int64 offset, eight weights and four channels each.
  static let scratchBytes = 16 * (8 + 8 * 4 + 4 * 4)

  private func place(weight number: Int) -> Int { 16 * (8 + 4 * number) }
  private var resultPlace: Int { 16 * (8 + 8 * 4) }

  init(
    _ sampler: StencilSweep.Sampler, row: IRValue, geometry: StencilGeometry, scratch: IRValue,
    builder: ModuleBuilder, target: TargetDescription
  ) {
    (self.sampler, self.row, self.geometry) = (sampler, row, geometry)
    (self.scratch, self.builder) = (scratch, builder)
    lanes = target.lanes
    scalar = ScalarEmitter(builder: builder, hasFusedMultiplyAdd: target.hasFusedMultiplyAdd)
  }

  /// The position `place + displacement` within 8 pixels of the image: its whole part, kept so near that all
  /// neighbours lie within 4 pixels, and its fraction.
  private func split(_ place: IRValue, _ displacement: IRValue, _ size: IRValue) -> (IRValue, IRValue) {
    let (vector, integer) = (displacement.type, builder.vector(builder.i32, lanes))
    func splat(_ value: IRValue) -> IRValue {
      builder.splat(builder.cast(.truncate, value, to: builder.i32), lanes)
    }
    let position = builder.build(
      .floatAdd, builder.cast(.signedToFloat, place, to: vector), displacement)
    // A comparison with NaN is false and takes the bound.
    let lowest = builder.constant(-8.0, vector)
    let highest = builder.cast(.signedToFloat, splat(builder.add(size, 8)), to: vector)
    var bounded = builder.select(builder.compare(.orderedGreater, position, lowest), position, lowest)
    bounded = builder.select(builder.compare(.orderedLess, bounded, highest), bounded, highest)
    let truncated = builder.cast(.floatToSigned, bounded, to: integer)
    let back = builder.cast(.signedToFloat, truncated, to: vector)
    let isAbove = builder.compare(.orderedGreater, back, bounded)
    let whole = builder.select(isAbove, builder.add(truncated, -1), truncated)
    let fraction = builder.build(.floatSubtract, bounded, builder.cast(.signedToFloat, whole, to: vector))
    let low = builder.maximum(whole, builder.constant(-3, integer))
    return (builder.minimum(low, splat(builder.add(size, 1))), fraction)
  }

  /// The four channels at the lanes from column `x` on.
  func sample(_ x: IRValue, right: IRValue, below: IRValue) -> [IRValue] {
    let (column, fx) = split(builder.laneColumns(x, lanes), right, geometry.width)
    let rows = builder.splat(builder.cast(.truncate, row, to: builder.i32), lanes)
    let (line, fy) = split(rows, below, geometry.height)
    // The first of the 4x4 neighbours, in pixels from (0, 0).
    let stride = builder.splat(builder.cast(.truncate, geometry.stride, to: builder.i32), lanes)
    let corner = builder.add(
      builder.build(.multiply, builder.add(line, -1), stride), builder.add(column, -1))
    let wide = builder.cast(.signExtend, corner, to: builder.vector(builder.i64, lanes))
    builder.store(wide, scratch, alignment: 64)
    for (fraction, first) in [(fy, 0), (fx, 4)] {
      for (number, weight) in cubicWeights(fraction).enumerated() {
        builder.store(weight, at(place(weight: first + number)), alignment: 64)
      }
    }
    let image = geometry.plane(sampler.plane)
    let rowBytes = builder.multiply(geometry.stride, 16)
    builder.loop(from: builder.constant(0), to: builder.constant(lanes)) { lane in
      let offset = builder.load(builder.i64, builder.element(scratch, lane, bytes: 8), alignment: 8)
      samplePixel(lane, builder.element(image, offset, bytes: 16), rowBytes)
    }
    return channels()
  }

  private func at(_ bytes: Int) -> IRValue { builder.address(scratch, builder.constant(bytes)) }

  private func cubicWeights(_ x: IRValue) -> [IRValue] {
    func product(_ a: IRValue, _ b: IRValue) -> IRValue { builder.build(.floatMultiply, a, b) }
    func difference(_ a: IRValue, _ b: IRValue) -> IRValue { builder.build(.floatSubtract, a, b) }
    func constant(_ value: Float) -> IRValue { builder.constant(Double(value), x.type) }
    let a = sampler.sharpness
    let one = constant(1)
    let y = difference(one, x)
    let square = product(x, x)
    let w0 = product(constant(a), product(product(y, y), x))
    let inner = scalar.multiplyAdd(constant(a + 2), x, constant(-(a + 3)))
    let w1 = scalar.multiplyAdd(inner, square, one)
    let w3 = product(constant(a), product(square, y))
    return [w0, w1, difference(difference(difference(one, w0), w1), w3), w3]
  }

  /// Sums the neighbours of one pixel and leaves its channels in the scratch memory.
  private func samplePixel(_ lane: IRValue, _ corner: IRValue, _ rowBytes: IRValue) {
    let channels = builder.vector(builder.f32, 4)
    func weight(_ number: Int) -> IRValue {
      let address = builder.element(at(place(weight: number)), lane, bytes: 4)
      return builder.splat(builder.load(builder.f32, address, alignment: 4), 4)
    }
    func sum(_ values: [IRValue], _ weights: [IRValue]) -> IRValue {
      var result = builder.build(.floatMultiply, values[0], weights[0])
      for number in 1..<4 { result = scalar.multiplyAdd(values[number], weights[number], result) }
      return result
    }
    let (vertical, horizontal) = ((0..<4).map(weight), (4..<8).map(weight))
    let rows = (0..<4).map { row in
      let base = builder.address(corner, builder.multiply(rowBytes, row))
      let pixels = (0..<4).map {
        builder.load(channels, builder.address(base, builder.constant(16 * $0)), alignment: 16)
      }
      return sum(pixels, horizontal)
    }
    builder.store(
      sum(rows, vertical), builder.element(at(resultPlace), lane, bytes: 16), alignment: 16)
  }

  /// The channels of all lanes, each as a vector.
  private func channels() -> [IRValue] {
    let vector = builder.vector(builder.f32, lanes)
    let parts = (0..<4).map { builder.load(vector, at(resultPlace + 4 * lanes * $0), alignment: 16) }
    return (0..<4).map { channel in
      // From each part every fourth value: a quarter of the lanes.
      func quarter(_ a: IRValue, _ b: IRValue) -> IRValue {
        builder.shuffle(a, b, (0..<lanes / 2).map { channel + 4 * $0 })
      }
      let (low, high) = (quarter(parts[0], parts[1]), quarter(parts[2], parts[3]))
      return builder.shuffle(low, high, Array(0..<lanes))
    }
  }
}
