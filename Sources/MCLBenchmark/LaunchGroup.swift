import MCLCompiler
import MCLGraph
import MCLKernelForms

/// What a launch of a training step is for.
package enum LaunchGroup: String, Sendable, Hashable, CaseIterable {
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
  /// The weight that each launch is about: see `weights`.
  func launchWeights() -> [Graph.State?] { weights().map { $0?.state } }

  /// The weight that each launch is about: the one whose gradient it makes, which its path or that of the launch that reads
  /// it names, else the one among its operands, as it is or as another launch has laid it out.
  private func weights() -> [(state: Graph.State, isGradient: Bool)?] {
    let named = Dictionary(states.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var laidOut: [Int: Graph.State] = [:]  // by buffer, until it is written again
    var reader: [Int: Int] = [:]
    for (index, launch) in launches.enumerated().reversed() {
      for buffer in launch.buffers.dropLast() { reader[buffer] = index }
    }
    return launches.enumerated().map { index, launch in
      let operands = launch.buffers.dropLast()
      var candidates = operands.compactMap { buffer -> Graph.State? in
        guard case .state(let index) = buffers[buffer].storage else { return laidOut[buffer] }
        return states[index]
      }
      candidates.removeAll { !($0.name.hasSuffix(".weight") && $0.type.rank >= 2) }
      // What an optimizer keeps of a weight starts as one number.
      candidates.removeAll { if case .constant = $0.initializer { true } else { false } }
      if let output = launch.buffers.last {
        laidOut[output] =
          (operands.count == 1 || index < preparationCount) && kernels[launch.kernel].multiplyAdds == 0
          ? candidates.first : nil
      }
      if let own = named[launch.path], own.type.rank >= 2 { return (own, true) }
      if let first = candidates.first { return (first, false) }
      guard kernels[launch.kernel].multiplyAdds > 0, let output = launch.buffers.last,
        let next = reader[output].flatMap({ named[launches[$0].path] }), next.type.rank >= 2
      else { return nil }
      return (next, true)
    }
  }

  /// The group of each launch.
  ///
  /// A convolution's launches carry its path: the first contraction of the query's is the forward pass, what follows
  /// is of the input's gradient, if it is not of the weight's. A program that changes no
  /// state has forward passes alone.
  package func launchGroups() -> [LaunchGroup] {
    var seen: Set<String> = []
    let isTraining =
      !copies.isEmpty
      || launches.contains { launch in
        if let output = launch.buffers.last, case .state = buffers[output].storage { true } else { false }
      }
    return zip(launches, weights()).enumerated().map { index, pair in
      let (launch, weight) = pair
      let operands = launch.buffers.dropLast().map { buffers[$0].storage }
      if kernels[launch.kernel].multiplyAdds > 0 {
        guard let weight, weight.state.type.rank == 5 else { return .linear }
        if weight.isGradient { return .weightGradient }
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
