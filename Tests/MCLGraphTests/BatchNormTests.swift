import MCLGraph
import MCLTestKit
import Testing

/// Batch normalisation as a layer: groups of a batch, running statistics, evaluation mode.
@Suite struct BatchNormTests {
  static let start: [String: Value] = {
    var states: [String: Value] = [:]
    for (name, values) in [
      ("weight", [1.5, 0.5, -1]), ("bias", [0.1, 0, -0.2]), ("running_mean", [0.5, -0.5, 2]),
      ("running_var", [2, 0.5, 1]),
    ] { states["n.bn.\(name)"] = Value(TensorType(.float32, [3]), values) }
    states["n.bn.num_batches_tracked"] = Value(TensorType(.int64, []), [7])
    return states
  }()

  /// A program that applies the layer to each of `parts` equal parts of `x` [4, 3, 1, 2, 2], or to all in groups.
  static func run(parts: Int, groups: Int, training: Bool) throws -> (y: [Double], states: [String: Value]) {
    let model = Model("bn") { _ in
      Program("p") { context in
        let x = context.input("x", [4, 3, 1, 2, 2])
        let scope = Scope(context, path: "n", parameters: "n", isTraining: training, isTrainable: true)
        let size = 4 / parts
        let results = (0..<parts).map { part in
          BatchNorm("bn", groups: groups)(x.sliced(axis: 0, part * size..<(part + 1) * size), in: scope)
        }
        return Step(outputs: [("y", concatenate(results, axis: 0))])
      }
    }
    var interpreter = Interpreter(try model.module().program("p"), states: start)
    let x = (0..<48).map { Double(($0 * 29) % 31) / 5 - 3 }
    let result = try interpreter.run(["x": Value(TensorType(.float32, [4, 3, 1, 2, 2]), x)])
    return (try #require(result.outputs["y"]).elements, interpreter.states)
  }

  /// The groups of one batch are what separate batches would be, their statistics applied in the same order.
  @Test func groupsAreSeparateBatches() throws {
    let separate = try Self.run(parts: 2, groups: 1, training: true)
    let grouped = try Self.run(parts: 1, groups: 2, training: true)
    #expect(separate.y == grouped.y)
    #expect(separate.states == grouped.states)
    #expect(grouped.states["n.bn.num_batches_tracked"]?.elements == [9])
    #expect(try Self.run(parts: 1, groups: 1, training: true).y != grouped.y)
  }

  /// The running variance takes the unbiased one: for two values apart by 2, 2 and not 1.
  @Test func runningStatisticsMoveByATenth() throws {
    let states = try Self.run(parts: 1, groups: 1, training: true).states
    let x = (0..<48).map { Double(($0 * 29) % 31) / 5 - 3 }
    let channel = (0..<4).flatMap { n in (0..<4).map { x[(n * 3) * 4 + $0] } }
    let mean = channel.reduce(0, +) / 16
    let variance = channel.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 15
    let running = try #require(states["n.bn.running_mean"]?.elements[0])
    let runningVariance = try #require(states["n.bn.running_var"]?.elements[0])
    #expect(abs(running - (0.9 * 0.5 + 0.1 * mean)) < 1e-12)
    #expect(abs(runningVariance - (0.9 * 2 + 0.1 * variance)) < 1e-12)
  }

  @Test func evaluationUsesTheRunningStatisticsAndMovesNothing() throws {
    let (y, states) = try Self.run(parts: 1, groups: 1, training: false)
    #expect(states == Self.start)
    #expect(abs(y[0] - ((-3 - 0.5) / (2 + 1e-5).squareRoot() * 1.5 + 0.1)) < 1e-12)
  }
}
