import LLVMBindings
import MCLGraph
import MCLKernelForms

/// Emits the two phases of `SoftmaxSweepKernel`.
struct SoftmaxSweepEmitter {
  private let layout: SoftmaxSweepKernel.Layout
  private let builder: ModuleBuilder
  private let scalar: ScalarEmitter
  private let lanes: Int
  private let registers: Int
  private let chunk = SoftmaxSweepKernel.chunk
  private var sweep: SoftmaxSweep { layout.sweep }
  private var vector: IRType { builder.vector(builder.f32, lanes) }
  private var maximum: Accumulation { Accumulation(.maximum, element: .float32, scalar: scalar) }
  private var sum: Accumulation { Accumulation(.sum, element: .float32, scalar: scalar) }

  init(_ layout: SoftmaxSweepKernel.Layout, builder: ModuleBuilder, target: TargetDescription) {
    self.layout = layout
    self.builder = builder
    scalar = ScalarEmitter(builder: builder, hasFusedMultiplyAdd: target.hasFusedMultiplyAdd)
    lanes = target.lanes
    registers = target.vectorRegisters
  }

  /// What a task of the first phase works on.
  private struct Stretch {
    let a: IRValue
    let b: IRValue
    /// Its partial results: of each row the weighted sums, their total, the maximum.
    let partials: IRValue
    /// Of each row, the products of a chunk, then their exponentials.
    let scores: IRValue
    /// Of each row, what the sums so far are scaled by.
    let factors: IRValue
    /// The last term.
    let last: IRValue
  }

  private func element(_ base: IRValue, _ index: IRValue) -> IRValue {
    builder.element(base, index, bytes: 4)
  }
  private func element(_ base: IRValue, _ index: Int) -> IRValue { element(base, builder.constant(index)) }
  private func row(_ base: IRValue, _ row: IRValue, pitch: Int) -> IRValue {
    element(base, builder.multiply(row, pitch))
  }
  private func load(_ address: IRValue, _ type: IRType? = nil) -> IRValue {
    builder.load(type ?? vector, address, alignment: 4)
  }
  private func store(_ value: IRValue, _ address: IRValue) { builder.store(value, address, alignment: 4) }
  private func loop(_ end: Int, step: Int = 1, _ body: (IRValue) -> Void) {
    builder.loop(from: builder.constant(0), to: builder.constant(end), step: step, body)
  }

  /// All rows, up to four at a time.
  private func forRowGroups(_ body: (_ first: IRValue, _ count: Int) -> Void) {
    let whole = sweep.rows / 4 * 4
    loop(whole, step: 4) { body($0, 4) }
    if whole < sweep.rows { body(builder.constant(whole), sweep.rows - whole) }
  }

  /// The products of each of one list with each of another, added to sums in that order.
  private func products(_ a: [IRValue], _ b: [IRValue], addedTo sums: [IRValue]) -> [IRValue] {
    var sums = sums
    for (row, left) in a.enumerated() {
      for (column, right) in b.enumerated() {
        let own = row * b.count + column
        sums[own] = scalar.multiplyAdd(right, left, sums[own])
      }
    }
    return sums
  }

  func emitSweep(_ symbol: String) {
    let function = KernelFunction(symbol, builder: builder)
    let first = builder.multiply(function.task, layout.termsPerTask)
    let end = builder.minimum(builder.add(first, layout.termsPerTask), builder.constant(sweep.terms))
    let stretch = Stretch(
      a: function.argument(ArgumentSlot(position: 0)), b: function.argument(ArgumentSlot(position: 1)),
      partials: row(
        function.argument(ArgumentSlot(position: 3)), function.task, pitch: sweep.rows * layout.pitch),
      scores: function.scratch, factors: element(function.scratch, sweep.rows * chunk),
      last: builder.add(end, -1))
    loop(sweep.rows) { number in
      let partial = row(stretch.partials, number, pitch: layout.pitch)
      loop(sweep.depth, step: lanes) { store(builder.zero(vector), element(partial, $0)) }
      store(builder.constant(0.0, builder.f32), element(partial, sweep.depth))
      store(builder.constant(-Double.infinity, builder.f32), element(partial, sweep.depth + 1))
    }
    builder.loop(from: first, to: end, step: chunk) { start in
      let count = builder.minimum(builder.subtract(end, start), builder.constant(chunk))
      forRowGroups { scores(stretch, start, count, row: $0, rows: $1) }
      loop(sweep.rows) { exponentials(stretch, count, row: $0) }
      forRowGroups { weightedSums(stretch, start, count, row: $0, rows: $1) }
    }
    builder.endFunction()
  }

