import MCLEngineTestKit
import MCLGraph
import MCLPasses
import MCLTestKit
import Testing

extension Tensor {
  fileprivate func logSumExp(axis: Int) -> Tensor {
    let largest = maximum([axis]).detached()
    return largest + (self - largest).exponential().sum([axis]).logarithm()
  }
}

/// The softmax over many products as one sweep: where it is found, where it must not be, and its numbers.
@Suite struct SweepSoftmaxTests {
  /// The log-sum-exp of the products of a [rows, depth] with a queue, and its gradient by a.
  private static func program(
    rows: Int, terms: Int, depth: Int = 32, scale: Double = 1,
    _ outputs: (_ a: Tensor, _ queue: Tensor, _ scores: Tensor, _ loss: Tensor) -> [(String, Tensor)] = {
      [("loss", $3), ("gradient", gradient(of: $3, at: [$0])[0])]
    }
  ) throws -> Graph {
    let context = ProgramContext()
    let a = context.input("a", [rows, depth])
    let queue = context.input("queue", [terms, depth])
    let scores = a.matmul(queue.matrixTransposed()) * scale
    let weights = Tensor(
      Constant(value: 0.5, shape: [rows, 1], element: .float32), [])
    let loss = (scores.logSumExp(axis: 1) * weights).sum()
    return try Graph(
      name: "softmax", inputs: context.inputs, states: [], outputs: outputs(a, queue, scores, loss),
      updates: [], taps: [], declared: [a, queue])
  }

  private static func sweeps(_ graph: Graph) throws -> [Graph.Entry] {
    try Pipeline.run(graph).graph.entries.filter { $0.operation.name == "exponential_sums" }
  }

  private static func inputs(_ graph: Graph, largest: Double = 1) -> [String: Value] {
    var inputs: [String: Value] = [:]
    for (number, input) in graph.inputs.enumerated() {
      var random = SplitMix64(seed: UInt64(input.type.count + number))
      inputs[input.name] =
        Value(input.type, (0..<input.type.count).map { _ in (random.uniform() * 2 - 1) * largest })
        .roundedToFloat
    }
    return inputs
  }

