import MCLGraph

/// Gives a fixture's function its operands, and remembers them so that they can be differentiated by.
package final class FixtureBuilder {
  package let context: ProgramContext
  package let fixture: Fixture
  private var leaves: [String: Tensor] = [:]

  init(_ context: ProgramContext, _ fixture: Fixture) {
    self.context = context
    self.fixture = fixture
  }

  /// The input of that name; declared at its first use.
  package subscript(_ name: String) -> Tensor {
    if let known = leaves[name] { return known }
    let type = fixture.inputs[name]?.type ?? TensorType(.float32, [])
    let leaf = context.input(name, type.shape, type.element)
    leaves[name] = leaf
    return leaf
  }

  /// The input or, where a layer has declared one of that name, its parameter.
  func leaf(_ name: String) -> Tensor {
    context.parameters(Self.stateName(ofInput: name)).first?.tensor ?? self[name]
  }

  package func attribute(_ key: String) -> [Int] { fixture.attributes[key] ?? [] }

  /// The scope in which the layer under test is applied; its own name is `layer`.
  package func scope(isTraining: Bool) -> Scope {
    Scope(context, path: "", parameters: "", isTraining: isTraining, isTrainable: true)
  }

  static func stateName(ofInput name: String) -> String { "layer.\(name)" }
  static func inputName(ofState name: String) -> String { String(name.dropFirst("layer.".count)) }
}

/// The functions of the fixtures, by the first part of a case's name.
package enum FixtureFunctions {
  package typealias Function = @Sendable (FixtureBuilder) -> Tensor

  package static let table: [String: Function] = network.merging(tensors) { first, _ in first }

  private static let network: [String: Function] = [
    "conv3d": { builder in
      let weight = builder.fixture.inputs["weight"]?.shape ?? []
      let layer = Conv(
        "layer", Array(weight.dropFirst(2)), weight.first ?? 0, stride: builder.attribute("stride"),
        padding: builder.attribute("padding"), dilation: builder.attribute("dilation"),
        groups: builder.attribute("groups").first ?? 0)
      return layer(builder["x"], in: builder.scope(isTraining: true))
    },
    "batch_norm_training": { BatchNorm("layer")($0["x"], in: $0.scope(isTraining: true)) },
    "batch_norm_evaluation": { BatchNorm("layer")($0["x"], in: $0.scope(isTraining: false)) },
    "max_pool": { builder in
      let pool = MaxPooling(
        builder.attribute("kernel"), stride: builder.attribute("stride"),
        padding: builder.attribute("padding"))
      return pool(builder["x"], in: builder.scope(isTraining: true))
    },
    "global_average_pool": { GlobalAveragePool()($0["x"], in: $0.scope(isTraining: true)) },
    "linear": { builder in
      Linear("layer", builder.fixture.inputs["weight"]?.shape.first ?? 0)(
        builder["x"], in: builder.scope(isTraining: true))
    },
    "relu": { ReLU()($0["x"], in: $0.scope(isTraining: true)) },
    "normalize": { L2Normalize()($0["x"], in: $0.scope(isTraining: true)) },
    "softmax": { $0["x"].softmax(axis: 1) },
    "log_softmax": { $0["x"].logSoftmax(axis: 1) },
    "cross_entropy": { $0["x"].crossEntropy(labels: $0["labels"]) },
    "cross_entropy_of_first": { $0["x"].crossEntropyOfFirst() },
    "probability_of_first": { $0["x"].probabilityOfFirst() },
    "dot": { $0["a"].dot($0["b"], axis: 1) },
    "update_rows": { Tensor(UpdateRows(), [$0["base"], $0["rows"], $0["start"]]) },
  ]

  private static let tensors: [String: Function] = [
    "matmul": { $0["a"].matmul($0["b"]) },
    "abs": { $0["x"].magnitude() },
    "exp": { $0["x"].exponential() },
    "log": { $0["x"].logarithm() },
    "sqrt": { $0["x"].squareRoot() },
    "reciprocal": { $0["x"].reciprocal() },
    "divide": { $0["a"] / $0["b"] },
    "maximum": { MCLGraph.maximum($0["a"], $0["b"]) },
    "minimum": { MCLGraph.minimum($0["a"], $0["b"]) },
    "remainder": { $0["a"] % $0["b"] },
    "select": { builder in
      let names: [String: Comparison] = [
        "eq": .equal, "ne": .notEqual, "lt": .less, "le": .lessOrEqual, "gt": .greater,
        "ge": .greaterOrEqual,
      ]
      guard let comparison = names[String(builder.fixture.name.dropFirst("select/".count))] else {
        return Tensor(poisonedBy: Diagnostic("\(builder.fixture.name) names no comparison"))
      }
      return MCLGraph.select(
        builder["a"], comparison, builder["b"], then: builder["c"], else: builder["d"])
    },
    "convert": { $0["x"].converted(to: .int64) },
    "sum": { $0["x"].sum($0.attribute("axes")) },
    "mean": { $0["x"].mean($0.attribute("axes")) },
    "variance": { $0["x"].variance($0.attribute("axes")) },
    "amax": { $0["x"].maximum($0.attribute("axes")) },
    "concatenate": {
      MCLGraph.concatenate([$0["a"], $0["b"], $0["c"]], axis: $0.attribute("axis").first ?? -1)
    },
    "one_hot": { Tensor(OneHot(classes: $0.attribute("classes").first ?? 0), [$0["labels"]]) },
    "transpose": { $0["x"].transposed($0.attribute("permutation")) },
    "broadcast": { $0["x"].broadcast(to: $0.attribute("shape")) },
    "reshape": { $0["x"].reshaped($0.attribute("shape")) },
    "slice": { builder in
      let slice = builder.attribute("slice")
      return builder["x"].sliced(axis: slice[0], slice[1]..<slice[2])
    },
    "pad": { builder in
      let pad = builder.attribute("pad")
      return builder["x"].padded(axis: pad[0], before: pad[1], after: pad[2])
    },
  ]
}