  /// The scaled products of some rows with a chunk of terms; lanes lie along the depth.
  private func scores(_ stretch: Stretch, _ start: IRValue, _ count: IRValue, row first: IRValue, rows: Int) {
    let terms = registers >= 32 || rows <= 2 ? 4 : 2
    let scale = scalar.constant(sweep.scale, .float32, lanes: 1)
    builder.loop(from: builder.constant(0), to: count, step: terms) { place in
      // Terms past the last are that one again; their exponentials are left out.
      let factors = (0..<terms).map { number in
        let term = builder.minimum(builder.add(builder.add(start, place), number), stretch.last)
        return row(stretch.b, term, pitch: sweep.depth)
      }
      let sources = (0..<rows).map { row(stretch.a, builder.add(first, $0), pitch: sweep.depth) }
      let sums = builder.loop(
        from: builder.constant(0), to: builder.constant(sweep.depth), step: lanes,
        carrying: [IRValue](repeating: builder.zero(vector), count: rows * terms)
      ) { at, sums in
        let values = sources.map { load(element($0, at)) }
        return products(values, factors.map { load(element($0, at)) }, addedTo: sums)
      }
      for number in 0..<rows {
        let target = row(stretch.scores, builder.add(first, number), pitch: chunk)
        for term in 0..<terms {
          let product = sum.fold(sums[number * terms + term])
          store(
            builder.build(.floatMultiply, product, scale), element(target, builder.add(place, term)))
        }
      }
    }
  }

  /// A row's exponentials over the largest score so far, their total, and the factor for the sums so far.
  private func exponentials(_ stretch: Stretch, _ count: IRValue, row number: IRValue) {
    let scores = row(stretch.scores, number, pitch: chunk)
    let partial = row(stretch.partials, number, pitch: layout.pitch)
    let (total, largest) = (element(partial, sweep.depth), element(partial, sweep.depth + 1))
    builder.loop(from: count, to: builder.constant(chunk)) {
      store(builder.constant(-Double.infinity, builder.f32), element(scores, $0))
    }
    let places = (0..<chunk / lanes).map { element(scores, $0 * lanes) }
    let values: [IRValue] = places.map { load($0) }
    let before = load(largest, builder.f32)
    let here = maximum.fold(values.dropFirst().reduce(values[0], maximum.combine))
    let now = maximum.combine(before, here)
    // Where all scores so far have overflowed downwards, their exponentials are zero.
    let none = builder.constant(-Double.infinity, builder.f32)
    let over = builder.select(
      builder.compare(.orderedEqual, now, none), builder.constant(0.0, builder.f32), now)
    let shift = builder.splat(over, lanes)
    let weights: [IRValue] = values.map {
      scalar.exponential(builder.build(.floatSubtract, $0, shift))
    }
    for (weight, place) in zip(weights, places) { store(weight, place) }
    let factor = scalar.exponential(builder.build(.floatSubtract, before, over))
    let added = sum.fold(weights.dropFirst().reduce(weights[0], sum.combine))
    store(scalar.multiplyAdd(load(total, builder.f32), factor, added), total)
    store(now, largest)
    store(factor, element(stretch.factors, number))
  }

