import LLVMBindings
import MCLGraph
import MCLKernelForms

/// Emits stages of a sweep for one step: `void rows(void **arguments, int64_t step, int64_t band, void *scratch)`, in
/// which a stage with lag l computes row `step - l`, and all stages take a vector of columns in turn.
///
/// Whole vectors stand in the middle of the row, where no tap leaves the image, without any test; the first and the
/// last ones put in what stands outside.
struct StencilRowEmitter {
  private let sweep: StencilSweep
  private let stages: [(number: Int, lag: Int)]
  private let builder: ModuleBuilder
  private let lanes: Int
  private let scalar: ScalarEmitter
  private let target: TargetDescription
  /// What each value of each stage computes, by stage and definition.
  private let programs: [Int: [Int: ScalarProgram]]

  init(
    _ sweep: StencilSweep, stages: [(number: Int, lag: Int)], builder: ModuleBuilder,
    target: TargetDescription
  ) throws {
    (self.sweep, self.stages, self.builder, self.target) = (sweep, stages, builder, target)
    lanes = target.lanes
    scalar = ScalarEmitter(builder: builder, hasFusedMultiplyAdd: target.hasFusedMultiplyAdd)
    var programs: [Int: [Int: ScalarProgram]] = [:]
    for (number, _) in stages {
      let definitions = sweep.stages[number].definitions
      for (position, definition) in definitions.enumerated() {
        guard case .value(let expression) = definition else { continue }
        var program = ScalarProgram(loads: [ElementType](repeating: .float32, count: definitions.count))
        _ = try program.append(expression, expected: .float32)
        programs[number, default: [:]][position] = program
      }
    }
    self.programs = programs
  }

  /// Where a tap is read: the pixel in column 0 of its row, and what stands left and right of the image.
  private struct Source {
    var column: Int
    var base: IRValue
    var left, right: IRValue
  }

  /// What a stage needs for a row, by definition.
  private struct Row {
    var stage: StencilSweep.Stage
    var number: Int
    var sources: [Int: Source]
    var targets: [(base: IRValue, definition: Int)]
    var row: IRValue
    var sampling: StencilSampling?
  }

  func emit(_ symbol: String) -> IRFunction {
    let function = builder.beginFunction(
      symbol, parameters: [builder.pointer, builder.i64, builder.i64, builder.pointer], isInternal: true)
    let parameters = function.parameters
    let geometry = StencilGeometry(parameters[0], sweep, builder)
    let rows = stages.map { number, lag in
      row(number, builder.add(parameters[1], -lag), parameters[2], parameters[3], geometry)
    }

    func run(_ from: IRValue, _ to: IRValue, _ sums: [IRValue], isEdge: Bool) -> [IRValue] {
      builder.loop(from: from, to: to, step: lanes, carrying: sums) { x, sums in
        var results: [IRValue] = []
        for row in rows {
          let values = evaluate(row, x, geometry.width, isEdge: isEdge)
          for (base, definition) in row.targets {
            builder.store(values[definition], builder.element(base, x, bytes: 4), alignment: 4)
          }
          guard let summed = row.stage.sum else { continue }
          let value = isEdge ? inside(values[summed], x, geometry.width) : values[summed]
          results.append(builder.build(.floatAdd, sums[results.count], value))
        }
        return results
      }
    }

    let columns = rows.flatMap { row in
      row.sources.values.map(\.column)
        + row.stage.definitions.compactMap { if case .inside(let column) = $0 { column } else { nil } }
    }
    let left = max(0, -(columns.min() ?? 0))
    let right = max(0, columns.max() ?? 0)
    let leftEnd = builder.constant((left + lanes - 1) / lanes * lanes)
    let summing = rows.filter { $0.stage.sum != nil }
    var sums = summing.map { _ in builder.zero(builder.vector(builder.f32, lanes)) }
    if left > 0 {
      sums = run(builder.constant(0), builder.minimum(leftEnd, geometry.width), sums, isEdge: true)
    }
    // The end of the last vector of which no tap passes the right end.
    let reach = builder.add(geometry.width, -right)
    let middle = builder.subtract(reach, builder.build(.signedRemainder, reach, builder.constant(lanes)))
    let middleEnd = builder.maximum(middle, leftEnd)
    sums = run(leftEnd, middleEnd, sums, isEdge: false)
    sums = run(middleEnd, geometry.width, sums, isEdge: true)
    for (row, sum) in zip(summing, sums) {
      let place = builder.add(
        builder.build(.multiply, builder.constant(row.number), geometry.height), row.row)
      builder.store(folded(sum), builder.element(geometry.sums, place, bytes: 4), alignment: 4)
    }
    builder.endFunction()
    return function
  }

  private func row(
    _ number: Int, _ row: IRValue, _ band: IRValue, _ scratch: IRValue, _ geometry: StencilGeometry
  ) -> Row {
    let stage = sweep.stages[number]
    var sources: [Int: Source] = [:]
    for (position, definition) in stage.definitions.enumerated() {
      if case .tap(let tap) = definition { sources[position] = source(tap, geometry, row, band) }
    }
    return Row(
      stage: stage, number: number, sources: sources,
      targets: stage.stores.map { (rowBase($0.plane, geometry, row, band), $0.definition) }, row: row,
      sampling: stage.sampler.map {
        StencilSampling(
          $0, row: row, geometry: geometry, scratch: scratch, builder: builder, target: target)
      })
  }

