import Foundation
import LLVMBindings
import MCLCompiler
import MCLExecution
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLPasses
import MCLTestKit
import Testing

/// Convolutions as whole programs: layouts assigned, contractions by taps, against the operations' own definitions.
/// MCL_SEED reproduces a run; the seed is printed.
@Suite struct TapContractionTests {
  let seed: UInt64 =
    ProcessInfo.processInfo.environment["MCL_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1 << 32)

  struct Case: CustomStringConvertible {
    var batch = 2
    var channels: Int
    var outputs: Int
    var size: [Int]
    var kernel: [Int]
    var stride = [1, 1, 1]
    var padding = [0, 0, 0]
    var dilation = [1, 1, 1]
    var groups = 1

    var description: String {
      "[\(batch), \(channels), \(size)] * [\(outputs), \(kernel)] stride \(stride) padding \(padding) "
        + "dilation \(dilation) groups \(groups)"
    }

    /// An image from a map, a convolution with what follows it, and all three derivatives' kernels.
    ///
    /// - Parameter isOfImage: whether the derivative is that by the image, as it comes from the convolution's kernel; else
    ///   it is by what the image is made of, which stands in the order of inputs.
    func program(isOfImage: Bool = false) throws -> Graph {
      let context = ProgramContext()
      let x = context.input("x", [batch, channels] + size)
      let w = context.input("w", [outputs, channels / groups] + kernel)
      let image = x * x + x
      let geometry = ConvolutionGeometry(stride: stride, padding: padding, dilation: dilation, groups: groups)
      let y = Tensor(Convolution(geometry), [image, w])
      let shift = context.input("shift", [1, outputs, 1, 1, 1])
      let z = relu(y + shift.broadcast(to: y.shape)) * 0.5 + y
      let loss = (z * z).sum()
      let derivatives = gradient(of: loss, at: [isOfImage ? image : x, w])
      return try Graph(
        name: "convolution", inputs: context.inputs, states: [],
        outputs: [("z", z), ("dx", derivatives[0]), ("dw", derivatives[1]), ("sum", z.sum([0, 2, 3, 4]))],
        updates: [], taps: [], declared: [x, w, shift])
    }
  }

  /// Runs a program compiled for a target on values of inputs, by name.
  static func run(
    _ graph: Graph, _ inputs: [String: Value], threads: Int, target: TargetDescription = .host,
    excluded: Set<String> = []
  ) throws -> (values: [String: [Float]], plan: ExecutionPlan) {
    let plan = try plan(graph, target: target, excluded: excluded)
    return (try values(of: plan, inputs, threads: threads), plan)
  }

  /// A program compiled for a target.
  static func plan(
    _ graph: Graph, target: TargetDescription = .host, excluded: Set<String> = []
  ) throws -> ExecutionPlan {
    let compiler = KernelCompiler(
      target: target, cache: ObjectCache(directory: nil), excludedFamilies: excluded)
    return try ProgramCompiler(compiler).compile(graph).plan
  }

  /// Every output of a compiled program on values of inputs.
  static func values(
    of plan: ExecutionPlan, _ inputs: [String: Value], threads: Int
  ) throws -> [String: [Float]] {
    let executor = try Executor(plan, threads: threads)
    for (name, value) in inputs { try executor.setInput(name, floats: value.elements.map { Float($0) }) }
    executor.poison()
    try executor.run()
    var values: [String: [Float]] = [:]
    for output in plan.outputs { values[output.name] = try executor.value(output.name) }
    return values
  }

  static func inputs(_ graph: Graph, _ random: inout RandomValues) -> [String: Value] {
    Dictionary(
      uniqueKeysWithValues: graph.inputs.map { input in
        let value = random.value(input.type)
        return (input.name, Value(input.type, value.elements.map { Double(Float($0)) }))
      })
  }

  private func check(
    _ example: Case, _ random: inout RandomValues, target: TargetDescription = .host, isOfImage: Bool = false
  ) throws {
    let graph = try example.program(isOfImage: isOfImage)
    let inputs = Self.inputs(graph, &random)
    let found = try Self.run(graph, inputs, threads: 2, target: target).values
    var interpreter = Interpreter(graph, states: [:])
    let expected = try interpreter.run(inputs).outputs
    for (name, value) in expected {
      let actual = try #require(found[name])
      let deviation = Deviation(actual.map { Double($0) }, from: value.elements)
      #expect(
        deviation.relativeToLargest < 1e-5, "\(name) of \(example) is off by \(deviation), seed \(seed)")
    }
  }

