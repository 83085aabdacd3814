import MCLData
import MCLExecution
import MCLGraph
import MCLWeights

/// A batch that is being made: zeros to begin with, filled sample by sample. Used by one thread.
package final class BatchBuilder {
  package let index: Int
  /// Which sample of the data set stands at each position.
  package var samples: [Int] = []
  private let count: Int
  private let shapes: [String: [Int]]
  private var floats: [String: [Float]] = [:]
  private var integers: [String: [Int64]] = [:]

  /// - Parameters:
  ///   - index: of the batch.
  ///   - count: its samples, N.
  ///   - inputs: what it holds.
  package init(index: Int, count: Int, _ inputs: [DeclaredInput]) {
    (self.index, self.count) = (index, count)
    shapes = Dictionary(inputs.map { ($0.name, $0.type.shape) }, uniquingKeysWith: { first, _ in first })
    for input in inputs {
      switch input.type.element {
      case .float32: floats[input.name] = [Float](repeating: 0, count: input.type.count)
      case .int64: integers[input.name] = [Int64](repeating: 0, count: input.type.count)
      }
    }
  }

  /// Lets `body` write the numbers of one sample of an input [N, …].
  package func write(
    _ input: String, at position: Int, _ body: (UnsafeMutableBufferPointer<Float>) throws -> Void
  ) rethrows {
    try floats[input, default: []].withUnsafeMutableBufferPointer { all in
      let size = all.count / count
      // Bounds: the array holds `count` samples of `size` numbers, and the position is below `count`.
      try body(UnsafeMutableBufferPointer(rebasing: all[position * size..<(position + 1) * size]))
    }
  }

  /// Writes one sample's numbers.
  /// - Throws: `SamplingError` where they do not fill the sample's place.
  package func write(_ values: [Float], to input: String, at position: Int) throws {
    try write(input, at: position) { place in
      guard place.count == values.count else {
        throw SamplingError(
          "\(values.count) numbers do not fill a sample of '\(input)', which has \(place.count)")
      }
      _ = place.update(fromContentsOf: values)
    }
  }

  /// Writes one sample's number of an i64 input [N].
  package func write(_ value: Int64, to input: String, at position: Int) {
    integers[input]?[position] = value
  }

  /// Writes one sample's integers of an i64 input [N, …].
  /// - Throws: `SamplingError` where they do not fill the sample's place.
  package func write(_ values: [Int64], to input: String, at position: Int) throws {
    let size = (integers[input]?.count ?? 0) / count
    guard values.count == size else {
      throw SamplingError("\(values.count) integers do not fill a sample of '\(input)', which has \(size)")
    }
    integers[input]?.replaceSubrange(position * size..<(position + 1) * size, with: values)
  }

  /// Replaces all numbers of an input.
  package func fill(_ input: String, integers values: [Int64]) { integers[input] = values }
  package func fill(_ input: String, floats values: [Float]) { floats[input] = values }

  package var batch: Batch {
    var tensors: [String: HostTensor] = [:]
    for (name, values) in floats { tensors[name] = HostTensor(shapes[name] ?? [], .float32(values)) }
    for (name, values) in integers { tensors[name] = HostTensor(shapes[name] ?? [], .int64(values)) }
    return Batch(index: index, tensors: tensors, samples: samples)
  }
}
