import MCLGraph
import MCLSupport

/// `random`: numbers drawn anew for each batch.
///
/// | field | gives |
/// |---|---|
/// | `permutation` | i64 [n], the numbers 0 ..< n in a drawn order |
/// | `uniform` | f32, each in [0, 1) |
///
/// The attribute `purpose` says what the draws depend on beside the seed and the batch; the input's name otherwise.
package struct RandomFeeder: Feeder {
  package static let name = "random"
  package static let fields = ["permutation", "uniform"]

  private let inputs: [DeclaredInput]
  private let purposes: [CounterRandom.Purpose]
  private let seed: UInt64

  package static func needs(_ inputs: [DeclaredInput]) throws -> DataNeeds {
    for input in inputs {
      try input.expectAttributes(["purpose"])
      _ = try input.text("purpose")
      switch input.source.field {
      case "permutation": try input.expect(.int64, { $0.count == 1 }, "i64 [n]")
      default: try input.expect(.float32, { _ in true }, "f32")
      }
    }
    return DataNeeds()
  }

  package init(_ inputs: [DeclaredInput], _ setup: FeederSetup) throws {
    self.inputs = inputs
    purposes = try inputs.map { CounterRandom.Purpose(try $0.text("purpose") ?? $0.name) }
    seed = setup.seed
  }

  package func fill(_ batch: BatchBuilder) {
    for (input, purpose) in zip(inputs, purposes) {
      var random = CounterRandom(seed: seed, sample: batch.index, purpose: purpose)
      if input.source.field == "permutation" {
        batch.fill(input.name, integers: random.permutation(input.type.count).map { Int64($0) })
      } else {
        batch.fill(input.name, floats: (0..<input.type.count).map { _ in Float(random.unitFloat()) })
      }
    }
  }
}

extension CounterRandom {
  /// Uniform in [0, 1) on float32's grid of 2^-24, so that rounding never gives 1.
  fileprivate mutating func unitFloat() -> Double { Double(next() >> 40) * 0x1p-24 }
}
