import MCLGraph

/// A program that grows with a number, such as a chain of so many operations: what compile time is measured over.
package struct CompileFamily: Sendable {
  package let name: String
  /// What one more element adds to the program.
  package let element: String
  private let build: @Sendable (_ size: Int, _ context: ProgramContext) -> Step

  init(
    _ name: String, _ element: String,
    _ build: @escaping @Sendable (_ size: Int, _ context: ProgramContext) -> Step
  ) {
    self.name = name
    self.element = element
    self.build = build
  }

  /// The program with `size` elements.
  /// - Throws: `ModelError` where its operations do not fit.
  package func graph(size: Int) throws -> Graph {
    let model = Model(name) { [build] _ in Program("main") { build(size, $0) } }
    return try model.module().program("main")
  }

  /// Every family, in the order of the report.
  package static let all: [CompileFamily] = [
    .joinedSlices, .growingConcatenations, .sumOfSelects, .elementwiseChain, .fanOut, .manyOutputs,
    .distinctShapes, .matrixProducts, .convolutions, .recurrentCell, .optimizerUpdates, .updatesWithMetrics,
    .deepGradient,
    .largeActivations,
  ]
}

// MARK: Views and elementwise operations

extension CompileFamily {
  static let joinedSlices = CompileFamily("joined slices", "a slice of an input") { size, context in
    let x = context.input("x", [size, 8])
    // Back to front, so that the parts are not the input again.
    let parts = (0..<size).reversed().map { x.sliced(axis: 0, $0..<$0 + 1) }
    return Step(outputs: [("joined", concatenate(parts, axis: 0))])
  }

  static let growingConcatenations = CompileFamily(
    "growing concatenations", "a concatenation of all before and one part"
  ) { size, context in
    let x = context.input("x", [size + 1])
    var joined = x.sliced(axis: 0, 0..<1)
    for place in 1...size { joined = concatenate([joined, x.sliced(axis: 0, place..<place + 1)], axis: 0) }
    return Step(outputs: [("joined", joined * 2)])
  }

  static let sumOfSelects = CompileFamily("sum of selects", "a select and an addition") { size, context in
    let (x, y) = (context.input("x", [64]), context.input("y", [64]))
    var sum = x
    for place in 0..<size {
      sum = sum + select(x, .less, 2 * Double(place) / Double(size), then: x, else: y)
    }
    return Step(outputs: [("sum", sum)])
  }

  static let elementwiseChain = CompileFamily(
    "elementwise chain", "a multiplication and an addition"
  ) { size, context in
    let x = context.input("x", [64])
    var y = x
    for place in 0..<size { y = y * (0.5 + 0.25 / Double(place + 1)) + x }
    return Step(outputs: [("y", y)])
  }

  static let fanOut = CompileFamily(
    "fan-out and fan-in", "a branch that is summed and used twice"
  ) { size, context in
    let (x, scales) = (context.input("x", [8, 16]), context.input("scales", [size, 1]))
    let branches = (0..<size).map { place in
      (x * scales.sliced(axis: 0, place..<place + 1)).exponential().sum([1])
    }
    let joined = branches.indices.map { branches[$0] * branches[($0 + 1) % size] }
    return Step(outputs: [("sum", joined.dropFirst().reduce(joined[0]) { $0 + $1 } * (1 / Double(size)))])
  }

  static let manyOutputs = CompileFamily("outputs and taps", "an output and a tap") { size, context in
    let x = context.input("x", [32])
    var y = x
    let outputs = (0..<size).map { place in
      y = y * 0.5 + x
      context.tap("tap\(place)", y)
      return (name: "y\(place)", tensor: y * Double(place + 1))
    }
    return Step(outputs: outputs)
  }

  static let distinctShapes = CompileFamily("distinct shapes", "a sum over a shape of its own") {
    size, context in
    let x = context.input("x", [size + 2])
    var sum = x.sliced(axis: 0, 0..<1)
    for length in 1...size {
      let part = x.sliced(axis: 0, 1..<length + 2)
      sum = sum + (part * part).sum([0]) * (1 / Double(size * length))
    }
    return Step(outputs: [("sum", sum)])
  }
}

// MARK: Networks

extension CompileFamily {
  private static func weight(_ context: ProgramContext, _ name: String, _ shape: [Int]) -> Tensor {
    context.state(name, shape, initializer: .uniform(bound: 0.5), isTrainable: true)
  }

