import MCLGraph

/// Emits one stage of a sweep for one row: `void stage(void **arguments, int64_t row, int64_t band)`.
///
/// Whole vectors stand in the middle of the row, where no tap leaves the image, without any test; the first and the
/// last ones put in what stands outside.
struct StencilRowEmitter {
  private let sweep: StencilSweep
  private let stage: Int
  private let builder: ModuleBuilder
  private let lanes: Int
  private let scalar: ScalarEmitter
  private let programs: [Int: ScalarProgram]

  private var definitions: [StencilSweep.Definition] { sweep.stages[stage].definitions }
  private var taps: [StencilSweep.Tap] {
    definitions.compactMap { if case .tap(let tap) = $0 { tap } else { nil } }
  }

  init(_ sweep: StencilSweep, stage: Int, builder: ModuleBuilder, target: TargetDescription) throws {
    (self.sweep, self.stage, self.builder) = (sweep, stage, builder)
    lanes = target.lanes
    scalar = ScalarEmitter(builder: builder, hasFusedMultiplyAdd: target.hasFusedMultiplyAdd)
    let definitions = sweep.stages[stage].definitions
    var programs: [Int: ScalarProgram] = [:]
    for (position, definition) in definitions.enumerated() {
      guard case .value(let expression) = definition else { continue }
      var program = ScalarProgram(loads: [ElementType](repeating: .float32, count: definitions.count))
      _ = try program.append(expression, expected: .float32)
      programs[position] = program
    }
    self.programs = programs
  }

  /// Where a tap is read: its row's pixel above which or below which the point stands, and the row's ends.
  private struct Source {
    var tap: StencilSweep.Tap
    var base: IRValue
    /// What stands left and right of the image.
    var left, right: IRValue
  }

  func emit(_ symbol: String) -> IRFunction {
    let function = builder.beginFunction(
      symbol, parameters: [builder.pointer, builder.i64, builder.i64], isInternal: true)
    let (arguments, row, band) = (function.parameters[0], function.parameters[1], function.parameters[2])
    let geometry = StencilGeometry(arguments, sweep, builder)
    let sources = taps.map { source($0, geometry, row, band) }
    let targets = sweep.stages[stage].stores.map { store in
      (rowBase(store.plane, geometry, row, band), store.definition)
    }
    let vector = builder.vector(builder.f32, lanes)
    let hasSum = sweep.stages[stage].sum != nil

    func run(_ from: IRValue, _ to: IRValue, _ sums: [IRValue], isEdge: Bool) -> [IRValue] {
      builder.loop(from: from, to: to, step: lanes, carrying: sums) { x, sums in
        let values = evaluate(x, sources, geometry.width, isEdge: isEdge)
        for (base, definition) in targets {
          builder.store(values[definition], builder.element(base, x, bytes: 4), alignment: 4)
        }
        guard let summed = sweep.stages[stage].sum else { return [] }
        let value = isEdge ? inside(values[summed], x, geometry.width) : values[summed]
        return [builder.build(.floatAdd, sums[0], value)]
      }
    }

    let left = max(0, -(taps.map(\.column).min() ?? 0))
    let right = max(0, taps.map(\.column).max() ?? 0)
    let leftEnd = builder.constant(left == 0 ? 0 : (left + lanes - 1) / lanes * lanes)
    var sums = hasSum ? [builder.zero(vector)] : []
    if left > 0 {
      sums = run(builder.constant(0), builder.minimum(leftEnd, geometry.width), sums, isEdge: true)
    }
    // The last vector of which no tap passes the right end.
    let reach = builder.add(geometry.width, -right)
    let middle = builder.subtract(reach, builder.build(.signedRemainder, reach, builder.constant(lanes)))
    let middleEnd = builder.maximum(middle, leftEnd)
    sums = run(leftEnd, middleEnd, sums, isEdge: false)
    sums = run(middleEnd, geometry.width, sums, isEdge: true)
    if hasSum {
      let place = builder.add(builder.build(.multiply, builder.constant(stage), geometry.height), row)
      builder.store(folded(sums[0]), builder.element(geometry.sums, place, bytes: 4), alignment: 4)
    }
    builder.endFunction()
    return function
  }

  private func rowBase(_ plane: Int, _ geometry: StencilGeometry, _ row: IRValue, _ band: IRValue) -> IRValue
  {
    let number = sweep.rowPlanes.contains(plane) ? band : row
    return builder.element(geometry.plane(plane), builder.build(.multiply, number, geometry.stride), bytes: 4)
  }

