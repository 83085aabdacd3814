import Foundation
import MCLCompiler
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLPasses
import MCLSupport

/// One kernel of a plan, alone, on random operands of its own.
package final class KernelTrial {
  package let comprehension: Comprehension
  package let plan: KernelPlan
  private let operandMap: OperandMap?
  private let operandTypes: [TensorType]
  private let outputType: TensorType
  private let operands: [MemoryRegion]
  private let output: MemoryRegion
  private let temporary: MemoryRegion
  private let common: MemoryRegion
  private let byProducts: [MemoryRegion]
  private let scratch: [MemoryRegion]
  private let phases: [(entry: KernelEntry, tasks: Int)]
  private let pool: ThreadPool

  /// Bytes of operands and result: what has to move at least once.
  package var byteCount: Int { operandTypes.reduce(outputType.byteCount) { $0 + $1.byteCount } }

  /// - Throws: `ExecutionError` for what is no comprehension or does not fit in memory.
  package init(
    _ launch: ExecutionPlan.Launch, of program: ExecutionPlan, library: KernelLibrary, pool: ThreadPool
  ) throws {
    guard case .comprehension(let comprehension) = launch.specification.form,
      let last = launch.buffers.last
    else { throw ExecutionError("the kernel at \(launch.path) is no sum of products") }
    self.comprehension = comprehension
    self.pool = pool
    plan = program.kernels[launch.kernel]
    operandMap = launch.specification.operandMap
    operandTypes = launch.buffers.dropLast().map { program.buffers[$0].type }
    outputType = program.buffers[last].type
    operands = try operandTypes.map { try MemoryRegion(byteCount: $0.byteCount, purpose: "operand") }
    output = try MemoryRegion(byteCount: outputType.byteCount, purpose: "result")
    temporary = try MemoryRegion(byteCount: plan.temporaryBytes, purpose: "kernel's temporary")
    common = try MemoryRegion(byteCount: plan.commonBytes, purpose: "kernel's common memory")
    byProducts = try launch.byProducts.map {
      try MemoryRegion(byteCount: program.buffers[$0].type.byteCount, purpose: "by-product")
    }
    scratch = try (0..<pool.workerCount).map { [plan] _ in
      try MemoryRegion(byteCount: plan.scratchBytes, purpose: "scratch memory")
    }
    phases = try plan.phases.map { (try library.function($0.symbol), $0.taskCount) }
    for (position, type) in operandTypes.enumerated() where type.element == .float32 {
      var random = CounterRandom(seed: 1, sample: position, purpose: "kernel trial")
      // Bound: the region was made for `type.count` floats.
      let floats = operands[position].base.bindMemory(to: Float.self, capacity: type.count)
      for index in 0..<type.count {
        floats[index] = Float(Int32(truncatingIfNeeded: random.next())) * 0x1p-31
      }
    }
  }

  /// Runs the kernel once.
  package func run() {
    var arguments: [UnsafeMutableRawPointer?] = operands.map(\.base)
    arguments += [output.base, temporary.base] + byProducts.map(\.base) + [common.base]
    arguments.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      // Read only while `pool.run` below has not returned.
      nonisolated(unsafe) let shared = base
      for phase in phases {
        pool.run(tasks: phase.tasks) { task, worker in
          phase.entry(shared, Int64(task), scratch[worker].base)
        }
      }
    }
  }

  /// Runs once and compares results at drawn places with the definition in Double.
  ///
  /// - Returns: the largest deviation in units of the rounding that a sum of so many products may have:
  ///   `sqrt(depth) x 2^-24 x` the largest magnitude drawn; right kernels stay below about 10.
  package func deviation(places: Int = 24, budget: Int = 60_000) -> Double {
    output.base.bindMemory(to: Float.self, capacity: outputType.count).update(
      repeating: .nan, count: outputType.count)
    run()
    var values = zip(operandTypes, operands).map { type, region -> Value in
      guard type.element == .float32 else { return Value(type, [Double](repeating: 0, count: type.count)) }
      let floats = region.base.bindMemory(to: Float.self, capacity: type.count)
      return Value(type, (0..<type.count).map { Double(floats[$0]) })
    }
    if let operandMap {
      values[operandMap.operand] = operandMap.map.evaluate(values).with(operandTypes[operandMap.operand])
    }
    let count = max(4, min(places, budget / max(comprehension.reductionCount, 1)))
    let shape = comprehension.outputShape
    let results = output.base.bindMemory(to: Float.self, capacity: outputType.count)
    var random = CounterRandom(seed: 2, purpose: "kernel trial places")
    var (worst, largest) = (0.0, 1e-6)
    for number in 0..<count {
      // The corners, where padding is, then anywhere.
      let position =
        number == 0 ? 0 : number == 1 ? outputType.count - 1 : random.integer(below: outputType.count)
      var rest = position
      var point = [Int](repeating: 0, count: shape.count)
      for axis in shape.indices.reversed() {
        point[axis] = rest % shape[axis]
        rest /= shape[axis]
      }
      let expected = comprehension.restricted(to: point).evaluate(values).elements.first ?? .nan
      let difference = abs(Double(results[position]) - expected)
      worst = difference.isNaN ? .infinity : max(worst, difference)
      largest = max(largest, abs(expected))
    }
    return worst / (largest * 0x1p-24 * Double(comprehension.reductionCount).squareRoot())
  }

  /// Seconds a run, over as many runs as fill `seconds`.
  package func secondsPerRun(filling seconds: Double, clock: BenchmarkClock = .elapsed) -> Double {
    clock.secondsPerRun(filling: seconds, run)
  }
}

extension Comprehension {
  /// The comprehension of one of its own values: output axes of size 1 that stand at a point.
  func restricted(to point: [Int]) -> Comprehension {
    var result = self
    for axis in point.indices { result.axes[axis] = 1 }
    for access in accesses.indices {
      for index in accesses[access].indices.indices {
        for axis in point.indices {
          result.accesses[access].indices[index].offset +=
            accesses[access].indices[index].coefficients[axis] * point[axis]
        }
      }
    }
    func placed(_ leaf: ScalarExpression) -> ScalarExpression {
      guard case .index(let axis) = leaf, axis < point.count else { return leaf }
      return .integer(point[axis])
    }
    result.body = body.mapLeaves(placed)
    result.epilogue = epilogue.mapLeaves(placed)
    return result
  }
}
