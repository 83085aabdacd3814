import LLVMBindings
import MCLGraph

/// Emits the two phases of a convolution by Winograd's minimal filtering.
struct WinogradEmitter: WinogradCode {
  let builder: ModuleBuilder
  let plan: WinogradPlan
  let hasFusedMultiplyAdd: Bool
  let image: IRValue
  let weights: IRValue
  let output: IRValue
  /// What the first phase makes: transformed weights [panel][product][channel][vector of the panel], or the transformed
  /// image [product][tile][channel].
  let prepared: IRValue
  /// What a task transforms: its tiles of the image, or weights [product][channel][vector] of a block of channels; then its
  /// products [product][tile][vector], then masks.
  let scratch: IRValue
  /// Sums the results along the rows; nil where that is not asked for.
  let moments: ColumnMoments?

  var problem: WinogradProblem { plan.problem }
  var whole: ContractionProblem { plan.problem.problem }
  var lanes: Int { plan.lanes }
  var sides: [WinogradSide] { plan.sides }
  var frames: [Int] { plan.problem.frames }

  /// The first phase.
  func emitPreparation(task: IRValue) {
    switch plan.prepared {
    case .weights:
      let (panel, run) = builder.divide(task, by: plan.channelRuns)
      transformWeights(
        panel, run: run,
        to: builder.address(
          builder.element(prepared, panel, bytes: plan.panelBytes),
          builder.multiply(run, plan.channelRun * plan.vectors * lanes * 4)))
    case .image:
      let first = builder.multiply(task, plan.tilesPerTask)
      let end = builder.minimum(builder.add(first, plan.tilesPerTask), builder.constant(plan.tileSlots))
      transformImages(from: first, to: end, into: builder.element(prepared, first, bytes: plan.tileBytes))
    }
  }

  /// The second phase.
  func emitProducts(task: IRValue) {
    switch plan.prepared {
    case .weights: emitProductsOfTiles(chunk: task)
    case .image:
      let (chunk, panel) = builder.divide(task, by: plan.panels)
      emitProductsOfPanel(chunk: chunk, panel: panel)
    }
  }

  // MARK: Weights

  /// `U = G g` or `G g G'` for the channels of one run and the columns of one panel.
  private func transformWeights(_ panel: IRValue, run: IRValue, to target: IRValue) {
    let outer = Array(problem.channels.dropLast())
    let own = place(outer, builder.delinearize(run, outer.map { whole.sizes[$0] }), whole.b.strides)
    let first = builder.add(own, whole.b.offset)
    let step = whole.b.strides[problem.channels.last ?? 0]
    for number in 0..<plan.vectors {
      let column = builder.add(builder.multiply(panel, plan.vectors), number)
      let place = builder.add(first, vectorPlace(column, problem.columns, whole.b.strides))
      let source = builder.element(weights, place, bytes: 4)
      builder.loop(from: zero, to: builder.constant(plan.channelRun)) { channel in
        let taps = builder.element(source, channel, bytes: step * 4)
        let result = builder.element(target, channel, bytes: plan.vectors * plan.lanes * 4)
        let values = transform(\.taps).results { place in
          load(
            taps,
            zip(sides, place).reduce(0) { bytes, part in
              let window = part.0.window
              return bytes + window.place(ofTap: part.1) * whole.b.strides[window.tap] * 4
            })
        }
        for (product, value) in values.enumerated() {
          store(value, result, product * plan.weightStride + number * plan.lanes * 4)
        }
      }
    }
  }

  // MARK: Products

  /// A chunk's first tile, how many it has, and how many register tiles these are.
  private func tiles(of chunk: IRValue) -> (first: IRValue, count: IRValue, groups: IRValue) {
    let first = builder.multiply(chunk, plan.chunk)
    let count = builder.minimum(
      builder.constant(plan.chunk), builder.subtract(builder.constant(plan.tiles), first))
    return (first, count, builder.divide(builder.add(count, plan.rows - 1), by: plan.rows).0)
  }

  /// Computes all columns of one chunk of tiles.
  private func emitProductsOfTiles(chunk: IRValue) {
    let (first, count, groups) = tiles(of: chunk)
    transformImages(
      from: first, to: builder.add(first, builder.multiply(groups, plan.rows)), into: scratch)
    let products = offset(scratch, plan.productOffset)
    builder.loop(from: zero, to: builder.constant(plan.panels)) { panel in
      let own = builder.element(prepared, panel, bytes: plan.panelBytes)
      builder.loop(from: zero, to: builder.constant(plan.products)) { number in
        for start in stride(from: 0, to: plan.channels, by: plan.block) {
          multiply(
            builder.element(scratch, number, bytes: plan.imageStride),
            builder.element(own, number, bytes: plan.weightStride),
            builder.element(products, number, bytes: plan.productStride), groups,
            start..<min(plan.channels, start + plan.block))
        }
      }
      transformPanel(panel, chunk: chunk, first: first, count: count)
    }
  }