  private func source(
    _ tap: StencilSweep.Tap, _ geometry: StencilGeometry, _ row: IRValue, _ band: IRValue
  ) -> Source {
    let wanted = builder.add(row, tap.row)
    let zero = builder.constant(0)
    let last = builder.add(geometry.height, -1)
    var clamped = tap.row < 0 ? builder.maximum(wanted, zero) : wanted
    if tap.row > 0 { clamped = builder.minimum(wanted, last) }
    var base = rowBase(tap.plane, geometry, clamped, band)
    if tap.edge == .zero, tap.row != 0 {
      base = builder.select(builder.compare(.equal, wanted, clamped), base, geometry.zeros)
    }
    func end(_ column: IRValue) -> IRValue {
      tap.edge == .zero
        ? builder.zero(builder.f32)
        : builder.load(builder.f32, builder.element(base, column, bytes: 4), alignment: 4)
    }
    return Source(
      tap: tap, base: base, left: tap.column < 0 ? end(zero) : builder.zero(builder.f32),
      right: tap.column > 0 ? end(builder.add(geometry.width, -1)) : builder.zero(builder.f32))
  }

  /// Every definition at the lanes from column `x` on.
  private func evaluate(_ x: IRValue, _ sources: [Source], _ width: IRValue, isEdge: Bool) -> [IRValue] {
    var values: [IRValue] = []
    var tap = 0
    for (position, definition) in definitions.enumerated() {
      switch definition {
      case .tap:
        values.append(load(sources[tap], x, width, isEdge: isEdge))
        tap += 1
      case .value:
        values.append(programs[position].map { evaluate($0, values) } ?? builder.zero(builder.f32))
      }
    }
    return values
  }

  private func load(_ source: Source, _ x: IRValue, _ width: IRValue, isEdge: Bool) -> IRValue {
    let vector = builder.vector(builder.f32, lanes)
    let column = builder.add(x, source.tap.column)
    let value = builder.load(vector, builder.element(source.base, column, bytes: 4), alignment: 4)
    guard isEdge, source.tap.column != 0 else { return value }
    let columns = laneColumns(column)
    return source.tap.column < 0
      ? builder.select(
        builder.compare(.signedLess, columns, builder.zero(columns.type)), builder.splat(source.left, lanes),
        value)
      : builder.select(isBefore(columns, width), value, builder.splat(source.right, lanes))
  }

  private func laneColumns(_ x: IRValue) -> IRValue {
    builder.add(
      builder.splat(builder.cast(.truncate, x, to: builder.i32), lanes),
      builder.laneNumbers(builder.i32, lanes))
  }

  private func isBefore(_ columns: IRValue, _ width: IRValue) -> IRValue {
    builder.compare(
      .signedLess, columns, builder.splat(builder.cast(.truncate, width, to: builder.i32), lanes))
  }

  /// The lanes inside the image, zero in the others.
  private func inside(_ value: IRValue, _ x: IRValue, _ width: IRValue) -> IRValue {
    builder.select(isBefore(laneColumns(x), width), value, builder.zero(value.type))
  }

  private func evaluate(_ program: ScalarProgram, _ definitions: [IRValue]) -> IRValue {
    var values: [IRValue] = []
    for node in program.nodes {
      switch node.operation {
      case .load(let definition): values.append(definitions[definition])
      case .constant(let bits):
        values.append(scalar.constant(Double(bitPattern: bits), .float32, lanes: lanes))
      case .unary(let function, let a): values.append(scalar.unary(function, values[a], .float32))
      case .binary(let function, let a, let b):
        values.append(scalar.binary(function, values[a], values[b], .float32))
      case .select(let comparison, let a, let b, let yes, let no):
        values.append(
          builder.select(scalar.compare(comparison, values[a], values[b], .float32), values[yes], values[no]))
      // The plan has refused these.
      case .index, .accumulator, .convert: values.append(builder.zero(builder.vector(builder.f32, lanes)))
      }
    }
    return values[values.count - 1]
  }

  /// The sum of the lanes, halves added to halves.
  private func folded(_ vector: IRValue) -> IRValue {
    var (value, count) = (vector, lanes)
    while count > 1 {
      count /= 2
      let low = builder.shuffle(value, value, Array(0..<count))
      let high = builder.shuffle(value, value, Array(count..<2 * count))
      value = builder.build(.floatAdd, low, high)
    }
    return lanes > 1 ? builder.extract(value, 0) : value
  }
}
