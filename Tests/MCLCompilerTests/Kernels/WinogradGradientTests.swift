import LLVMBindings
import MCLBenchmark
import MCLCompiler
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLSupport
import MCLTestKit
import Testing

/// Weight gradients by Winograd's minimal filtering, against the direct way and, at drawn places, the definition.
@Suite struct WinogradGradientTests {
  typealias Case = TapContractionTests.Case

  static let family = "winogradGradient"

  static let shapes: [Case] = [
    // Odd images: the last row and column of tiles hang over.
    Case(batch: 1, channels: 64, outputs: 64, size: [2, 45, 47], kernel: [1, 3, 3], padding: [0, 1, 1]),
    // No padding: the image is larger than the gradient, and nothing is checked.
    Case(batch: 1, channels: 64, outputs: 96, size: [1, 52, 61], kernel: [1, 3, 3]),
    Case(batch: 3, channels: 32, outputs: 128, size: [1, 50, 42], kernel: [1, 3, 3], padding: [0, 2, 1]),
    // Along time and height.
    Case(batch: 3, channels: 48, outputs: 80, size: [10, 22, 13], kernel: [3, 3, 1], padding: [1, 1, 0]),
    // Channels that are no multiple of a vector.
    Case(batch: 2, channels: 45, outputs: 83, size: [3, 40, 34], kernel: [1, 3, 3], padding: [0, 1, 1]),
    // Chunks of whole frames whose tiles hang over on both sides, on one, on the other.
    Case(batch: 4, channels: 256, outputs: 128, size: [4, 7, 7], kernel: [1, 3, 3], padding: [0, 1, 1]),
    Case(batch: 3, channels: 192, outputs: 256, size: [3, 6, 9], kernel: [1, 3, 3], padding: [0, 1, 1]),
    Case(batch: 4, channels: 128, outputs: 256, size: [3, 9, 8], kernel: [1, 3, 3], padding: [0, 1, 1]),
    // Windows along one direction: one tile, some of whose values lie outside; several, the last of which hangs over or not.
    Case(batch: 3, channels: 64, outputs: 96, size: [4, 30, 29], kernel: [3, 1, 1], padding: [1, 0, 0]),
    Case(batch: 2, channels: 96, outputs: 64, size: [7, 31, 30], kernel: [3, 1, 1], padding: [1, 0, 0]),
    Case(batch: 2, channels: 64, outputs: 64, size: [10, 33, 20], kernel: [1, 1, 3], padding: [0, 0, 2]),
    Case(batch: 1, channels: 128, outputs: 128, size: [6, 20, 25], kernel: [3, 1, 1], padding: [1, 0, 0]),
  ]

  private static func launches(_ plan: ExecutionPlan) -> [ExecutionPlan.Launch] {
    plan.launches.filter { plan.kernels[$0.kernel].family == family }
  }

  /// The program with inputs, run with the family and without.
  private func compare(_ graph: Graph, target: TargetDescription, seed: Int, named name: String) throws {
    var random = RandomValues(seed: UInt64(seed))
    let inputs = TapContractionTests.inputs(graph, &random)
    let direct = try TapContractionTests.run(
      graph, inputs, threads: 2, target: target, excluded: [Self.family])
    #expect(Self.launches(direct.plan).isEmpty)
    let found = try TapContractionTests.run(graph, inputs, threads: 2, target: target)
    #expect(Self.launches(found.plan).count == 1, "\(found.plan.text)")
    let expected = try #require(direct.values[name])
    let actual = try #require(found.values[name])
    let deviation = Deviation(actual.map { Double($0) }, from: expected.map { Double($0) })
    #expect(deviation.relativeToLargest < 4e-6, "\(graph.name), \(deviation)")
  }

  @Test(arguments: shapes.indices) func bothWaysAgree(number: Int) throws {
    let graph = try Self.shapes[number].program()
    for target in TapContractionTests.chosenTargets(number) {
      try compare(graph, target: target, seed: number, named: "dw")
    }
  }