  static var targets: [TargetDescription] {
    let host = TargetDescription.host
    guard host.triple.hasPrefix("x86_64") else { return [host] }
    return [host]
      + KernelHarness.narrowFeatures.map {
        TargetDescription(triple: host.triple, cpu: "x86-64", features: $0)
      }
  }

  /// The host, and in turn one of the others or none; all of them in the long suite.
  static func chosenTargets(_ number: Int) -> [TargetDescription] {
    let all = targets
    guard soakFactor == 1, all.count > 1 else { return all }
    let other = number % all.count
    return other == 0 ? [all[0]] : [all[0], all[other]]
  }

  @Test func randomConvolutionsAreRight() throws {
    print("convolution seed \(seed)")
    var random = RandomValues(seed: seed)
    let targets = Self.targets
    var drawn = 0
    while drawn < (soakFactor == 1 ? 12 : 480) {
      func pick(_ list: [Int]) -> Int { list[random.integer(below: list.count)] }
      let groups = pick([1, 1, 1, 1, 1, 2])
      let example = Case(
        batch: pick([1, 2, 3]), channels: groups * pick([1, 3, 8, 16, 17, 32, 45, 48, 64]),
        outputs: groups * pick([4, 8, 16, 32, 45, 48, 64, 80]),
        size: [pick([1, 2, 4, 5]), pick([1, 4, 7, 8, 9]), pick([1, 3, 4, 7, 10])],
        kernel: [pick([1, 1, 2, 3]), pick([1, 3, 3, 5]), pick([1, 1, 3, 4])],
        stride: [pick([1, 1, 2]), pick([1, 1, 2, 3]), pick([1, 1, 2])],
        padding: [pick([0, 0, 1]), pick([0, 1, 2]), pick([0, 0, 1, 3])],
        dilation: [pick([1, 1, 2]), pick([1, 1, 1, 2]), 1], groups: groups)
      let room = (0..<3).map { (i: Int) -> Int in
        let span = example.dilation[i] * (example.kernel[i] - 1) + 1
        return example.size[i] + 2 * example.padding[i] - span
      }
      let pairs = example.batch * example.outputs * example.channels
      let work = pairs * example.size.reduce(1, *) * example.kernel.reduce(1, *)
      guard room.allSatisfy({ $0 >= 0 }), work < 8_000_000 else { continue }
      try check(example, &random, target: targets[drawn % targets.count])
      drawn += 1
    }
  }

