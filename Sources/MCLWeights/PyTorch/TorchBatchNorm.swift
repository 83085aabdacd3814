import MCLGraph

/// Batch norm by running statistics, found in a graph by its shape:
/// `(x - mean) (1 / sqrt(variance + epsilon)) weight + bias`, each of the four [C] under the shape [1, C, 1, …].
struct TorchBatchNorm: Sendable {
  /// x [N, C, …], mean, variance, weight, bias: as `functional.batch_norm` takes them.
  let operands: [Int]
  let epsilon: Double

  /// nil where the value is something else.
  init?(endingAt entry: Int, in graph: Graph) {
    func parts(_ entry: Int, _ function: BinaryFunction) -> (Int, Int)? {
      guard let binary = graph.entries[entry].operation as? Binary, binary.function == function else {
        return nil
      }
      return (graph.entries[entry].operands[0], graph.entries[entry].operands[1])
    }
    func unary(_ entry: Int, _ function: UnaryFunction) -> Int? {
      guard let unary = graph.entries[entry].operation as? Unary, unary.function == function else {
        return nil
      }
      return graph.entries[entry].operands[0]
    }
    func narrow(_ entry: Int) -> Int {
      graph.entries[entry].operation is Broadcast ? graph.entries[entry].operands[0] : entry
    }
    let shape = graph.entries[entry].type.shape
    guard shape.count >= 2, graph.entries[entry].type.element == .float32 else { return nil }
    /// The [C] numbers behind [1, C, 1, …].
    func channels(_ entry: Int) -> Int? {
      let wide = narrow(entry)
      guard graph.entries[wide].operation is Reshape,
        graph.entries[wide].type.shape
          == shape.indices.map({ $0 == 1 ? shape[1] : 1 })
      else { return nil }
      let source = graph.entries[wide].operands[0]
      return graph.entries[source].type.shape == [shape[1]] ? source : nil
    }
    guard let (scaled, shift) = parts(entry, .add), let bias = channels(shift),
      let (standardized, scale) = parts(scaled, .multiply), let weight = channels(scale),
      let (centred, factor) = parts(standardized, .multiply),
      let (x, average) = parts(centred, .subtract), let mean = channels(average),
      let root = unary(narrow(factor), .reciprocal), let sum = unary(root, .squareRoot),
      let (spread, added) = parts(sum, .add), let variance = channels(spread),
      let epsilon = graph.entries[narrow(added)].operation as? Constant
    else { return nil }
    operands = [x, mean, variance, weight, bias]
    self.epsilon = epsilon.value
  }
}
