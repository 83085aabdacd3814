import MCLBenchmark
import MCLCompiler
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLSupport
import MCLTestKit
import Testing

/// Convolutions by Winograd's minimal filtering, forward and backward, against the direct way; that one is held against
/// the definitions by `TapContractionTests`.
@Suite struct WinogradTests {
  typealias Case = TapContractionTests.Case

  static let shapes: [Case] = [
    // Odd images: the last row and column of tiles hang over.
    Case(batch: 1, channels: 64, outputs: 64, size: [2, 45, 47], kernel: [1, 3, 3], padding: [0, 1, 1]),
    // No padding: forward nothing is checked, backward the window may lie outside by two.
    Case(batch: 1, channels: 64, outputs: 96, size: [1, 52, 61], kernel: [1, 3, 3]),
    Case(batch: 3, channels: 32, outputs: 128, size: [1, 36, 42], kernel: [1, 3, 3], padding: [0, 2, 1]),
    // Along time and height.
    Case(batch: 2, channels: 48, outputs: 80, size: [10, 22, 13], kernel: [3, 3, 1], padding: [1, 1, 0]),
    // Sums of so many products that registers are emptied in between.
    Case(batch: 4, channels: 256, outputs: 128, size: [1, 14, 14], kernel: [1, 3, 3], padding: [0, 1, 1]),
  ]

  /// Few tiles and many weights, which are transformed by the tasks that multiply them: one task's tiles, blocks of channels
  /// that do not fill the last; several tasks' tiles; along one direction.
  static let manyWeights: [Case] = [
    Case(batch: 2, channels: 512, outputs: 256, size: [2, 7, 7], kernel: [1, 3, 3], padding: [0, 1, 1]),
    Case(batch: 1, channels: 272, outputs: 208, size: [4, 8, 12], kernel: [1, 3, 3], padding: [0, 1, 1]),
    Case(batch: 4, channels: 256, outputs: 256, size: [3, 14, 14], kernel: [1, 3, 3], padding: [0, 1, 1]),
    Case(batch: 1, channels: 512, outputs: 512, size: [4, 5, 5], kernel: [3, 1, 1], padding: [1, 0, 0]),
  ]

  /// Windows along one direction.
  static let lines: [Case] = [
    // One tile, some of whose values lie outside; two, the last of which hangs over.
    Case(batch: 2, channels: 64, outputs: 64, size: [4, 24, 26], kernel: [3, 1, 1], padding: [1, 0, 0]),
    Case(batch: 1, channels: 96, outputs: 128, size: [7, 21, 20], kernel: [3, 1, 1], padding: [1, 0, 0]),
    // Several tiles, the last one whole and hanging over by more.
    Case(batch: 1, channels: 64, outputs: 64, size: [8, 22, 18], kernel: [3, 1, 1], padding: [1, 0, 0]),
    Case(batch: 1, channels: 64, outputs: 96, size: [11, 20, 14], kernel: [3, 1, 1], padding: [1, 0, 0]),
    Case(batch: 2, channels: 48, outputs: 80, size: [3, 20, 30], kernel: [1, 1, 3], padding: [0, 0, 1]),
    Case(batch: 2, channels: 80, outputs: 64, size: [3, 33, 14], kernel: [1, 3, 1], padding: [0, 2, 0]),
    // Nothing outside forward, two outside backward; other taps are summed as channels are.
    Case(batch: 1, channels: 64, outputs: 64, size: [10, 20, 18], kernel: [1, 1, 3]),
    Case(batch: 1, channels: 64, outputs: 64, size: [2, 24, 28], kernel: [1, 5, 3]),
    // Six rows: tiles of two.
    Case(batch: 2, channels: 128, outputs: 128, size: [6, 14, 14], kernel: [3, 1, 1], padding: [1, 0, 0]),
  ]

  private static func families(_ plan: ExecutionPlan) -> [String] {
    plan.launches.map { plan.kernels[$0.kernel].family }
  }