  /// The definition in Double at drawn places; rounding is of the size of the direct way's.
  @Test(arguments: shapes.indices.filter { soakFactor > 1 || $0 % 2 == 0 })
  func roundingIsThatOfTheDirectWay(number: Int) throws {
    let graph = try Self.shapes[number].program()
    var errors: [Double] = []
    var specification: KernelSpecification?
    for excluded: Set<String> in [[], [Self.family]] {
      let compiler = KernelCompiler(cache: ObjectCache(directory: nil), excludedFamilies: excluded)
      let plan = try ProgramCompiler(compiler).compile(graph).plan
      let launch = try #require(
        specification.map { wanted in plan.launches.first { $0.specification == wanted } }
          ?? Self.launches(plan).first)
      specification = launch.specification
      let library = try KernelLibrary(plan.objects)
      let trial = try KernelTrial(launch, of: plan, library: library, pool: ThreadPool(workers: 1))
      errors.append(trial.deviation(places: 400, budget: 4_000_000))
    }
    print("rounding of \(Self.shapes[number]): \(errors[0]), direct \(errors[1])")
    #expect(errors[0] < max(0.5, 4 * errors[1]), "in units of the rounding to expect: \(errors)")
  }

  /// What updates make of a gradient is computed where it is brought to its place.
  @Test func anEpilogueIsApplied() throws {
    let context = ProgramContext()
    let x = context.input("x", [2, 64, 2, 36, 35])
    let w = context.input("w", [64, 64, 1, 3, 3])
    let velocity = context.input("velocity", [64, 64, 1, 3, 3])
    let y = Tensor(Convolution(ConvolutionGeometry(padding: [0, 1, 1])), [x * x + x, w])
    let derivative = gradient(of: (y * y).sum(), at: [w])[0]
    let graph = try Graph(
      name: "update", inputs: context.inputs, states: [],
      outputs: [("next", velocity * 0.9 + derivative + w * 0.0001)], updates: [], taps: [],
      declared: [x, w, velocity])
    for target in TapContractionTests.targets { try compare(graph, target: target, seed: 5, named: "next") }
  }

  @Test(arguments: [0, 4, 5, 6, 9]) func anyNumberOfThreadsGivesTheSameBits(number: Int) throws {
    let graph = try Self.shapes[number].program()
    var random = RandomValues(seed: 9)
    let inputs = TapContractionTests.inputs(graph, &random)
    let plan = try TapContractionTests.plan(graph)
    #expect(Self.launches(plan).count == 1)
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
    Case(batch: 1, channels: 128, outputs: 128, size: [3, 48, 48], kernel: [3, 1, 1], stride: [2, 1, 1]),
    Case(batch: 1, channels: 64, outputs: 64, size: [8, 24, 24], kernel: [3, 3, 3], padding: [1, 1, 1]),
    Case(batch: 1, channels: 128, outputs: 128, size: [2, 48, 48], kernel: [1, 3, 3], groups: 2),
    Case(batch: 1, channels: 16, outputs: 256, size: [2, 48, 48], kernel: [1, 3, 3]),
    Case(batch: 2, channels: 8, outputs: 230, size: [4, 48, 48], kernel: [1, 3, 3], padding: [0, 1, 1]),
    // Little work, and tiles that are mostly overhang.
    Case(batch: 1, channels: 64, outputs: 64, size: [2, 24, 24], kernel: [1, 3, 3], padding: [0, 1, 1]),
    Case(batch: 16, channels: 256, outputs: 256, size: [4, 3, 1], kernel: [1, 3, 3], padding: [0, 1, 1]),
  ]) func others(example: Case) throws {
    let compiler = KernelCompiler(cache: ObjectCache(directory: nil))
    let plan = try ProgramCompiler(compiler).compile(example.program()).plan
    #expect(Self.launches(plan).isEmpty, "\(example)")
  }

  /// That it is right is `ArmTests`' to show, where there is an emulator.
  @Test func codeForAArch64IsMade() throws {
    let compiler = KernelCompiler(target: ArmProgram.target, cache: ObjectCache(directory: nil))
    for number in [0, 5] {
      let plan = try ProgramCompiler(compiler).compile(Self.shapes[number].program()).plan
      #expect(Self.launches(plan).count == 1)
    }
  }

  @Test(arguments: TapContractionTests.spillingFeatures)
  func theInnerLoopsDoNotSpill(features: String) throws {
    let programs = try [0, 3, 5, 8].map { try Self.shapes[$0].program(isOfImage: true) }
    // The transformations may.
    #expect(try TapContractionTests.scanForSpills(programs, features: features, broadcasting: true) >= 8)
  }
}