  /// Adds a chunk's terms, times their exponentials, to the sums of some rows, which are scaled before.
  private func weightedSums(
    _ stretch: Stretch, _ start: IRValue, _ count: IRValue, row first: IRValue, rows: Int
  ) {
    let vectors = sweep.depth / lanes
    // Sums, the values of a term, and one factor stand in registers.
    func fits(_ width: Int) -> Bool {
      let used = rows * width + width + 1
      return rows * width <= 12 && used < registers && vectors % width == 0
    }
    let width = fits(4) ? 4 : fits(2) ? 2 : 1
    let weights = (0..<rows).map { row(stretch.scores, builder.add(first, $0), pitch: chunk) }
    loop(sweep.depth, step: width * lanes) { at in
      let columns = element(row(stretch.b, start, pitch: sweep.depth), at)
      let sums = builder.loop(
        from: builder.constant(0), to: count,
        carrying: [IRValue](repeating: builder.zero(vector), count: rows * width)
      ) { term, sums in
        let source = row(columns, term, pitch: sweep.depth)
        let values = (0..<width).map { load(element(source, $0 * lanes)) }
        let factors = weights.map { builder.splat(load(element($0, term), builder.f32), lanes) }
        return products(factors, values, addedTo: sums)
      }
      for number in 0..<rows {
        let place = builder.add(first, number)
        let factor = builder.splat(load(element(stretch.factors, place), builder.f32), lanes)
        let partial = element(row(stretch.partials, place, pitch: layout.pitch), at)
        for part in 0..<width {
          let address = element(partial, part * lanes)
          store(scalar.multiplyAdd(load(address), factor, sums[number * width + part]), address)
        }
      }
    }
  }

  func emitJoin(_ symbol: String) {
    let function = KernelFunction(symbol, builder: builder)
    let output = row(
      function.argument(ArgumentSlot(position: 2)), function.task, pitch: sweep.depth + 2)
    let partials = row(
      function.argument(ArgumentSlot(position: 3)), function.task, pitch: layout.pitch)
    let (zero, end) = (builder.constant(0), builder.constant(layout.taskCount))
    let pitch = sweep.rows * layout.pitch
    let largest = builder.loop(
      from: zero, to: end, carrying: [builder.constant(-Double.infinity, builder.f32)]
    ) { task, carried in
      let place = element(row(partials, task, pitch: pitch), sweep.depth + 1)
      return [maximum.combine(carried[0], load(place, builder.f32))]
    }[0]
    func widened(_ value: IRValue) -> IRValue {
      builder.cast(.floatExtend, value, to: builder.vector(builder.f64, builder.lanes(value)))
    }
    let total = builder.loop(from: zero, to: end, carrying: [builder.constant(0.0, builder.f64)]) {
      task, carried in
      let partial = row(partials, task, pitch: pitch)
      let own = load(element(partial, sweep.depth + 1), builder.f32)
      let factor = scalar.exponential(builder.build(.floatSubtract, own, largest))
      store(factor, element(function.scratch, task))
      let sum = widened(load(element(partial, sweep.depth), builder.f32))
      return [scalar.multiplyAdd(sum, widened(factor), carried[0])]
    }[0]
    loop(sweep.depth, step: lanes) { at in
      let sums = builder.loop(
        from: zero, to: end, carrying: [builder.zero(builder.vector(builder.f64, lanes))]
      ) { task, carried in
        let factor = widened(load(element(function.scratch, task), builder.f32))
        let part = widened(load(element(row(partials, task, pitch: pitch), at)))
        return [scalar.multiplyAdd(part, builder.splat(factor, lanes), carried[0])]
      }
      store(scalar.narrowed(sums[0]), element(output, at))
    }
    store(scalar.narrowed(total), element(output, sweep.depth))
    store(largest, element(output, sweep.depth + 1))
    builder.endFunction()
  }
}