  @Test(arguments: (shapes + lines + manyWeights).indices) func bothWaysAgree(number: Int) throws {
    let shape = (Self.shapes + Self.lines + Self.manyWeights)[number]
    let graph = try shape.program()
    var random = RandomValues(seed: UInt64(number))
    let inputs = TapContractionTests.inputs(graph, &random)
    for target in TapContractionTests.chosenTargets(number) {
      let direct = try TapContractionTests.run(
        graph, inputs, threads: 2, target: target, excluded: ["winograd"])
      #expect(!Self.families(direct.plan).contains("winograd"))
      let found = try TapContractionTests.run(graph, inputs, threads: 2, target: target)
      #expect(Self.families(found.plan).contains("winograd"), "\(found.plan.text)")
      for (name, expected) in direct.values {
        let actual = try #require(found.values[name])
        let deviation = Deviation(actual.map { Double($0) }, from: expected.map { Double($0) })
        #expect(deviation.relativeToLargest < 4e-6, "\(name) of \(shape), \(deviation)")
      }
    }
  }

  /// Its rounding against exact sums is of the size of the direct way's; that of F(4, 3) stays within what is to be
  /// expected of sums as long.
  @Test(arguments: [shapes[0], shapes[4], lines[0], lines[3], manyWeights[0]])
  func roundingIsThatOfTheDirectWay(shape: Case)
    throws
  {
    let graph = try shape.program()
    var errors: [Double] = []
    for excluded: Set<String> in [[], ["winograd"]] {
      let plan = try TapContractionTests.plan(graph, excluded: excluded)
      let library = try KernelLibrary(plan.objects)
      let wanted = excluded.isEmpty ? "winograd" : "contraction"
      let launch = try #require(plan.launches.first { plan.kernels[$0.kernel].family == wanted })
      let trial = try KernelTrial(launch, of: plan, library: library, pool: ThreadPool(workers: 1))
      errors.append(trial.deviation(places: 400, budget: 2_000_000))
    }
    print("rounding of \(shape): \(errors[0]), direct \(errors[1])")
    #expect(errors[0] < max(1.5, 3 * errors[1]), "\(shape), in units of the rounding to expect: \(errors)")
  }

  @Test(arguments: [shapes[0], lines[1], manyWeights[2]]) func anyNumberOfThreadsGivesTheSameBits(shape: Case)
    throws
  {
    let graph = try shape.program()
    var random = RandomValues(seed: 9)
    let inputs = TapContractionTests.inputs(graph, &random)
    let plan = try TapContractionTests.plan(graph)
    let expected = try TapContractionTests.values(of: plan, inputs, threads: 1).mapValues {
      $0.map(\.bitPattern)
    }
    for threads in [2, 3, 7] {
      let found = try TapContractionTests.values(of: plan, inputs, threads: threads)
      #expect(found.mapValues { $0.map(\.bitPattern) } == expected, "\(threads) threads")
    }
  }

