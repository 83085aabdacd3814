/// Emits the register tile: `tile[rows][columns] += sum over k of a[k][row] b[k][column]`, all of it in registers.
struct Microkernel {
  let builder: ModuleBuilder
  let rows: Int
  let vectors: Int
  let lanes: Int
  let hasFusedMultiplyAdd: Bool

  private var vector: IRType { builder.vector(builder.f32, lanes) }
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

  /// A tile kept at `address`, row by row.
  func load(_ address: IRValue) -> [IRValue] {
    (0..<(rows * vectors)).map {
      builder.load(vector, builder.address(address, builder.constant($0 * lanes * 4)), alignment: 4)
    }
  }

  func store(_ tile: [IRValue], _ address: IRValue) {
    for (position, value) in tile.enumerated() {
      builder.store(value, builder.address(address, builder.constant(position * lanes * 4)), alignment: 4)
    }
  }
}