  /// Computes the columns of one panel of one chunk of tiles.
  private func emitProductsOfPanel(chunk: IRValue, panel: IRValue) {
    let (first, count, groups) = tiles(of: chunk)
    let image = builder.element(prepared, first, bytes: plan.tileBytes)
    let products = offset(scratch, plan.productOffset)
    let channelBytes = plan.vectors * lanes * 4
    for start in stride(from: 0, to: plan.channels, by: plan.block) {
      let end = min(plan.channels, start + plan.block)
      let runs = (start / plan.channelRun, end / plan.channelRun)
      builder.loop(from: builder.constant(runs.0), to: builder.constant(runs.1)) { run in
        let channel = builder.subtract(builder.multiply(run, plan.channelRun), builder.constant(start))
        transformWeights(panel, run: run, to: builder.element(scratch, channel, bytes: channelBytes))
      }
      // The weights of the block's first channel stand first.
      let weights = offset(scratch, -start * channelBytes)
      builder.loop(from: zero, to: builder.constant(plan.products)) { number in
        multiply(
          builder.element(image, number, bytes: plan.imageStride),
          builder.element(weights, number, bytes: plan.weightStride),
          builder.element(products, number, bytes: plan.productStride), groups, start..<end)
      }
    }
    transformPanel(panel, chunk: chunk, first: first, count: count)
  }

  /// Transforms a chunk's products of one panel back.
  private func transformPanel(_ panel: IRValue, chunk: IRValue, first: IRValue, count: IRValue) {
    let products = offset(scratch, plan.productOffset)
    for number in 0..<plan.vectors {
      let column = builder.add(builder.multiply(panel, plan.vectors), number)
      let target = builder.element(
        output, vectorPlace(column, problem.columns, whole.outputStrides), bytes: 4)
      let none = moments.map { [IRValue](repeating: builder.zero($0.wide), count: 2) } ?? []
      let sums = builder.loop(from: zero, to: count, carrying: none) { row, sums in
        let source = builder.element(products, row, bytes: plan.vectors * plan.lanes * 4)
        let results = transformResults(
          builder.add(first, row), from: offset(source, number * plan.lanes * 4), to: target)
        guard let moments else { return [] }
        return zip(sums, moments.sums(results)).map { builder.build(.floatAdd, $0, $1) }
      }
      for (square, sum) in sums.enumerated() {
        guard let moments else { break }
        builder.store(
          sum, moments.address(chunk, square, builder.multiply(column, plan.lanes)), alignment: 8)
      }
    }
  }

  /// Adds the products of some channels, of groups of `rows` tiles by `vectors` vectors of columns.
  private func multiply(
    _ factors: IRValue, _ vectors: IRValue, _ results: IRValue, _ groups: IRValue, _ channels: Range<Int>
  ) {
    builder.loop(from: zero, to: groups) { group in
      multiply(
        builder.element(factors, group, bytes: plan.rows * plan.tileBytes), vectors,
        builder.element(results, group, bytes: plan.rows * plan.vectors * plan.lanes * 4), channels)
    }
  }

  /// Adds those of `rows` tiles by `vectors` vectors of columns.
  private func multiply(_ factors: IRValue, _ vectors: IRValue, _ results: IRValue, _ channels: Range<Int>) {
    let unroll = channels.count % 8 == 0 ? 8 : channels.count % 4 == 0 ? 4 : 1
    let zeros = [IRValue](repeating: builder.zero(vector), count: plan.rows * plan.vectors)
    let sums = builder.loop(
      from: builder.constant(channels.lowerBound), to: builder.constant(channels.upperBound), step: unroll,
      carrying: zeros
    ) { channel, sums in
      var sums = sums
      let factors = builder.element(factors, channel, bytes: 4)
      let vectors = builder.element(vectors, channel, bytes: plan.vectors * plan.lanes * 4)
      for turn in 0..<unroll {
        let values = (0..<plan.vectors).map {
          load(vectors, (turn * plan.vectors + $0) * plan.lanes * 4)
        }
        for row in 0..<plan.rows {
          let address = offset(factors, row * plan.tileBytes + turn * 4)
          let factor = builder.splat(builder.load(builder.f32, address, alignment: 4), plan.lanes)
          for (number, value) in values.enumerated() {
            let place = row * plan.vectors + number
            sums[place] = scalar.multiplyAdd(factor, value, sums[place])
          }
        }
      }
      return sums
    }
    for (position, sum) in sums.enumerated() {
      let address = offset(results, position * plan.lanes * 4)
      store(channels.lowerBound == 0 ? sum : add(load(address), sum), address)
    }
  }
}