  /// What is no window of 3 or 3 x 3 in steps of one, or would not gain, is left to the direct way.
  @Test(arguments: [
    Case(batch: 1, channels: 64, outputs: 64, size: [2, 90, 94], kernel: [1, 3, 3], stride: [1, 2, 2]),
    Case(batch: 1, channels: 64, outputs: 64, size: [2, 48, 48], kernel: [1, 3, 3], dilation: [1, 2, 2]),
    Case(batch: 1, channels: 64, outputs: 64, size: [2, 48, 48], kernel: [1, 5, 5]),
    Case(batch: 1, channels: 64, outputs: 64, size: [8, 24, 24], kernel: [3, 3, 3], padding: [1, 1, 1]),
    Case(batch: 1, channels: 128, outputs: 128, size: [2, 48, 48], kernel: [1, 3, 3], groups: 2),
    Case(batch: 1, channels: 16, outputs: 256, size: [2, 48, 48], kernel: [1, 3, 3], padding: [0, 1, 1]),
    Case(batch: 64, channels: 64, outputs: 32, size: [4, 4, 4], kernel: [1, 3, 3], padding: [0, 0, 0]),
    Case(batch: 2, channels: 128, outputs: 128, size: [2, 24, 24], kernel: [3, 1, 1], padding: [1, 0, 0]),
    Case(batch: 2, channels: 64, outputs: 64, size: [8, 48, 48], kernel: [3, 1, 1], stride: [2, 1, 1]),
  ]) func others(example: Case) throws {
    let compiler = KernelCompiler(cache: ObjectCache(directory: nil))
    let plan = try ProgramCompiler(compiler).compile(example.program()).plan
    let forward = plan.launches.first { plan.kernels[$0.kernel].multiplyAdds > 0 }
    #expect(forward.map { plan.kernels[$0.kernel].family } == "contraction", "\(example)")
  }

  @Test(arguments: TapContractionTests.spillingFeatures)
  func theInnerLoopsDoNotSpill(features: String) throws {
    let programs =
      try (Self.shapes.prefix(2) + Self.manyWeights.prefix(2)).map { try $0.program() }
      + [Self.lines[0].program(isOfImage: true)]
    // The transformations may.
    #expect(try TapContractionTests.scanForSpills(programs, features: features, broadcasting: true) >= 6)
  }

  private static let manyMoments = [shapes[0], lines[0], lines[3], manyWeights[1], manyWeights[2]]

  /// The moments that batch norm needs are made where the results are.
  @Test(arguments: manyMoments.indices) func makesTheMomentsOfItsResults(number: Int) throws {
    let shape = Self.manyMoments[number]
    let context = ProgramContext()
    let x = context.input("x", [shape.batch, shape.channels] + shape.size)
    let w = context.input("w", [shape.outputs, shape.channels] + shape.kernel)
    let y = Tensor(Convolution(ConvolutionGeometry(padding: shape.padding)), [x * x + x, w])
    let graph = try Graph(
      name: "moments", inputs: context.inputs, states: [],
      outputs: [
        ("standard", Tensor(Standardize(axes: [0, 2, 3, 4], epsilon: 1e-5), [y])),
        ("variance", y.variance([0, 2, 3, 4]) * 3),
      ], updates: [], taps: [], declared: [x, w])
    var random = RandomValues(seed: 11)
    let inputs = TapContractionTests.inputs(graph, &random)
    for target in TapContractionTests.chosenTargets(number) {
      let direct = try TapContractionTests.run(
        graph, inputs, threads: 2, target: target, excluded: ["winograd"])
      let plan = try TapContractionTests.plan(graph, target: target)
      let runs = try [1, 3].map { try TapContractionTests.values(of: plan, inputs, threads: $0) }
      let hosts = plan.launches.filter { !$0.byProducts.isEmpty }
      #expect(hosts.map { plan.kernels[$0.kernel].family } == ["winograd"], "\(plan.text)")
      for (name, expected) in direct.values {
        let actual = try #require(runs[0][name])
        let deviation = Deviation(actual.map { Double($0) }, from: expected.map { Double($0) })
        #expect(deviation.relativeToLargest < 8e-6, "\(name) of \(shape), \(deviation)")
        #expect(runs[1][name]?.map(\.bitPattern) == actual.map(\.bitPattern))
      }
    }
  }

  @Test func aFamilyThatIsNotThereIsTold() throws {
    let compiler = KernelCompiler(cache: ObjectCache(directory: nil), excludedFamilies: ["winnograd"])
    let program = try TapContractionTests.shapes[0].program()
    #expect {
      try ProgramCompiler(compiler).compile(program)
    } throws: {
      "\($0)".contains("no kernel family, pass or rule 'winnograd' to leave out")
        && "\($0)".contains(" winograd")
    }
  }
}
