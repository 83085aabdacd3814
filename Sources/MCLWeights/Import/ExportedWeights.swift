import Foundation
import MCLGraph
import MCLSupport

/// The weights of a checkpoint under PyTorch's names.
package struct ExportedWeights {
  /// Of a network and its copy, as a momentum encoder is.
  package enum Network: String, Sendable, CaseIterable { case trained, copy }

  /// By PyTorch's names.
  package let tensors: [String: HostTensor]
  /// States of the checkpoint that are no weights of this network: how many, by the first part of their names.
  package let leftOut: [(group: String, count: Int)]

  /// - Parameters:
  ///   - states: by name.
  ///   - weights: the names of the states that are parameters or buffers of layers (`Checkpoint.weights`).
  /// - Throws: `UsageError` where there are no weights of this network.
  package init(
    of states: [String: HostTensor], weights: Set<String>, names: WeightNames, network: Network = .trained,
    path: String
  ) throws {
    var result: [String: HostTensor] = [:]
    var others: [String: Int] = [:]
    for (state, tensor) in states {
      let name =
        network == .copy
        ? names.exportedCopy(state) : weights.contains(state) ? names.exported(state) : nil
      if let name {
        result[name] = tensor
      } else {
        others[String(state.prefix { $0 != "." }), default: 0] += 1
      }
    }
    guard !result.isEmpty else {
      throw UsageError(
        network == .copy
          ? "\(path): its model has no copy of its network, such as a momentum encoder; leave out --network copy"
          : "\(path): none of its \(states.count) states is a weight; give a checkpoint of 'mclc train'")
    }
    tensors = result
    leftOut = others.map { (group: $0.key, count: $0.value) }.sorted { $0.group < $1.group }
  }

  /// The states in a file, and which of them the file says are weights, and how they are called; nil where it does not say.
  package static func states(
    in file: WeightFile
  ) throws -> (tensors: [String: HostTensor], weights: (states: Set<String>, names: WeightNames)?) {
    var tensors: [String: HostTensor] = [:]
    for name in file.tensors.names { tensors[name] = try file.tensors.tensor(name) }
    let list = file.tensors.metadata[Checkpoint.weightsKey].flatMap {
      try? JSONDecoder().decode([String].self, from: Data($0.utf8))
    }
    return (tensors, list.map { (Set($0), WeightNames(metadata: file.tensors.metadata)) })
  }
}