  /// Compiles, and compares with the operations' own definitions.
  private static func agree(
    _ graph: Graph, largest: Double = 1, inputs given: [String: Value]? = nil, within gate: Double = 2e-6
  ) throws {
    let inputs = given ?? inputs(graph, largest: largest)
    var interpreter = Interpreter(graph, states: [:])
    let expected = try interpreter.run(inputs).outputs
    let found = try CompiledRun(graph, inputs: inputs, threads: 2).outputs
    for (name, value) in expected {
      let own = try #require(found[name])
      let deviation = Deviation(own.elements, from: value.elements)
      #expect(
        deviation.relativeToLargest < gate,
        "\(name) of \(graph.name): \(own.elements.prefix(2)), \(value.elements.prefix(2))")
    }
  }

  @Test func aLossAndItsGradientAreOneSweep() throws {
    let graph = try Self.program(rows: 4, terms: 2048, scale: 10)
    let lowered = try Pipeline.run(graph)
    #expect(lowered.graph.entries.count { $0.operation.name == "exponential_sums" } == 1)
    #expect(lowered.graph.entries.allSatisfy { $0.type.count <= 2048 * 32 })
    #expect(!lowered.graph.entries.contains { $0.type.shape == [4, 2048] })
    let decisions = lowered.records.flatMap(\.decisions).filter { $0.rule == "sweep-softmax" }
    #expect(decisions.map(\.isDone) == [true])
  }

  /// The training step of the model: no value of rows x queue is left.
  @Test func theModelsQueueIsReadOnce() throws {
    let settings = [
      "queue_size": "4096", "num_channels": "32", "size": "32", "batch": "2", "widths": "8,8,8,8",
    ]
    let program = try projectModel("tiny", settings: settings).program("step")
    var untapped = program
    untapped.taps = []
    let graph = try Pipeline.run(untapped).graph
    let queue = try #require(graph.entries.firstIndex { ($0.operation as? StateLeaf)?.leafName == "queue" })
    let readers = graph.entries.filter { $0.operands.contains(queue) }.map { $0.operation.name }
    #expect(readers.sorted() == ["exponential_sums", "update_rows"])
    #expect(!graph.entries.contains { $0.type.shape.contains(4096) && $0.type.shape != [4096, 32] })
  }

  /// The share of rows whose positive is larger than all products needs their maximum alone, which the sweep has.
  @Test func accuracyIsTakenOfTheSweepsMaximum() throws {
    let context = ProgramContext()
    let a = context.input("a", [6, 32])
    let key = context.input("key", [6, 32])
    let queue = context.input("queue", [2048, 32])
    let positives = a.dot(key, axis: 1).reshaped([6, 1])
    let logits = concatenate([positives, a.matmul(queue.matrixTransposed())], axis: 1) * 10
    let loss = logits.crossEntropyOfFirst()
    let graph = try Graph(
      name: "accuracy", inputs: context.inputs, states: [],
      outputs: [
        ("loss", loss), ("top1", logits.detached().accuracyOfFirst()),
        ("gradient", gradient(of: loss, at: [a])[0]),
      ], updates: [], taps: [], declared: [a, key, queue])
    let lowered = try Pipeline.run(graph).graph
    #expect(lowered.entries.count { $0.operation.name == "exponential_sums" } == 1)
    #expect(!lowered.entries.contains { $0.type.shape.contains(2048) && $0.type.shape != [2048, 32] })
    var inputs = Self.inputs(graph)
    // Keys of rows 0, 2 and 4 are their queries, twice as long: larger than any product with the queue here.
    let query = try #require(inputs["a"]?.elements)
    let keys = query.enumerated().map { $0.offset / 32 % 2 == 0 ? 2 * $0.element : -$0.element }
    inputs["key"] = Value(TensorType(.float32, [6, 32]), keys)
    try Self.agree(graph, inputs: inputs)
    #expect(try CompiledRun(graph, inputs: inputs, threads: 2).outputs["top1"]?.elements == [0.5])
  }

  @Test func productsThatAreSeenAreStored() throws {
    let named = try Self.program(rows: 4, terms: 2048) {
      [("scores", $2), ("gradient", gradient(of: $3, at: [$0])[0])]
    }
    let namedSweeps = try Self.sweeps(named)
    #expect(namedSweeps.isEmpty)
    try Self.agree(named)
    let read = try Self.program(rows: 4, terms: 2048) {
      [("sum", $2.sum()), ("gradient", gradient(of: $3, at: [$0])[0])]
    }
    let readSweeps = try Self.sweeps(read)
    #expect(readSweeps.isEmpty)
  }

  @Test func derivativesOfOtherKindsAreLeftAlone() throws {
    let byQueue = try Self.program(rows: 4, terms: 2048) {
      let gradients = gradient(of: $3, at: [$0, $1])
      return [("a", gradients[0]), ("queue", gradients[1])]
    }
    let byQueueSweeps = try Self.sweeps(byQueue)
    #expect(byQueueSweeps.isEmpty)
    try Self.agree(byQueue)
    let twice = try Self.program(rows: 2, terms: 1024) {
      let first = gradient(of: $3, at: [$0])[0]
      return [("twice", gradient(of: (first * first).sum(), at: [$0])[0])]
    }
    let twiceSweeps = try Self.sweeps(twice)
    #expect(twiceSweeps.isEmpty)
    try Self.agree(twice, within: 1e-5)
  }

  @Test func shapesThatDoNotPayAreLeftAlone() throws {
    for (rows, terms, depth) in [(65, 2048, 32), (4, 1023, 32), (4, 2048, 24)] {
      let left = try Self.sweeps(Self.program(rows: rows, terms: terms, depth: depth))
      #expect(left.isEmpty, "\(rows) rows, \(terms) terms of \(depth)")
    }
    let forward = try Self.program(rows: 4, terms: 2048) { _, _, _, loss in [("loss", loss)] }
    let left = try Self.sweeps(forward)
    #expect(left.isEmpty)
  }

  @Test(arguments: [1, 2, 3, 4, 7, 17]) func numbersAreThoseOfTheDefinition(rows: Int) throws {
    for (terms, depth) in [(1024, 16), (1031, 48), (4099, 128)] {
      let graph = try Self.program(rows: rows, terms: terms, depth: depth, scale: 0.7)
      let sweeps = try Self.sweeps(graph)
      #expect(sweeps.count == 1)
      try Self.agree(graph)
    }
  }

  /// Scores of up to 80 and more on either side: exponentials themselves would overflow.
  @Test func extremeScoresStayExact() throws {
    let graph = try Self.program(rows: 3, terms: 2053, depth: 16, scale: 40)
    let inputs = Self.inputs(graph)
    var interpreter = Interpreter(
      try Self.program(rows: 3, terms: 2053, depth: 16, scale: 40) { _, _, scores, _ in
        [("scores", scores)]
      }, states: [:])
    let outputs = try interpreter.run(inputs).outputs
    let scores = try #require(outputs["scores"]).elements
    #expect((scores.max() ?? 0) > 80 && (scores.min() ?? 0) < -80)
    // A score of 200 is known to 200 x 2^-24, and so is the logarithm of its exponential.
    try Self.agree(graph, within: 3e-5)
  }

  @Test func anyNumberOfThreadsGivesTheSameBits() throws {
    let graph = try Self.program(rows: 5, terms: 5003, depth: 64, scale: 3)
    let inputs = Self.inputs(graph)
    let first = try CompiledRun(graph, inputs: inputs, threads: 1).outputs
    for threads in [2, 3, 7] {
      let other = try CompiledRun(graph, inputs: inputs, threads: threads).outputs
      for (name, value) in first { #expect(other[name]?.elements == value.elements) }
    }
  }

  @Test func missingNumbersAreNotHidden() throws {
    let graph = try Self.program(rows: 2, terms: 1024)
    var inputs = Self.inputs(graph)
    var elements = inputs["a"]?.elements ?? []
    elements[0] = .nan
    inputs["a"] = Value(TensorType(.float32, [2, 32]), elements)
    let outputs = try CompiledRun(graph, inputs: inputs).outputs
    let gradient = try #require(outputs["gradient"]).elements
    #expect(gradient.prefix(32).allSatisfy { $0.isNaN })
    #expect(gradient.suffix(32).allSatisfy { $0.isFinite })
  }

  /// What it becomes where the products are stored says the same as its definition.
  @Test func theLoweredFormulaIsTheDefinition() throws {
    let graph = try Self.program(rows: 3, terms: 1024)
    let inputs = Self.inputs(graph)
    var before = Interpreter(graph, states: [:])
    var after = Interpreter(try Pipeline.run(graph).graph, states: [:])
    let (expected, found) = (try before.run(inputs).outputs, try after.run(inputs).outputs)
    for (name, value) in expected {
      let own = try #require(found[name])
      let deviation = Deviation(own.elements, from: value.elements)
      #expect(deviation.relativeToLargest < 1e-12)
    }
  }

  // MARK: Joined to other columns

  /// Cross-entropies of a row's own score among a queue's: the form of a contrastive loss.
  private static func contrast(
    rows: Int = 4, terms: Int = 1031, depth: Int = 32, scale: Double = 1, own: Double = 1,
    _ logits: (_ own: [Tensor], _ others: Tensor) -> Tensor,
    _ outputs: (_ a: Tensor, _ queue: Tensor, _ logits: Tensor) -> [(String, Tensor)] = { a, _, logits in
      let loss = logits.crossEntropyOfFirst()
      return [
        ("loss", loss), ("gradient", gradient(of: loss, at: [a])[0]),
        ("probability", logits.detached().probabilityOfFirst()),
      ]
    }
  ) throws -> Graph {
    let context = ProgramContext()
    let a = context.input("a", [rows, depth])
    let queue = context.input("queue", [terms, depth])
    let keys = (0..<3).map { context.input("key \($0)", [rows, depth]) }
    let positives = keys.map { (a.dot($0, axis: 1) * own).reshaped([rows, 1]) }
    let made = logits(positives, a.matmul(queue.matrixTransposed()) * scale)
    return try Graph(
      name: "contrast", inputs: context.inputs, states: [], outputs: outputs(a, queue, made), updates: [],
      taps: [], declared: [a, queue] + keys)
  }

  private static func isSwept(_ graph: Graph) throws -> Bool {
    let lowered = try Pipeline.run(graph).graph
    let sweeps = lowered.entries.count { $0.operation.name == "exponential_sums" }
    let terms = try #require(graph.inputs.first { $0.name == "queue" }).type.shape[0]
    return sweeps == 1 && !lowered.entries.contains { $0.type.shape.last ?? 0 >= terms }
  }

  private static func rowsOfThree(_ own: [Tensor], _ others: Tensor) -> Tensor {
    concatenate(own.map { concatenate([$0, others], axis: 1) }, axis: 0)
  }

  @Test(arguments: [1, 3, 17]) func joinedColumnsAndRowsAreTakenApart(rows: Int) throws {
    let graph = try Self.contrast(rows: rows, depth: 48, scale: 2, own: 2, Self.rowsOfThree)
    let isSwept = try Self.isSwept(graph)
    #expect(isSwept)
    try Self.agree(graph)
  }

  @Test func otherWritingsAreTakenApart() throws {
    let writings: [(_ own: [Tensor], _ others: Tensor) -> Tensor] = [
      { concatenate([$0[0], $1], axis: 1) * 3 },
      { concatenate([$0[0], $1], axis: 1) / 0.4 },
      { concatenate([$0[0] * 2, $1 / 0.4], axis: 1) },
      { concatenate([$0[0], $1, $0[1], $0[2]], axis: 1) },
      { concatenate([concatenate([$0[0], $0[1]], axis: 1), $1], axis: 1) },
      { concatenate([concatenate($0, axis: 0), concatenate([$1, $1, $1], axis: 0)], axis: 1) },
    ]
    for (number, writing) in writings.enumerated() {
      let graph = try Self.contrast(writing)
      let isSwept = try Self.isSwept(graph)
      #expect(isSwept, "writing \(number)")
      try Self.agree(graph)
    }
  }

  /// Whichever is the largest, no exponential overflows.
  @Test(arguments: [(40.0, 0.5), (0.5, 40), (40, 40)]) func joinedExtremesStayExact(
    others: Double, own: Double
  ) throws {
    func program(_ outputs: (Tensor, Tensor, Tensor) -> [(String, Tensor)]) throws -> Graph {
      try Self.contrast(
        rows: 3, terms: 2053, depth: 16, scale: others, own: own, Self.rowsOfThree, outputs)
    }
    func loss(_ a: Tensor, _ logits: Tensor) -> [(String, Tensor)] {
      let loss = logits.crossEntropyOfFirst()
      return [("loss", loss), ("gradient", gradient(of: loss, at: [a])[0])]
    }
    try Self.agree(program { a, _, logits in loss(a, logits) }, within: 3e-5)
    let graph = try program { a, _, logits in
      loss(a, logits) + [("probability", logits.detached().probabilityOfFirst())]
    }
    let isSwept = try Self.isSwept(graph)
    #expect(isSwept)
    let inputs = Self.inputs(graph)
    var interpreter = Interpreter(graph, states: [:])
    let expected = try #require(interpreter.run(inputs).outputs["probability"])
    let found = try #require(CompiledRun(graph, inputs: inputs, threads: 2).outputs["probability"])
    for (own, value) in zip(found.elements, expected.elements) {
      // As far as the scores, of some hundreds, are known; float32 ends at about 1e-45.
      #expect(abs(own - value) <= 2e-4 * value + 1e-40, "\(own), \(value)")
    }
  }

  /// Scores of a stretch that all overflow downwards add nothing to the others' sums.
  @Test func overflownScoresAddNothing() throws {
    let graph = try Self.program(rows: 2, terms: 4096, depth: 16)
    var inputs = Self.inputs(graph)
    let queue = try #require(inputs["queue"])
    inputs["a"] = Value(TensorType(.float32, [2, 16]), [Double](repeating: 1e20, count: 32)).roundedToFloat
    inputs["queue"] =
      Value(
        queue.type,
        queue.elements.enumerated().map { abs($1) * ($0 < 16 * 1000 ? -1e20 : 1e-20) }
      ).roundedToFloat
    try Self.agree(graph, inputs: inputs, within: 1e-5)
  }

  @Test func joinedColumnsThatAreReadStayTogether() throws {
    func isSwept(_ outputs: (Tensor, Tensor, Tensor) -> [(String, Tensor)]) throws -> Bool {
      let graph = try Self.contrast(Self.rowsOfThree, outputs)
      try Self.agree(graph, within: 1e-5)
      return try !Self.sweeps(graph).isEmpty
    }
    let named = try isSwept { a, _, logits in
      [("logits", logits), ("gradient", gradient(of: logits.crossEntropyOfFirst(), at: [a])[0])]
    }
    let byQueue = try isSwept { a, queue, logits in
      let gradients = gradient(of: logits.crossEntropyOfFirst(), at: [a, queue])
      return [("a", gradients[0]), ("queue", gradients[1])]
    }
    let twice = try isSwept { a, _, logits in
      let first = gradient(of: logits.crossEntropyOfFirst(), at: [a])[0]
      return [("twice", gradient(of: (first * first).sum(), at: [a])[0])]
    }
    let largest = try isSwept { a, _, logits in
      [("gradient", gradient(of: logits.maximum([1]).sum(), at: [a])[0])]
    }
    #expect(!named && !byQueue && !twice && !largest)
  }

  /// What is left as it is is left whole: not even taken apart.
  @Test func whatIsLeftIsTheSameGraph() throws {
    let graph = try Self.contrast(Self.rowsOfThree) { a, queue, logits in
      [("logits", logits), ("gradient", gradient(of: logits.crossEntropyOfFirst(), at: [a])[0])]
    }
    let prepared = try ExpandComposites().run(EliminateDeadCode().run(graph))
    let swept = try SweepSoftmax().run(prepared)
    #expect(swept.text == prepared.text)
  }
}
