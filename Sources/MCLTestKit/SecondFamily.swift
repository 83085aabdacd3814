import MCLGraph

/// Residual blocks that do not norm as the project's own models do, and whole training steps over networks of them.

/// Norm, ReLU, convolution, twice; the shortcut is added before the next norm.
package struct PreActivationBlock: Composite {
  package let name: String
  let planes: Int

  package init(_ name: String, planes: Int) {
    self.name = name
    self.planes = planes
  }

  package var body: Chain {
    Residual {
      BatchNorm("bn1")
      ReLU()
      Conv("conv1", [1, 3, 3], planes)
      BatchNorm("bn2")
      ReLU()
      Conv("conv2", [3, 1, 1], planes)
    } shortcut: {
    }
  }
}

/// Convolution, norm, ReLU, convolution; the shortcut is added, and the sum is normed.
package struct NormAfterAddBlock: Composite {
  package let name: String
  let planes: Int

  package init(_ name: String, planes: Int) {
    self.name = name
    self.planes = planes
  }

  package var body: Chain {
    Residual {
      Conv("conv1", [1, 3, 3], planes)
      BatchNorm("bn1")
      ReLU()
      Conv("conv2", [3, 1, 1], planes)
    } shortcut: {
    }
    BatchNorm("bn2")
    ReLU()
  }
}

/// The step of a classifier: the cross-entropy of a network's logits, its gradients, and SGD with momentum on every
/// parameter. Inputs are `clip` and `labels`, the output is `loss`.
/// - Throws: `ModelError` when the network does not take the clip.
package func trainingStep(of network: Chain, clip: [Int]) throws -> Graph {
  let model = Model("classifier") { _ in
    Program("step") { context in
      let input = context.input("clip", clip)
      let labels = context.input("labels", [clip[0]], .int64)
      let scope = Scope(context, path: "net", parameters: "net", isTraining: true, isTrainable: true)
      let loss = network(input, in: scope).crossEntropy(labels: labels)
      let parameters = context.parameters("")
      var updates: [(state: Tensor, value: Tensor)] = []
      for ((name, parameter), gradient) in zip(parameters, gradient(of: loss, at: parameters.map(\.tensor))) {
        let velocity = context.state("velocity.\(name)", parameter.shape, initializer: .constant(0))
        let moved = 0.9 * velocity + (gradient + 1e-4 * parameter)
        updates += [(velocity, moved), (parameter, parameter - 0.1 * moved)]
      }
      return Step(outputs: [("loss", loss)], updates: updates)
    }
  }
  return try model.module().program("step")
}