  private func rowBase(
    _ plane: Int, _ geometry: StencilGeometry, _ row: IRValue, _ band: IRValue
  ) -> IRValue {
    let number = sweep.rowPlanes.contains(plane) ? band : row
    return builder.element(
      geometry.plane(plane), builder.build(.multiply, number, geometry.stride), bytes: 4)
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
      column: tap.column, base: base, left: tap.column < 0 ? end(zero) : builder.zero(builder.f32),
      right: tap.column > 0 ? end(builder.add(geometry.width, -1)) : builder.zero(builder.f32))
  }

  /// Every definition at the lanes from column `x` on.
  private func evaluate(_ row: Row, _ x: IRValue, _ width: IRValue, isEdge: Bool) -> [IRValue] {
    var values: [IRValue] = []
    var samples: [IRValue]?
    let nothing = builder.zero(builder.vector(builder.f32, lanes))
    for (position, definition) in row.stage.definitions.enumerated() {
      switch definition {
      case .tap:
        values.append(row.sources[position].map { load($0, x, width, isEdge: isEdge) } ?? nothing)
      case .sample(let channel):
        if samples == nil, let sampler = row.stage.sampler {
          samples = row.sampling?.sample(x, right: values[sampler.right], below: values[sampler.below])
        }
        values.append(samples?[channel] ?? nothing)
      case .inside(let column):
        values.append(isInside(column, x, width, isEdge: isEdge))
      case .hypotenuse(let a, let b):
        values.append(hypotenuse(values[a], values[b]))
      case .value:
        values.append(
          programs[row.number]?[position].map { scalar.evaluate($0, values, lanes: lanes) } ?? nothing)
      }
    }
    return values
  }

  private func load(_ source: Source, _ x: IRValue, _ width: IRValue, isEdge: Bool) -> IRValue {
    let vector = builder.vector(builder.f32, lanes)
    let column = builder.add(x, source.column)
    let value = builder.load(vector, builder.element(source.base, column, bytes: 4), alignment: 4)
    guard isEdge, source.column != 0 else { return value }
    let columns = builder.laneColumns(column, lanes)
    return source.column < 0
      ? builder.select(
        builder.compare(.signedLess, columns, builder.zero(columns.type)), builder.splat(source.left, lanes),
        value)
      : builder.select(isBefore(columns, width), value, builder.splat(source.right, lanes))
  }

  private func isInside(_ column: Int, _ x: IRValue, _ width: IRValue, isEdge: Bool) -> IRValue {
    let (one, zero) = (
      builder.constant(1.0, builder.vector(builder.f32, lanes)),
      builder.zero(builder.vector(builder.f32, lanes))
    )
    guard isEdge, column != 0 else { return one }
    let columns = builder.laneColumns(builder.add(x, column), lanes)
    return column < 0
      ? builder.select(builder.compare(.signedLess, columns, builder.zero(columns.type)), zero, one)
      : builder.select(isBefore(columns, width), one, zero)
  }

  private func hypotenuse(_ a: IRValue, _ b: IRValue) -> IRValue {
    let wide = builder.vector(builder.f64, lanes)
    // The squares of float32 are exact in float64.
    let squares = [a, b].map { value in
      let value = builder.cast(.floatExtend, value, to: wide)
      return builder.build(.floatMultiply, value, value)
    }
    let sum = builder.build(.floatAdd, squares[0], squares[1])
    let root = builder.callIntrinsic("llvm.sqrt", overloads: [wide], [sum])
    return builder.cast(.floatTruncate, root, to: a.type)
  }

  private func isBefore(_ columns: IRValue, _ width: IRValue) -> IRValue {
    builder.compare(
      .signedLess, columns, builder.splat(builder.cast(.truncate, width, to: builder.i32), lanes))
  }

  /// The lanes inside the image, zero in the others.
  private func inside(_ value: IRValue, _ x: IRValue, _ width: IRValue) -> IRValue {
    builder.select(isBefore(builder.laneColumns(x, lanes), width), value, builder.zero(value.type))
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

extension ModuleBuilder {
  /// The int32 numbers x, x + 1, … of the lanes.
  func laneColumns(_ x: IRValue, _ lanes: Int) -> IRValue {
    add(splat(cast(.truncate, x, to: i32), lanes), laneNumbers(i32, lanes))
  }
}

extension ScalarEmitter {
  /// A program of float32 values over vectors; its loads are `loads`.
  func evaluate(_ program: ScalarProgram, _ loads: [IRValue], lanes: Int) -> IRValue {
    var values: [IRValue] = []
    for node in program.nodes {
      switch node.operation {
      case .load(let number): values.append(loads[number])
      case .constant(let bits): values.append(constant(Double(bitPattern: bits), .float32, lanes: lanes))
      case .unary(let function, let a): values.append(unary(function, values[a], .float32))
      case .binary(let function, let a, let b):
        values.append(binary(function, values[a], values[b], .float32))
      case .select(let comparison, let a, let b, let yes, let no):
        values.append(
          builder.select(compare(comparison, values[a], values[b], .float32), values[yes], values[no]))
      // The plan has refused these.
      case .integer, .index, .accumulator, .convert: values.append(builder.zero(type(.float32, lanes: lanes)))
      }
    }
    return values[values.count - 1]
  }
}