  /// The network's own shapes, narrow: taps in space, taps in time, strides, the stem, deep sums.
  static let shapes: [Case] = [
    Case(channels: 64, outputs: 64, size: [4, 7, 7], kernel: [1, 3, 3], padding: [0, 1, 1]),
    Case(channels: 32, outputs: 64, size: [4, 4, 4], kernel: [3, 1, 1], padding: [1, 0, 0]),
    Case(channels: 64, outputs: 128, size: [2, 7, 7], kernel: [1, 1, 1]),
    Case(channels: 32, outputs: 64, size: [2, 7, 8], kernel: [1, 1, 1], stride: [1, 2, 2]),
    Case(
      channels: 32, outputs: 64, size: [2, 8, 7], kernel: [1, 3, 3], stride: [1, 2, 2], padding: [0, 1, 1]),
    Case(
      channels: 3, outputs: 64, size: [8, 14, 14], kernel: [4, 7, 7], stride: [4, 2, 2], padding: [0, 3, 3]),
    Case(channels: 512, outputs: 16, size: [2, 3, 3], kernel: [1, 3, 3], padding: [0, 1, 1]),
    Case(
      channels: 3, outputs: 45, size: [4, 14, 14], kernel: [1, 7, 7], stride: [1, 2, 2], padding: [0, 3, 3]),
    Case(channels: 45, outputs: 83, size: [4, 5, 5], kernel: [3, 1, 1], padding: [1, 0, 0]),
    Case(channels: 8, outputs: 230, size: [2, 5, 5], kernel: [1, 3, 3], padding: [0, 1, 1]),
    // A result of one pixel, read by a gradient that steps over it.
    Case(
      batch: 1, channels: 64, outputs: 45, size: [1, 1, 3], kernel: [1, 3, 3], stride: [1, 2, 2],
      padding: [0, 1, 0]),
    // Lines of results that read nothing but padding.
    Case(
      batch: 2, channels: 16, outputs: 4, size: [5, 8, 7], kernel: [1, 1, 4], stride: [2, 1, 1],
      padding: [0, 1, 0]),
  ]

  @Test(arguments: shapes.indices) func theNetworksShapesAreRight(number: Int) throws {
    var random = RandomValues(seed: UInt64(number))
    for target in Self.chosenTargets(number) { try check(Self.shapes[number], &random, target: target) }
  }

  /// Gradients by images of few channels, whose lanes are summed over: in steps and not, depths that fill whole vectors
  /// and that do not, from the kernel as it is and with what follows it.
  static let narrow: [Case] = [
    Case(channels: 3, outputs: 64, size: [4, 14, 9], kernel: [1, 3, 3], padding: [0, 1, 1]),
    Case(channels: 3, outputs: 83, size: [5, 9, 8], kernel: [3, 1, 1], padding: [1, 0, 0]),
    Case(
      channels: 5, outputs: 32, size: [1, 14, 14], kernel: [2, 7, 7], stride: [1, 2, 2], padding: [1, 3, 3]),
    Case(channels: 7, outputs: 20, size: [2, 7, 7], kernel: [1, 5, 5], padding: [0, 2, 2]),
    // Rows in stretches through time: of one kind, of several, some to a tile with places left over, in steps.
    Case(batch: 1, channels: 3, outputs: 128, size: [8, 9, 5], kernel: [3, 1, 1], padding: [1, 0, 0]),
    Case(channels: 3, outputs: 144, size: [27, 3, 4], kernel: [5, 1, 1], padding: [2, 0, 0]),
    Case(channels: 3, outputs: 16, size: [2, 9, 9], kernel: [3, 1, 1], padding: [1, 0, 0]),
    Case(
      channels: 5, outputs: 32, size: [9, 7, 7], kernel: [4, 1, 1], stride: [1, 2, 2], padding: [1, 0, 0]),
    Case(channels: 3, outputs: 32, size: [12, 7, 7], kernel: [3, 1, 1], stride: [2, 1, 1]),
  ]

