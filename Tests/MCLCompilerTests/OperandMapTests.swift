import LLVMBindings
import MCLCompiler
import MCLExecution
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLPasses
import MCLTestKit
import Testing

/// Maps that the contraction that reads them makes itself, and those that have a launch of their own.
@Suite struct OperandMapTests {
  /// What stands between two convolutions, as in a residual block: scale and shift, the shortcut, a ReLU.
  private struct Block {
    var size: [Int]
    var channels: (before: Int, between: Int, after: Int)
    var window = [1, 1, 1]
    var isReadLate = false

    func graph() throws -> Graph {
      let context = ProgramContext()
      let x = context.input("x", [2, channels.before] + size)
      let shortcut = context.input("shortcut", [2, channels.before] + size)
      let widen = context.input("widen", [channels.between, channels.before, 1, 1, 1])
      let weight = context.input("weight", [channels.after, channels.between] + window)
      let scale = context.input("scale", [1, channels.between, 1, 1, 1])
      let shift = context.input("shift", [1, channels.between, 1, 1, 1])
      func convolved(_ x: Tensor, _ weight: Tensor, padding: [Int] = [0, 0, 0]) -> Tensor {
        Tensor(Convolution(ConvolutionGeometry(padding: padding)), [x, weight])
      }
      func normalized(_ x: Tensor) -> Tensor { Tensor(Standardize(axes: [0, 2, 3, 4], epsilon: 1e-5), [x]) }
      let y = normalized(convolved(x, widen))
      let other = normalized(convolved(shortcut, widen))
      let map = relu(
        y * scale.broadcast(to: y.shape) + shift.broadcast(to: y.shape) + other)
      let z = convolved(map, weight, padding: window.map { $0 / 2 })
      var outputs = [("z", normalized(z))]
      if isReadLate {
        outputs.append(
          ("late", (map * z.sum(Array(z.shape.indices)).broadcast(to: map.shape)).sum([0, 2, 3, 4])))
      }
      return try Graph(
        name: "block", inputs: context.inputs, states: [], outputs: outputs, updates: [], taps: [],
        declared: [x, shortcut, widen, weight, scale, shift])
    }
  }

  private static func run(
    _ graph: Graph, threads: Int, fuses: Bool = true, target: TargetDescription = .host
  ) throws -> (plan: ExecutionPlan, values: [String: [Float]]) {
    let plan = try ProgramCompiler(
      KernelCompiler(target: target, cache: ObjectCache(directory: nil)), fuses: fuses
    ).compile(graph).plan
    let executor = try Executor(plan, threads: threads)
    var random = RandomValues(seed: 8)
    for input in graph.inputs {
      try executor.setInput(input.name, random.value(input.type).roundedToFloat)
    }
    executor.poison()
    try executor.run()
    let values = try graph.outputs.map { ($0.name, try executor.value($0.name)) }
    return (plan, Dictionary(uniqueKeysWithValues: values))
  }

  private static func makers(_ plan: ExecutionPlan) -> [ExecutionPlan.Launch] {
    plan.launches.filter { $0.specification.operandMap != nil }
  }

  /// Rows that do not fill the tiles, one chunk of a task's rows and several, with moments of the results; the map read by
  /// nothing else, and once more at the end.
  @Test(arguments: [false, true])
  func aBlocksOutputIsMadeByTheConvolutionThatReadsIt(isReadLate: Bool) throws {
    for block in [
      Block(size: [2, 37, 29], channels: (16, 32, 48), isReadLate: isReadLate),
      Block(size: [3, 61, 47], channels: (16, 256, 16), isReadLate: isReadLate),
    ] {
      let graph = try block.graph()
      let (plan, values) = try Self.run(graph, threads: 1)
      let makers = Self.makers(plan)
      try #require(makers.count == 1, "\(plan.text)")
      #expect(makers[0].byProducts.count == 3)
      let maxima = plan.launches.filter { $0.parts.contains { $0.operation == "relu" } }
      #expect(maxima.count == 1, "it has no launch of its own")
      let (plain, expected) = try Self.run(graph, threads: 2, fuses: false)
      #expect(Self.makers(plain).isEmpty)
      for target in TapContractionTests.targets {
        let (plan, found) = try Self.run(graph, threads: 2, target: target)
        #expect(Self.makers(plan).count == 1)
        for (name, value) in expected {
          let found = try #require(found[name])
          let deviation = Deviation(found.map { Double($0) }, from: value.map { Double($0) })
          #expect(deviation.relativeToLargest < 2e-5, "\(name) of \(block) is off by \(deviation)")
        }
      }
      for threads in [2, 3, 7] {
        let other = try Self.run(graph, threads: threads).values
        let isSame = other.mapValues { $0.map(\.bitPattern) } == values.mapValues { $0.map(\.bitPattern) }
        #expect(isSame, "the bits depend on the number of threads")
      }
    }
  }

  @Test func notForAWindowNorWhereItIsSmall() throws {
    for block in [
      Block(size: [2, 37, 29], channels: (16, 32, 48), window: [1, 3, 3]),
      Block(size: [1, 7, 9], channels: (16, 32, 48)),
    ] {
      let plan = try Self.run(block.graph(), threads: 2).plan
      #expect(Self.makers(plan).isEmpty, "\(block)")
    }
  }
}
