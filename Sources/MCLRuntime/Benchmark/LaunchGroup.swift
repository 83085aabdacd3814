import MCLCompiler
import MCLGraph

/// What a launch of a training step is for.
public enum LaunchGroup: String, Sendable, Hashable, CaseIterable {
  case forward
  case inputGradient
  case weightGradient
  /// Matrix products of linear layers and of the losses.
  case linear
  /// Batch norm, activations, pooling and losses: everything that is no contraction.
  case loops
  /// Weights brought into the layout that kernels read.
  case weightLayout
  /// Writes parameters, momenta, the momentum encoder, statistics or the queue.
  case update
}

extension ExecutionPlan {
  /// The weight that each launch is about: the state its path names where it makes that state's gradient, else the
  /// weight among its operands, as it is or as another launch has laid it out.
  func launchWeights() -> [Graph.State?] {
    let named = Dictionary(states.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var laidOut: [Int: Graph.State] = [:]  // by buffer, until it is written again
    return launches.enumerated().map { index, launch in
      let operands = launch.buffers.dropLast()
      var candidates = operands.compactMap { buffer -> Graph.State? in
        guard case .state(let index) = buffers[buffer].storage else { return laidOut[buffer] }
        return states[index]
      }
      candidates.removeAll { !($0.name.hasSuffix(".weight") && $0.type.rank >= 2) }
      candidates.removeAll { $0.name.hasPrefix("velocity.") }
      if let output = launch.buffers.last {
        laidOut[output] =
          (operands.count == 1 || index < preparationCount) && kernels[launch.kernel].multiplyAdds == 0
          ? candidates.first : nil
      }
      if let own = named[launch.path], own.type.rank >= 2 { return own }
      return candidates.first
    }
  }

  /// The group of each launch.
  ///
  /// A convolution's launches carry its path: the first contraction of the query's is the forward pass, what follows
  /// is of the input's gradient; the gradient of a weight carries the name of the weight. A program that changes no
  /// state has forward passes alone.
  public func launchGroups() -> [LaunchGroup] {
    var seen: Set<String> = []
    let isTraining =
      !copies.isEmpty
      || launches.contains { launch in
        if let output = launch.buffers.last, case .state = buffers[output].storage { true } else { false }
      }
    return zip(launches, launchWeights()).enumerated().map { index, pair in
      let (launch, weight) = pair
      let operands = launch.buffers.dropLast().map { buffers[$0].storage }
      if kernels[launch.kernel].multiplyAdds > 0 {
        guard let weight, weight.type.rank == 5 else { return .linear }
        if weight.name == launch.path { return .weightGradient }
        let isFirst = seen.insert(launch.path).inserted
        return !isTraining || isFirst || launch.path.hasPrefix("key.") ? .forward : .inputGradient
      }
      if let output = launch.buffers.last, case .state = buffers[output].storage { return .update }
      if index < preparationCount { return .weightLayout }
      let readsStatesOnly = operands.allSatisfy { if case .state = $0 { true } else { false } }
      return readsStatesOnly && !operands.isEmpty ? .weightLayout : .loops
    }
  }
}
