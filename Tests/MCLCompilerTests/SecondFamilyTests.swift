import MCLCompiler
import MCLEngineTestKit
import MCLGraph
import MCLKernels
import MCLPasses
import MCLTestKit
import Testing

/// Training steps of networks that norm and add in another order than the project's own models: what is put together
/// follows from the order, and what must not be is not.
@Suite struct SecondFamilyTests {
  /// Points of the smallest image in these networks; whatever walks over as many is a sweep.
  private static let leastPoints = 1 << 14
  private static let clip = [2, 16, 4, 16, 16]
  private static let planes = 32
  private static let blocks = 3

  /// What a plan's launches do to images.
  private struct Launches {
    let report: PlanReport
    let decisions: [Decision]

    init(_ graph: Graph) throws {
      let compiled = try ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil))).compile(graph)
      report = PlanReport(compiled)
      decisions = compiled.report.decisions
    }

    /// Convolutions that make a mean and a variance besides their result.
    var convolutionsWithStatistics: Int {
      report.launches.count { $0.kind == .contraction && $0.byProducts.count == 2 }
    }

    /// Maps and sums over images that are no convolution.
    var sweeps: [PlanReport.Launch] {
      report.launches.filter { launch in
        (launch.kind == .map || launch.kind == .reduction) && launch.statesWritten.isEmpty
          && launch.axes.reduce(1, *) >= SecondFamilyTests.leastPoints
      }
    }

    /// Of these, those that compute something a second time instead of keeping it.
    func repeated(_ isMeant: (Decision) -> Bool = { _ in true }) -> Int {
      decisions.count {
        $0.rule == "recompute" && $0.isDone && $0.subject.type.count >= SecondFamilyTests.leastPoints
          && isMeant($0)
      }
    }

    /// Sweeps that apply a ReLU, each counted once.
    var rectifying: Int {
      sweeps.count { $0.has("relu") } - repeated { $0.subject.operation == "relu" }
    }

    /// Gradients of convolutions by their images.
    var inputGradients: [PlanReport.Launch] {
      report.launches.filter { $0.kind == .contraction && $0.main?.operation == "conv3d_input_gradient" }
    }
  }

  /// What a network is made of, which says how many launches its step may take.
  private struct Structure {
    var convolutions: Int
    /// Norms of a convolution's result, and norms of a sum.
    var normsOfConvolutions: Int
    var normsOfSums = 0
    var activations: Int
    /// Values whose gradient goes into several launches and comes from no convolution, so that its mask is a sweep.
    var masks = 0
    var norms: Int { normsOfConvolutions + normsOfSums }
  }

  /// What holds whatever the order is. Forward, a norm with its scale and shift, what is added and the ReLU are one sweep;
  /// a statistic takes one where no convolution makes it. Backward, a norm takes two: its two sums, and the gradient.
  private static func expect(_ launches: Launches, _ structure: Structure) {
    #expect(launches.convolutionsWithStatistics == structure.normsOfConvolutions)
    #expect(launches.rectifying == structure.activations)
    let normed = launches.sweeps.filter { $0.has("relu") }
    #expect(normed.allSatisfy { $0.has("subtract") && $0.has("multiply") }, "a ReLU without its norm")
    let bare = launches.sweeps.filter { sweep in sweep.parts.allSatisfy { $0.operation == "add" } }
    #expect(bare.isEmpty, "an addition with a launch of its own: \(bare.map(\.path))")
    let expected =
      structure.activations + structure.normsOfSums + 2 * structure.norms + structure.masks
    #expect(launches.sweeps.count - launches.repeated() == expected)
    // The clip is the only image without a gradient.
    #expect(launches.inputGradients.count == structure.convolutions - 1)
  }

  // MARK: Norm, ReLU, convolution

  private static func preActivation(blocks: Int, planes: Int) -> Chain {
    Chain {
      Conv("stem", [1, 3, 3], planes)
      for block in 0..<blocks { PreActivationBlock("\(block)", planes: planes) }
      BatchNorm("bn")
      ReLU()
      GlobalAveragePool()
      Linear("fc", 5)
    }
  }

  @Test func preActivationBlocks() throws {
    let launches = try Launches(
      trainingStep(of: Self.preActivation(blocks: Self.blocks, planes: Self.planes), clip: Self.clip))
    // The first norm is of the stem's result, a block's second one of its first convolution's; the others are of sums.
    Self.expect(
      launches,
      Structure(
        convolutions: 1 + 2 * Self.blocks, normsOfConvolutions: 1 + Self.blocks, normsOfSums: Self.blocks,
        activations: 2 * Self.blocks + 1))
  }

  // MARK: Norm after the sum

  private static func normAfterAdd(blocks: Int, planes: Int) -> Chain {
    Chain {
      Conv("stem", [1, 3, 3], planes)
      for block in 0..<blocks { NormAfterAddBlock("\(block)", planes: planes) }
      GlobalAveragePool()
      Linear("fc", 5)
    }
  }

  @Test func normsAfterTheSum() throws {
    let launches = try Launches(
      trainingStep(of: Self.normAfterAdd(blocks: Self.blocks, planes: Self.planes), clip: Self.clip))
    Self.expect(
      launches,
      Structure(
        convolutions: 1 + 2 * Self.blocks, normsOfConvolutions: Self.blocks, normsOfSums: Self.blocks,
        activations: 2 * Self.blocks))
    // The sum of branch and shortcut is made where it is normed, and where its statistics are.
    #expect(launches.sweeps.count { $0.has("relu") && $0.count("add") == 2 } >= Self.blocks)
    // A block's gradient by its image takes the shortcut's with it, and the ReLU before the block but for the first, before
    // which is none; the gradient in the middle has more readers, which read what masks it anyway.
    let masked = launches.inputGradients.count { $0.has("lessOrEqual", .epilogue) }
    #expect(masked == Self.blocks - 1)
    #expect(launches.inputGradients.count { $0.has("add", .epilogue) } == Self.blocks)
  }

  // MARK: Both factors normed

  private static let factored = Result {
    try projectModel(
      "r2plus1d_18",
      settings: [
        "batch": "2", "frames": "4", "size": "32", "layers": "2,2", "widths": "64,64", "stem": "48",
        "num_classes": "5",
      ]
    ).program("classify")
  }

  @Test func factorsWithANormBetween() throws {
    let launches = try Launches(try Self.factored.get())
    // Two convolutions, norms and ReLUs in the stem, four of each in a block; a shortcut that projects has one more of the
    // first two.
    let (blocks, projections) = (4, 1)
    Self.expect(
      launches,
      Structure(
        convolutions: 2 + 4 * blocks + projections, normsOfConvolutions: 2 + 4 * blocks + projections,
        activations: 2 + 4 * blocks, masks: 1))
    // The shortcut is added where the block's last norm is applied.
    let added = launches.sweeps.count { $0.has("relu") && $0.count("add") == 2 }
    #expect(added - launches.repeated { $0.subject.operation == "relu" } <= blocks && added >= blocks)
    // The gradient by a block's image takes the shortcut's and the mask of the ReLU before with it; those within a block are
    // read by three launches that read what masks them anyway.
    let masked = launches.inputGradients.filter { $0.has("lessOrEqual", .epilogue) }
    #expect(masked.count == blocks && masked.allSatisfy { $0.has("add", .epilogue) })
  }

  // MARK: What they compute

  /// Loss and new states are those of the definitions.
  private static func agree(_ graph: Graph, threads: Int = 2) throws {
    var random = RandomValues(seed: 17)
    var inputs: [String: Value] = [:]
    for input in graph.inputs where input.defaultValue == nil {
      let labels = input.type.element == .int64
      inputs[input.name] = random.value(input.type, labels ? .integers(below: 5) : .real).roundedToFloat
    }
    var states: [String: Value] = [:]
    for state in graph.states {
      let value = random.value(state.type, state.type.element == .int64 ? .integers(below: 9) : .real)
      let scale = state.type.rank > 1 ? 0.1 : 1.0
      let isInteger = state.type.element == .int64
      states[state.name] =
        isInteger ? value : Value(state.type, value.elements.map { $0 * scale }).roundedToFloat
    }
    let run = try CompiledRun(graph, inputs: inputs, states: states, threads: threads)
    var interpreter = Interpreter(graph, states: states)
    let outputs = try interpreter.run(inputs).outputs
    for (found, expected) in [(run.outputs, outputs), (run.states, interpreter.states)] {
      for (name, value) in expected.sorted(by: { $0.key < $1.key }) {
        let complaint = LawCompiledTests.complaint(found[name], value, tolerance: 3e-5)
        #expect(complaint == nil, "\(name)")
      }
    }
  }

  @Test func stepsAreThoseOfTheDefinitions() throws {
    let clip = [2, 3, 2, 6, 6]
    try Self.agree(trainingStep(of: Self.preActivation(blocks: 2, planes: 16), clip: clip))
    try Self.agree(trainingStep(of: Self.normAfterAdd(blocks: 2, planes: 16), clip: clip))
    let factored = try projectModel(
      "r2plus1d_18",
      settings: [
        "batch": "2", "frames": "2", "size": "12", "layers": "1,1", "widths": "16,16", "stem": "16",
        "num_classes": "5",
      ])
    try Self.agree(try factored.program("classify"))
  }

  // MARK: What must not be put together

  private static func program(_ build: (ProgramContext, Tensor, Tensor) -> [Tensor]) throws -> Graph {
    let context = ProgramContext()
    let image = context.input("image", Self.clip)
    let weight = context.input("weight", [planes, Self.clip[1], 1, 3, 3])
    let outputs = build(
      context, image,
      Tensor(Convolution(ConvolutionGeometry(padding: [0, 1, 1])), [image, weight]))
    return try Graph(
      name: "test", inputs: context.inputs, states: context.states,
      outputs: outputs.enumerated().map { ("y\($0.offset)", $0.element) }, updates: [], taps: [])
  }

  private static func normed(_ x: Tensor) -> Tensor {
    Tensor(Standardize(axes: [0, 2, 3, 4], epsilon: 1e-5), [x])
  }

  /// A sum that is wanted under a name is stored once, and all that is made of it reads it there.
  @Test func aSumThatIsAnOutputIsStored() throws {
    func build(_ isOutput: Bool) throws -> Launches {
      try Launches(
        Self.program { context, _, convolved in
          let sum = convolved + context.input("shortcut", convolved.shape)
          return isOutput ? [relu(Self.normed(sum)), sum] : [relu(Self.normed(sum))]
        })
    }
    let (unnamed, named) = (try build(false), try build(true))
    #expect(unnamed.sweeps.count == 2 && unnamed.sweeps.allSatisfy { $0.has("add") })
    #expect(named.sweeps.count { $0.has("add", .prologue) } == 0)
    let refusal = named.decisions.first {
      $0.rule == "fuse-pointwise" && $0.subject.operation == "add" && !$0.isDone
    }
    #expect(refusal?.reason == "an output, an update or a tap, which is stored")
  }

  /// The mean of a convolution's channels that is wanted under a name has a launch of its own.
  @Test func aStatisticThatIsAnOutputIsNoByProduct() throws {
    let launches = try Launches(
      Self.program { _, _, convolved in
        [relu(Self.normed(convolved)), convolved.mean([0, 2, 3, 4])]
      })
    #expect(launches.convolutionsWithStatistics == 0)
  }

  /// No convolution makes the statistics of an image that is given, or of what a ReLU gives; the latter take one sweep.
  @Test func statisticsOfOtherValuesAreNoByProductOfAConvolution() throws {
    let given = try Launches(Self.program { _, image, convolved in [Self.normed(image), convolved] })
    #expect(given.convolutionsWithStatistics == 0)
    let rectified = try Launches(Self.program { _, _, convolved in [Self.normed(relu(convolved))] })
    #expect(rectified.convolutionsWithStatistics == 0)
    #expect(rectified.report.launches.count { $0.kind == .reduction && $0.byProducts.count == 1 } == 1)
  }

  /// A convolution's result that one reader needs as it is keeps its ReLU outside; its statistics do not mind.
  @Test func aResultNeededAsItIsTakesNoEpilogue() throws {
    func build(_ isNeeded: Bool) throws -> Launches {
      try Launches(
        Self.program { context, _, convolved in
          let weight = context.input("next", [16, Self.planes, 1, 1, 1])
          func next(_ x: Tensor) -> Tensor { Tensor(Convolution(ConvolutionGeometry()), [x, weight]) }
          return [next(relu(convolved))] + (isNeeded ? [next(convolved)] : [])
        })
    }
    let (alone, both) = (try build(false), try build(true))
    #expect(alone.report.launches.count { $0.kind == .contraction && $0.has("relu", .epilogue) } == 1)
    #expect(both.report.launches.count { $0.kind == .contraction && $0.has("relu", .epilogue) } == 0)
    let refusal = both.decisions.first { $0.rule == "fuse-epilogues" && $0.subject.operation == "relu" }
    #expect(refusal?.reason == "the reduction has other readers: its own result must be stored")
    let statistics = try Launches(
      Self.program { _, _, convolved in [relu(Self.normed(convolved)), convolved * 2] })
    #expect(statistics.convolutionsWithStatistics == 1)
  }
}

extension PlanReport.Launch {
  /// How many operations of this name it carries out.
  fileprivate func count(_ operation: String, _ role: Compute.Part.Role? = nil) -> Int {
    parts.count { $0.operation == operation && (role == nil || $0.role == role) }
  }

  fileprivate func has(_ operation: String, _ role: Compute.Part.Role? = nil) -> Bool {
    count(operation, role) > 0
  }
}
