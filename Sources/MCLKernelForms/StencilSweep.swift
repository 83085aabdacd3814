import MCLGraph

/// Stages of stencils and pointwise arithmetic over the planes of an image, fused into one pass over its rows.
///
/// By definition each stage runs over all pixels, one stage after the other; inside a stage every value is computed
/// from what the planes held before it. The kernel does all stages in a single pass, a later one some rows behind
/// (`StencilPlan`), in place and with the same bits.
///
/// Planes are float32 and share width, height and stride, which are known only when the kernel runs, so one kernel
/// serves every size. See `StencilKernel` for its arguments.
package struct StencilSweep: Hashable, Sendable {
  /// What stands outside the image.
  package enum Edge: String, Hashable, Sendable {
    /// The nearest pixel inside.
    case repeated
    case zero
  }

  /// A value of a plane, `row` below and `column` to the right of the pixel that is computed.
  package struct Tap: Hashable, Sendable {
    package var plane: Int
    package var row: Int
    package var column: Int
    package var edge: Edge
  }

  /// Where a stage samples an image of four interleaved channels: displaced from the pixel, by four weights along
  /// each axis.
  package struct Sampler: Hashable, Sendable {
    /// The plane that holds the image, four float32 a pixel; no stage writes it. Outside it is 0.
    package var plane: Int
    /// The definitions that say how far to the right and below the pixel.
    package var right, below: Int
    /// The coefficient a of the cubic kernel, such as -0.75. With the fraction x of a position and y = 1 - x, the
    /// neighbours at -1, 0, 1 and 2 of its whole part weigh w0 = a((y y) x), w1 = ((a + 2) x - (a + 3)) (x x) + 1,
    /// w2 = ((1 - w0) - w1) - w3 and w3 = a((x x) y); products are fused with additions where the target can.
    package var sharpness: Float
  }

  package enum Definition: Hashable, Sendable {
    case tap(Tap)
    /// 1 where the pixel so many columns to the right is inside the image, 0 elsewhere.
    case inside(column: Int)
    /// A channel, 0 to 3, of the stage's sampler: the four neighbours of each row summed from left to right, then the
    /// rows from above, by fused multiply-adds where the target has them.
    case sample(Int)
    /// sqrt(a^2 + b^2) of two definitions before, computed in float64 and rounded to float32.
    case hypotenuse(Int, Int)
    /// Its `.load(i)` is definition i of the stage, one of those before.
    case value(ScalarExpression)
  }

  package struct Store: Hashable, Sendable {
    package var plane: Int
    package var definition: Int
  }

  package struct Stage: Hashable, Sendable {
    package private(set) var definitions: [Definition] = []
    package private(set) var stores: [Store] = []
    /// The definition that is summed over each row.
    package private(set) var sum: Int?
    package private(set) var sampler: Sampler?

    package init() {}

    /// The four channels of an image `right` and `below` the pixel, of which a stage can sample one.
    package mutating func samples(
      _ plane: Int, right: ScalarExpression, below: ScalarExpression, sharpness: Float
    ) -> [ScalarExpression] {
      sampler = Sampler(
        plane: plane, right: position(right), below: position(below), sharpness: sharpness)
      return (0..<4).map { define(.sample($0)) }
    }

    /// The value of a plane near the pixel.
    package mutating func tap(
      _ plane: Int, row: Int = 0, column: Int = 0, edge: Edge = .repeated
    ) -> ScalarExpression {
      define(.tap(Tap(plane: plane, row: row, column: column, edge: edge)))
    }

    /// 1 where the pixel so many columns to the right is inside the image, 0 elsewhere.
    package mutating func inside(column: Int) -> ScalarExpression { define(.inside(column: column)) }

    /// sqrt(a^2 + b^2), rounded once from float64.
    package mutating func hypotenuse(_ a: ScalarExpression, _ b: ScalarExpression) -> ScalarExpression {
      define(.hypotenuse(position(a), position(b)))
    }

    /// A value by name, computed once however often it is used.
    package mutating func value(_ expression: ScalarExpression) -> ScalarExpression {
      if case .load = expression { return expression }
      return define(.value(expression))
    }

    private mutating func define(_ definition: Definition) -> ScalarExpression {
      if let known = definitions.firstIndex(of: definition) { return .load(known) }
      definitions.append(definition)
      return .load(definitions.count - 1)
    }

    private mutating func position(_ expression: ScalarExpression) -> Int {
      guard case .load(let position) = value(expression) else { return 0 }
      return position
    }

    package mutating func store(_ expression: ScalarExpression, in plane: Int) {
      stores.append(Store(plane: plane, definition: position(expression)))
    }

    /// Asks for the sum of an expression over each row.
    package mutating func sum(_ expression: ScalarExpression) { sum = position(expression) }

    /// Additions, multiplications, comparisons and so on for one pixel.
    package var operationCount: Int {
      let count = definitions.reduce(0) { count, definition in
        switch definition {
        case .value(let expression): count + expression.operationCount
        case .hypotenuse: count + 4
        // Twenty products and as many sums.
        case .sample: count + 40
        case .tap, .inside: count
        }
      }
      return count + (sum == nil ? 0 : 1)
    }
  }

  package var planeCount: Int
  /// Planes of which only one row exists for each band of rows: what a stage hands to a later one at the same row.
  package var rowPlanes: Set<Int>
  package var stages: [Stage]

  package init(planeCount: Int, rowPlanes: Set<Int> = [], stages: [Stage]) {
    self.planeCount = planeCount
    self.rowPlanes = rowPlanes
    self.stages = stages
  }

  /// Floating-point operations a pixel.
  package var operationCount: Int { stages.reduce(0) { $0 + $1.operationCount } }

  /// Bytes a pixel that a pass must move: each plane it reads or writes, once.
  package var byteCount: Int {
    var (read, written) = (Set<Int>(), Set<Int>())
    var sampled = 0
    for stage in stages {
      for case .tap(let tap) in stage.definitions { read.insert(tap.plane) }
      if stage.sampler != nil { sampled += 1 }
      written.formUnion(stage.stores.map(\.plane))
    }
    return 4 * (read.subtracting(rowPlanes).count + written.subtracting(rowPlanes).count + 4 * sampled)
  }
}