  @Test(arguments: narrow.indices) func gradientsOfFewChannelsAreRight(number: Int) throws {
    var random = RandomValues(seed: UInt64(number))
    for target in Self.chosenTargets(number) {
      for isOfImage in [false, true] {
        try check(Self.narrow[number], &random, target: target, isOfImage: isOfImage)
      }
    }
    let plan = try ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil)))
      .compile(Self.narrow[number].program(isOfImage: true)).plan
    let families = plan.launches.map { plan.kernels[$0.kernel] }.filter { $0.multiplyAdds > 0 }
    #expect(families.count == 3, "every pass is a contraction: \(families.map(\.family))")
    #expect(
      families.allSatisfy { kernel in kernel.phases.contains { $0.symbol.hasSuffix("_rows") } },
      "every pass goes by taps")
  }

  /// Windows as large as their images: the operand of the rows is copied with zeros around it, in the directions in
  /// which that fills the tiles, or a tile holds pixels that differ in their taps.
  static let wide: [Case] = [
    Case(batch: 1, channels: 32, outputs: 48, size: [1, 7, 7], kernel: [1, 7, 7], padding: [0, 3, 3]),
    Case(
      batch: 1, channels: 16, outputs: 45, size: [2, 7, 8], kernel: [2, 7, 7], stride: [1, 2, 2],
      padding: [1, 3, 3]),
    Case(batch: 1, channels: 45, outputs: 16, size: [4, 5, 5], kernel: [3, 5, 5], padding: [1, 2, 2]),
    // A tile holds a line of pixels and the edges at both its ends; sums in several splits; lines in time.
    Case(batch: 1, channels: 19, outputs: 64, size: [2, 7, 7], kernel: [4, 7, 7], padding: [2, 3, 3]),
    Case(batch: 1, channels: 64, outputs: 48, size: [1, 7, 7], kernel: [4, 7, 7], padding: [2, 3, 3]),
    Case(batch: 1, channels: 32, outputs: 48, size: [7, 2, 7], kernel: [7, 2, 7], padding: [3, 1, 3]),
  ]

  @Test(arguments: wide.indices) func windowsAsLargeAsTheirImagesAreRight(number: Int) throws {
    var random = RandomValues(seed: UInt64(number))
    for target in Self.chosenTargets(number) { try check(Self.wide[number], &random, target: target) }
    guard [1, 2].contains(number) else { return }
    let plan = try ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil)))
      .compile(Self.wide[number].program()).plan
    let kernels = plan.launches.map { plan.kernels[$0.kernel] }
    #expect(kernels.contains { kernel in kernel.phases.contains { $0.symbol.hasSuffix("_pad") } })
  }

  /// Results that leave the caches as they are made: many weights, whose sums have few terms.
  @Test func manyWeightsOfFewPixelsAreRight() throws {
    var random = RandomValues(seed: 3)
    try check(
      Case(batch: 1, channels: 512, outputs: 112, size: [1, 2, 3], kernel: [1, 7, 7], padding: [0, 3, 3]),
      &random, isOfImage: true)
  }

  /// Where rows of a kind fill their tiles nothing is multiplied by padding.
  @Test func largeImagesAreNotPadded() throws {
    for number in [0, 1, 4] {
      let plan = try ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil)))
        .compile(Self.large(Self.shapes[number]).program()).plan
      let kernels = plan.launches.map { plan.kernels[$0.kernel] }
      #expect(!kernels.contains { kernel in kernel.phases.contains { $0.symbol.hasSuffix("_pad") } })
    }
  }

  private static func large(_ example: Case) -> Case {
    var example = example
    example.batch = 4
    example.size = [4, 28, 28]
    return example
  }

  @Test(
    arguments: [0, 1, 4, 5, 8].map { shapes[$0] } + [1, 2, 5, 6].map { narrow[$0] }
      + [1, 3, 5].map { wide[$0] })
  func anyNumberOfThreadsGivesTheSameBits(example: Case) throws {
    let graph = try example.program(isOfImage: true)
    var random = RandomValues(seed: 9)
    let inputs = Self.inputs(graph, &random)
    let plan = try Self.plan(graph)
    let expected = try Self.values(of: plan, inputs, threads: 1).mapValues { $0.map(\.bitPattern) }
    for threads in [2, 3, 7] {
      let found = try Self.values(of: plan, inputs, threads: threads).mapValues { $0.map(\.bitPattern) }
      #expect(found == expected, "\(threads) threads")
    }
  }

  /// Images between contractions are stored in blocks: nothing but the graph's edges is converted.
  @Test func imagesAreConvertedAtTheEdgesOnly() throws {
    let context = ProgramContext()
    let x = context.input("x", [2, 32, 2, 6, 6])
    let weights = (0..<3).map { context.input("w\($0)", [32, 32, 1, 3, 3]) }
    let geometry = ConvolutionGeometry(padding: [0, 1, 1])
    var y = x
    for weight in weights {
      y = relu(
        Tensor(Standardize(axes: [0, 2, 3, 4], epsilon: 1e-5), [Tensor(Convolution(geometry), [y, weight])]))
    }
    let graph = try Graph(
      name: "chain", inputs: context.inputs, states: [], outputs: [("y", y)], updates: [], taps: [],
      declared: [x] + weights)
    let lowered = try Pipeline.run(graph).graph
    let images = lowered.entries.filter { $0.operation is Compute && $0.type.count == 2 * 32 * 2 * 6 * 6 }
    let plain = images.filter { $0.type.shape == [2, 32, 2, 6, 6] }
    #expect(plain.count == 1, "only the output is in its own order")
    #expect(
      images.count == 6, "a convolution and a map three times, and no conversion beside: \(lowered.text)")
  }

  /// The loop that does the work holds its sums in registers: no vector goes to the stack or comes from it.
  @Test(arguments: ["+avx512f,+avx512vl,+avx512bw,+avx512dq,+avx2,+fma", "+avx2,+fma"])
  func theInnerLoopsDoNotSpill(features: String) throws {
    let drawn = Case(
      batch: 4, channels: 32, outputs: 144, size: [2, 17, 28], kernel: [5, 1, 1], stride: [1, 2, 2],
      padding: [2, 0, 0])
    let examples =
      [0, 1, 2, 4, 5].map { Self.shapes[$0] } + [
        drawn, Self.narrow[0], Self.narrow[4], Self.narrow[5], Self.wide[0],
      ]
    let scanned = try Self.scanForSpills(
      examples.map { try $0.program(isOfImage: true) }, features: features)
    #expect(scanned >= 10)
  }

  /// Features of processors that Winograd's code is looked at for; narrow ones in the long suite alone.
  static let spillingFeatures =
    ["+avx512f,+avx512vl,+avx512bw,+avx512dq,+avx2,+fma"] + (soakFactor > 1 ? ["+avx2,+fma"] : [])

  /// Looks for vectors on the stack in the loops of contractions compiled for a processor.
  ///
  /// - Parameter broadcasting: whether only loops are looked at that spread values from memory over the lanes.
  /// - Returns: how many loops were looked at.
  static func scanForSpills(_ programs: [Graph], features: String, broadcasting: Bool = false) throws -> Int {
    guard TargetDescription.host.triple.hasPrefix("x86_64") else { return .max }
    let target = TargetDescription(triple: TargetDescription.host.triple, cpu: "x86-64", features: features)
    let compiler = KernelCompiler(target: target, cache: ObjectCache(directory: nil))
    var scanned = 0
    for program in programs {
      let plan = try ProgramCompiler(compiler).compile(program).plan
      for launch in plan.launches where plan.kernels[launch.kernel].multiplyAdds > 0 {
        let assembly = try compiler.assembly(launch.specification)
        var block: [Substring] = []
        let lines: [Substring] = assembly.split(separator: "\n") + [Substring(".Lend:")]
        for line in lines {
          guard line.hasPrefix(".L") else {
            block.append(line)
            continue
          }
          let products = block.count { $0.contains("vfmadd") }
          let register = target.lanes == 16 ? "%zmm" : "%ymm"
          let isBroadcasting = block.contains {
            ($0.contains("broadcast") || $0.contains("{1to")) && !$0.contains("%rip") && !$0.contains("%rsp")
          }
          if products >= 16, isBroadcasting || !broadcasting {
            scanned += 1
            let spilled = block.filter { $0.contains("(%rsp)") && $0.contains(register) }
            #expect(spilled.isEmpty, "\(launch.path): \(spilled.prefix(3)) among \(products) products")
          }
          block = []
        }
      }
    }
    return scanned
  }
}
