import LLVMBindings

/// Emits the register tile: `tile[rows][columns] += sum over k of a[k][row] b[k][column]`, all of it in registers.
struct Microkernel {
  let builder: ModuleBuilder
  let rows: Int
  let vectors: Int
  let lanes: Int
  let hasFusedMultiplyAdd: Bool

  private var vector: IRType { builder.vector(builder.f32, lanes) }
  private var wideVector: IRType { builder.vector(builder.f64, lanes) }
  private var columns: Int { vectors * lanes }

  var zeros: [IRValue] { [IRValue](repeating: builder.zero(vector), count: rows * vectors) }

  /// The tile, row by row, after `depth` steps of k.
  ///
  /// - Parameters:
  ///   - a: a panel of rows from its first k on, `rows` floats a k.
  ///   - b: a panel of columns likewise.
  func emit(_ initial: [IRValue], a: IRValue, b: IRValue, depth: IRValue) -> [IRValue] {
    let scalar = ScalarEmitter(builder: builder, hasFusedMultiplyAdd: hasFusedMultiplyAdd)
    return builder.loop(from: builder.constant(0), to: depth, carrying: initial) { k, tile in
      let row = builder.address(a, builder.multiply(k, rows * 4))
      let column = builder.address(b, builder.multiply(k, columns * 4))
      let columns = (0..<vectors).map {
        builder.load(vector, builder.address(column, builder.constant($0 * lanes * 4)), alignment: 4)
      }
      var tile = tile
      for i in 0..<rows {
        let value = builder.load(builder.f32, builder.address(row, builder.constant(i * 4)), alignment: 4)
        let factor = builder.splat(value, lanes)
        for j in 0..<vectors {
          tile[i * vectors + j] = scalar.multiplyAdd(factor, columns[j], tile[i * vectors + j])
        }
      }
      return tile
    }
  }

  /// The tile of sums over `depth` steps of k, `shortChunk` at a time: the error of a running sum grows with the root
  /// of its length, and so do the turns that it saves.
  func sum(a: IRValue, b: IRValue, depth: IRValue) -> [IRValue] {
    let short = builder.constant(ContractionPlan.shortChunk)
    let first = emit(zeros, a: a, b: b, depth: builder.minimum(depth, short))
    return builder.loop(from: short, to: depth, step: ContractionPlan.shortChunk, carrying: first) {
      k, sums in
      let part = emit(
        zeros, a: builder.address(a, builder.multiply(k, rows * 4)),
        b: builder.address(b, builder.multiply(k, columns * 4)),
        depth: builder.minimum(builder.subtract(depth, k), short))
      return zip(sums, part).map { builder.build(.floatAdd, $0, $1) }
    }
  }

  /// Adds the tile's sums over `depth` steps of k, taken `chunk` at a time in float32, to the float64 tile at `totals`.
  func accumulate(_ totals: IRValue, a: IRValue, b: IRValue, depth: IRValue, chunk: Int) {
    func add(_ first: IRValue, _ count: IRValue) {
      let part = sum(
        a: builder.address(a, builder.multiply(first, rows * 4)),
        b: builder.address(b, builder.multiply(first, columns * 4)), depth: count)
      for (position, value) in part.enumerated() {
        let place = builder.address(totals, builder.constant(position * lanes * 8))
        let sum = builder.load(wideVector, place, alignment: 8)
        let term = builder.cast(.floatExtend, value, to: wideVector)
        builder.store(builder.build(.floatAdd, sum, term), place, alignment: 8)
      }
    }
    let whole = builder.multiply(builder.divide(depth, by: chunk).quotient, chunk)
    builder.loop(from: builder.constant(0), to: whole, step: chunk) { add($0, builder.constant(chunk)) }
    builder.when(builder.compare(.signedLess, whole, depth)) { add(whole, builder.subtract(depth, whole)) }
  }

  func clear(_ totals: IRValue) {
    for position in 0..<(rows * vectors) {
      let place = builder.address(totals, builder.constant(position * lanes * 8))
      builder.store(builder.zero(wideVector), place, alignment: 8)
    }
  }

  /// The float64 tile at `totals`, rounded.
  func rounded(_ totals: IRValue) -> [IRValue] {
    (0..<(rows * vectors)).map { position in
      let place = builder.address(totals, builder.constant(position * lanes * 8))
      return builder.cast(.floatTruncate, builder.load(wideVector, place, alignment: 8), to: vector)
    }
  }

  func store(_ tile: [IRValue], _ address: IRValue) {
    for (position, value) in tile.enumerated() {
      builder.store(value, builder.address(address, builder.constant(position * lanes * 4)), alignment: 4)
    }
  }
}
