import MCLCompiler
import MCLGraph
import MCLSupport
import MCLWeights

/// What one run of a program is given: tensors by the names of its inputs.
public struct Batch: Sendable, Equatable {
  /// Which batch of the run this is, from 0.
  public let index: Int
  /// The tensors, by the names of the inputs that they are for.
  public var tensors: [String: HostTensor]
  /// Which sample of the data set stands at each position, where that is known.
  public var samples: [Int]

  /// A batch; shapes and types are checked when an `Executor` is given it.
  public init(index: Int, tensors: [String: HostTensor], samples: [Int] = []) {
    (self.index, self.tensors, self.samples) = (index, tensors, samples)
  }

  /// The numbers of an f32 tensor; empty where the batch has none of that name.
  public func floats(_ name: String) -> [Float] {
    if case .float32(let values)? = tensors[name]?.storage { values } else { [] }
  }

  /// The numbers of an i64 tensor; empty where the batch has none of that name.
  public func integers(_ name: String) -> [Int64] {
    if case .int64(let values)? = tensors[name]?.storage { values } else { [] }
  }
}

/// Gives the batches of a training run, each a pure function of its number and the run's seed: so a resumed run gets the
/// batches that it would have got, and any number of workers makes the same ones.
///
/// A program that trains on data of its own conforms to it. What the runtime knows to feed is in `FeederRegistry`.
public protocol BatchSource: Sendable {
  /// Samples in a batch, N.
  var batchSize: Int { get }
  /// Samples in an epoch.
  var epochLength: Int { get }
  /// Batch number `index`, from 0; called from several threads at once.
  func batch(_ index: Int) throws -> Batch
}

extension BatchSource {
  /// The epoch, from 1, that sample `s` of the run belongs to.
  public func epoch(ofSample s: Int) -> Int { s / max(epochLength, 1) + 1 }
}

extension Executor {
  /// Sets every input that a batch has.
  /// - Throws: `ExecutionError` for a tensor that is no input, or of another type.
  public func give(_ batch: Batch) throws {
    for (name, tensor) in batch.tensors.sorted(by: { $0.key < $1.key }) { try setInput(name, tensor) }
  }

  /// Sets an input to a tensor.
  ///
  /// - Throws: `ExecutionError` when there is no such input, or it is of another type or shape.
  public func setInput(_ name: String, _ tensor: HostTensor) throws {
    if let input = plan.inputs.first(where: { $0.name == name }), input.type.shape != tensor.shape {
      throw ExecutionError("input '\(name)' is \(input.type), but a tensor \(tensor.shape) was given")
    }
    switch tensor.storage {
    case .int64(let values): try setInput(name, integers: values)
    case .float32(let values): try setInput(name, floats: values)
    case .float64, .uint8:
      throw ExecutionError("input '\(name)' takes f32 or i64; convert the tensor before")
    }
  }
}
