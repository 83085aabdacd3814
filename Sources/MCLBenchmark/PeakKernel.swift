import Foundation
import LLVMBindings
import MCLKernels
import MCLSupport

/// The most multiply-adds a second that this machine gives: independent fused multiply-adds in registers, nothing
/// loaded, emitted through the same code generator as every kernel.
package struct PeakKernel {
  private let library: KernelLibrary
  private let entry: KernelEntry
  private let lanes: Int
  private let accumulators: Int
  private let turns = 20_000
  package let target: TargetDescription

  /// - Throws: `LLVMError` where the kernel cannot be made.
  package init(target: TargetDescription = .host) throws {
    self.target = target
    lanes = target.lanes
    // Two for the factors; enough chains to hide the latency of two units.
    accumulators = min(target.vectorRegisters - 4, 24)
    let machine = try TargetMachine(target)
    let builder = ModuleBuilder(name: "peak", target: machine)
    let function = builder.beginFunction(
      "mcl_peak", parameters: [builder.pointer, builder.i64, builder.pointer])
    let vector = builder.vector(builder.f32, lanes)
    let scratch = function.parameters[2]
    // Read from memory, so that nothing is known while compiling.
    let factor = builder.load(vector, scratch, alignment: 64)
    let addend = builder.load(vector, builder.address(scratch, builder.constant(64)), alignment: 64)
    let results = builder.loop(
      from: builder.constant(0), to: builder.constant(turns),
      carrying: [IRValue](repeating: addend, count: accumulators)
    ) { _, sums in sums.map { builder.fusedMultiplyAdd($0, factor, addend) } }
    for (position, sum) in results.enumerated() {
      builder.store(
        sum, builder.address(scratch, builder.constant(128 + position * target.vectorBytes)), alignment: 16)
    }
    builder.endFunction()
    try machine.optimize(builder)
    library = try KernelLibrary([KernelObject(name: "mcl_peak", bytes: try machine.object(builder))])
    entry = try library.function("mcl_peak")
  }

  /// One measurement: floating-point operations a second, in 1e9, of all threads together.
  package func gigaflops(on pool: ThreadPool, clock: BenchmarkClock = .elapsed) throws -> Double {
    let scratch = try (0..<pool.workerCount).map { _ in
      try MemoryRegion(byteCount: 128 + accumulators * target.vectorBytes, purpose: "peak kernel")
    }
    for region in scratch {
      // Bound: the first 32 floats of at least 128 bytes.
      let floats = region.base.bindMemory(to: Float.self, capacity: 32)
      for lane in 0..<32 { floats[lane] = lane < 16 ? 0.5 : 1 }
    }
    let tasks = 16 * pool.workerCount
    let start = clock.now()
    var none: UnsafeMutableRawPointer?
    withUnsafePointer(to: &none) { arguments in
      nonisolated(unsafe) let shared = arguments
      pool.run(tasks: tasks) { task, worker in entry(shared, Int64(task), scratch[worker].base) }
    }
    let elapsed = clock.now() - start
    return 2e-9 * Double(turns * accumulators * lanes * tasks) / elapsed
  }
}

extension Duration {
  /// As a number of seconds.
  package var seconds: Double {
    let parts = components
    return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
  }
}
