import Foundation
import MCLCompiler
import MCLEngineTestKit
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLPasses
import MCLTestKit
import Synchronization
import Testing

/// Programs of hundreds and thousands of operations: what they become does not grow faster than they do.
@Suite struct LargeProgramTests {
  private static func compile(_ graph: Graph) throws -> ProgramCompiler.Compiled {
    try ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil))).compile(graph)
  }

  private static func graph(
    _ context: ProgramContext, _ outputs: [Tensor], updates: [(name: String, tensor: Tensor)] = []
  ) throws -> Graph {
    try Graph(
      name: "large", inputs: context.inputs, states: context.states,
      outputs: outputs.enumerated().map { ("y\($0.offset)", $0.element) }, updates: updates, taps: [])
  }

  /// Runs a program on numbers from 0 on, which float32 holds exactly, and gives its first output.
  private static func run(_ graph: Graph) throws -> [Double] {
    let inputs = Dictionary(
      uniqueKeysWithValues: graph.inputs.map { input in
        (input.name, Value(input.type, (0..<input.type.count).map(Double.init)))
      })
    return try #require(CompiledRun(graph, inputs: inputs).outputs["y0"]).elements
  }

  @Test func kernelsThatDifferInOffsetsAreOne() throws {
    let context = ProgramContext()
    let x = context.input("x", [800, 4])
    let graph = try Self.graph(
      context, [concatenate((0..<800).reversed().map { x.sliced(axis: 0, $0..<$0 + 1) }, axis: 0)])
    let compiled = try Self.compile(graph)
    #expect(compiled.report.distinctKernels <= 6)
    #expect(compiled.report.launches < 900)
    var expected: [Double] = []
    for row in (0..<800).reversed() { expected += (0..<4).map { column in Double(4 * row + column) } }
    #expect(try Self.run(graph) == expected)
  }

  /// Sums of slices at places without a pattern: every one is read from a place of its own by the same code.
  @Test func readsAtSeveralOffsetsOfOneOperandShareCode() throws {
    let context = ProgramContext()
    let x = context.input("x", [5000])
    let starts = (0..<800).map { $0 * $0 * 7 % 4990 }
    let parts = starts.map { x.sliced(axis: 0, $0..<$0 + 8) }
    let graph = try Self.graph(context, [parts.dropFirst().reduce(parts[0]) { $0 + $1 }])
    let compiled = try Self.compile(graph)
    #expect(compiled.report.distinctKernels <= 4)
    let sum = starts.reduce(0, +)
    let expected = (0..<8).map { place in Double(sum + 800 * place) }
    #expect(try Self.run(graph) == expected)
  }

  /// What is read stays within its operand: the offset and the furthest element read lie inside.
  @Test func movedReadsStayInsideTheirOperands() throws {
    let context = ProgramContext()
    let x = context.input("x", [6, 10])
    let part = x.sliced(axis: 0, 2..<5).sliced(axis: 1, 3..<10)
    let graph = try Self.graph(context, [part.transposed([1, 0]) + 1])
    let plan = try Self.compile(graph).plan
    let launch = try #require(plan.launches.first)
    #expect(launch.operandOffsets == [4 * 23])
    guard case .comprehension(let comprehension) = launch.specification.form else {
      Issue.record("no comprehension")
      return
    }
    #expect(comprehension.accesses.flatMap(\.indices).allSatisfy { $0.offset == 0 })
    #expect(!comprehension.accesses.contains { $0.mayFallOutside(axes: comprehension.axes) })
    var expected: [Double] = []
    for column in 3..<10 {
      for row in 2..<5 { expected.append(Double(10 * row + column + 1)) }
    }
    #expect(try Self.run(graph) == expected)
  }

  /// What may fall outside is checked against the whole operand and keeps its offset.
  @Test func checkedReadsKeepTheirOffsets() throws {
    let context = ProgramContext()
    let x = context.input("x", [6])
    let graph = try Self.graph(context, [x.padded(axis: 0, before: 2, after: 1) * 2])
    let launch = try #require(Self.compile(graph).plan.launches.first)
    #expect(launch.operandOffsets == [0])
    #expect(try Self.run(graph) == [0, 0, 0, 2, 4, 6, 8, 10, 0])
  }

  @Test(arguments: [16, 17, 256, 257, 1000])
  func concatenationsOfManyOperands(count: Int) throws {
    let context = ProgramContext()
    let x = context.input("x", [2, count])
    let parts = (0..<count).map { x.sliced(axis: 1, count - 1 - $0..<count - $0) * 2 }
    let graph = try Self.graph(context, [concatenate(parts, axis: 1)])
    var expected: [Double] = []
    for row in 0..<2 {
      for column in (0..<count).reversed() { expected.append(Double(2 * (row * count + column))) }
    }
    #expect(try Self.run(graph) == expected)
    for launch in try Self.compile(graph).plan.launches {
      guard case .comprehension(let comprehension) = launch.specification.form else { continue }
      #expect(comprehension.accesses.count <= 16)
    }
  }

  /// Sums of many products read transposed, and long chains, on a stack as small as those of worker threads.
  @Test func nothingOverflowsASmallStack() throws {
    let context = ProgramContext()
    let (a, b) = (context.input("a", [2, 3]), context.input("b", [3, 4]))
    var products = a.matmul(b)
    var chain = a
    for place in 1..<6000 {
      products = products + (a * Double(place)).matmul(b)
      chain = select(chain, .less, Double(place), then: chain * 1.0001, else: a)
    }
    let graph = try Self.graph(context, [products.transposed([1, 0]), chain])
    let result = Mutex<Result<Int, any Error>?>(nil)
    let thread = Thread {
      let own = Result { try Pipeline.run(graph).graph.entries.count }
      result.withLock { $0 = own }
    }
    thread.stackSize = 512 << 10
    thread.start()
    while result.withLock({ $0 == nil }) { Thread.sleep(forTimeInterval: 0.01) }
    let count = try #require(result.withLock { $0 }).get()
    #expect(count > 0)
  }

  /// Formulas that differ in one constant, one access or one comparison have hashes of their own: with equal ones every
  /// entry would be compared with every other.
  @Test func distinctFormulasHaveDistinctHashes() {
    var keys: [EntryKey] = []
    func add(_ body: ScalarExpression, offset: Int = 0, fill: Double = 0) {
      let access = Access(operand: 0, [AffineIndex([1], offset: offset, extent: 100)], fill: fill)
      let comprehension = Comprehension(axes: [8], accesses: [access], body: body)
      keys.append(EntryKey(Compute(comprehension, shape: [8]), [0]))
    }
    for number in 0..<1000 {
      let constant = ScalarExpression.constant(Double(number))
      add(.load(0) + constant)
      add(.select(.less, .load(0), constant, then: .load(0), else: constant))
      add(.load(0), offset: number)
      add(.load(0) * .constant(2), fill: Double(number + 1))
    }
    #expect(Set(keys).count == keys.count)
    // Of so few 64-bit hashes two are equal once in 10^12 runs.
    #expect(Set(keys.map(\.hashValue)).count == keys.count)
    let constant = Constant(value: 1, shape: [2])
    #expect(EntryKey(constant, []) == EntryKey(constant, []))
    #expect(EntryKey(constant, []).hashValue == EntryKey(constant, []).hashValue)
  }

  @Test func leastComesFirst() {
    var random = RandomValues(seed: 3)
    var queue = PriorityQueue<Int>()
    let numbers = (0..<500).map { _ in random.integer(below: 200) }
    for number in numbers { queue.insert(number) }
    var taken: [Int] = []
    while let next = queue.popLeast() { taken.append(next) }
    #expect(taken == numbers.sorted())
    #expect(queue.isEmpty)
  }

  @Test func prefixMaximaAreThoseOfTheList() {
    var random = RandomValues(seed: 4)
    var list = [Int](repeating: -1, count: 77)
    var maxima = PrefixMaximum(count: list.count)
    for _ in 0..<300 {
      let (position, value) = (random.integer(below: list.count), random.integer(below: 1000))
      list[position] = max(list[position], value)
      maxima.raise(position, to: value)
      let end = random.integer(below: list.count)
      #expect(maxima.maximum(through: end) == list[...end].max())
    }
  }
}