  /// A smooth bound: `x / sqrt(x x + 1)`.
  private static func bounded(_ x: Tensor) -> Tensor { x / (x * x + 1).squareRoot() }

  static let matrixProducts = CompileFamily("matrix products", "a layer of 16 units") { size, context in
    var y = context.input("x", [8, 16])
    for place in 0..<size { y = bounded(y.matmul(weight(context, "w\(place)", [16, 16]))) }
    return Step(outputs: [("y", y)])
  }

  static let convolutions = CompileFamily(
    "convolutions", "a residual convolution with batch norm"
  ) { size, context in
    var y = context.input("x", [1, 16, 1, 6, 6])
    let geometry = ConvolutionGeometry(stride: [1, 1, 1], padding: [0, 1, 1], groups: 1)
    for place in 0..<size {
      let made = Tensor(Convolution(geometry), [y, weight(context, "w\(place)", [16, 16, 1, 3, 3])])
      y = y * 0.9 + relu(Tensor(Standardize(axes: [0, 2, 3, 4], epsilon: 1e-5), [made])) * 0.1
    }
    return Step(outputs: [("y", y)])
  }

  static let recurrentCell = CompileFamily("recurrent cell", "a step in time") { size, context in
    let x = context.input("x", [size, 8])
    let (own, given) = (weight(context, "own", [16, 16]), weight(context, "given", [8, 16]))
    var hidden = context.input("hidden", [1, 16])
    for time in 0..<size {
      hidden = bounded(hidden.matmul(own) + x.sliced(axis: 0, time..<time + 1).matmul(given))
    }
    return Step(outputs: [("hidden", hidden)])
  }

  static let optimizerUpdates = CompileFamily(
    "optimizer updates", "a parameter with momentum"
  ) { size, context in
    let rate = context.scalar("rate", default: 0.1).reshaped([1]).broadcast(to: [32])
    let x = context.input("x", [32])
    let weights = (0..<size).map { weight(context, "w\($0)", [32]) }
    let loss = weights.dropFirst().reduce(weights[0] * weights[0] * x) { $0 + $1 * $1 * x }.sum()
    var updates: [(state: Tensor, value: Tensor)] = []
    for (place, slope) in gradient(of: loss, at: weights).enumerated() {
      let momentum = context.state("v\(place)", [32], initializer: .constant(0))
      let changed = momentum * 0.9 + slope
      updates.append((momentum, changed))
      updates.append((weights[place], weights[place] - changed * rate))
    }
    return Step(outputs: [("loss", loss)], updates: updates)
  }

  static let updatesWithMetrics = CompileFamily(
    "updates with metrics", "a state with a new value and an output of one number"
  ) { size, context in
    let x = context.input("x", [32])
    let states = (0..<size).map { weight(context, "w\($0)", [32]) }
    return Step(
      outputs: states.enumerated().map { ("norm\($0.offset)", ($0.element * $0.element).sum()) },
      updates: states.map { ($0, $0 * 0.9 + x) })
  }

  static let deepGradient = CompileFamily("deep gradient", "a layer and its derivative") { size, context in
    let x = context.input("x", [32])
    let weights = (0..<size).map { weight(context, "w\($0)", [32]) }
    var y = x
    for weight in weights { y = bounded(y + weight) }
    let loss = (y * y).sum()
    let slopes = gradient(of: loss, at: weights)
    return Step(
      outputs: [("loss", loss)], updates: zip(weights, slopes).map { ($0, $0 - $1 * 0.1) })
  }

  /// Values large enough for the memory that waits between forward and backward pass to matter.
  static let largeActivations = CompileFamily(
    "large activations", "a normalized layer of 64 KiB and its derivative"
  ) { size, context in
    let x = context.input("x", [16, 1024])
    let scales = (0..<size).map { weight(context, "s\($0)", [1, 1024]) }
    var y = x
    for scale in scales {
      let centred = y - y.mean([0])
      y = y + relu(centred * scale) * 0.1
    }
    let loss = (y * y).mean()
    let slopes = gradient(of: loss, at: scales)
    return Step(outputs: [("loss", loss)], updates: zip(scales, slopes).map { ($0, $0 - $1 * 0.1) })
  }
}
