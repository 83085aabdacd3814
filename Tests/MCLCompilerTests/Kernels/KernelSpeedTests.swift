import COpenBLAS
import Foundation
import LLVMBindings
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLTestKit
import Testing

/// Speed of contractions on one thread beside OpenBLAS on a product of the same size. Run with MCL_BENCH=1; prints
/// only, since a shared machine's times prove nothing.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["MCL_BENCH"] != nil)) struct KernelSpeedTests {
  private static func best(_ body: () -> Void) -> Double {
    body()
    var best = Double.infinity
    let start = Date()
    var rounds = 0
    while rounds < 3 || (Date().timeIntervalSince(start) < 0.25 && rounds < 200) {
      let clock = ContinuousClock()
      let time = clock.measure(body)
      let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
      best = min(best, seconds)
      rounds += 1
    }
    return best
  }

  private func speed(_ comprehension: Comprehension, _ counts: [Int], _ compiler: KernelCompiler) throws -> (
    Double, [Double]
  ) {
    let compiled = try compiler.compile([
      KernelSpecification(comprehension, operandElements: [.float32, .float32])
    ])
    let library = try KernelLibrary(compiled.objects)
    let plan = compiled.plans[0]
    let functions = try plan.phases.map { (try library.function($0.symbol), $0.taskCount) }
    func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
      let memory = UnsafeMutableRawPointer.allocate(byteCount: max(64, bytes), alignment: 64)
      memory.initializeMemory(as: Float.self, repeating: 0.5, count: max(64, bytes) / 4)
      return memory
    }
    let sizes = [comprehension.outputCount * 4, plan.temporaryBytes, plan.commonBytes]
    let blocks = (counts.map { $0 * 4 } + sizes).map(allocate)
    let scratch = allocate(plan.scratchBytes)
    defer { for block in blocks + [scratch] { block.deallocate() } }
    let arguments: [UnsafeMutableRawPointer?] = blocks.map { $0 }
    return arguments.withUnsafeBufferPointer { arguments in
      func run(_ function: KernelEntry, _ tasks: Int) {
        for task in 0..<tasks { function(arguments.baseAddress!, Int64(task), scratch) }
      }
      let total = Self.best { for (function, tasks) in functions { run(function, tasks) } }
      let phases = functions.map { function, tasks in Self.best { run(function, tasks) } }
      let work = 2 * Double(plan.multiplyAdds)
      return (work / total * 1e-9, phases.map { $0 / total })
    }
  }

  private func blas(_ m: Int, _ n: Int, _ k: Int) -> Double {
    openblas_set_num_threads(1)
    let a = [Float](repeating: 0.5, count: m * k)
    let b = [Float](repeating: 0.5, count: k * n)
    var c = [Float](repeating: 0, count: m * n)
    let time = Self.best {
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(m), blasint(n), blasint(k), 1, a, blasint(k), b,
        blasint(n), 0, &c, blasint(n))
    }
    return 2 * Double(m) * Double(n) * Double(k) / time * 1e-9
  }

  @Test func convolutions() throws {
    let host = TargetDescription.host
    let widths = ProcessInfo.processInfo.environment["MCL_BENCH_WIDTHS"] ?? "64,32"
    for width in widths.split(separator: ",").compactMap({ Int($0) }) {
      let target = TargetDescription(
        triple: host.triple, cpu: host.cpu, features: host.features, vectorBytes: width)
      let compiler = KernelCompiler(target: target, cache: ObjectCache(directory: nil))
      print(
        "vectors of \(target.vectorBytes) bytes; GFLOP/s forward, input gradient, weight gradient; OpenBLAS")
      for (name, kernel, channels, outputs, size, stride) in [
        ("1x3x3", [1, 3, 3], 64, 64, [4, 28, 28], 1), ("1x3x3", [1, 3, 3], 128, 128, [4, 14, 14], 1),
        ("1x3x3", [1, 3, 3], 256, 256, [4, 7, 7], 1), ("1x3x3", [1, 3, 3], 512, 512, [4, 4, 4], 1),
        ("1x3x3/2", [1, 3, 3], 128, 128, [4, 28, 28], 2), ("3x1x1", [3, 1, 1], 64, 64, [4, 28, 28], 1),
        ("3x1x1", [3, 1, 1], 256, 256, [4, 7, 7], 1), ("1x1x1", [1, 1, 1], 64, 64, [4, 28, 28], 1),
        ("1x1x1", [1, 1, 1], 64, 256, [4, 28, 28], 1), ("1x1x1", [1, 1, 1], 512, 128, [4, 14, 14], 1),
        ("1x1x1", [1, 1, 1], 2048, 512, [4, 4, 4], 1), ("1x1x1/2", [1, 1, 1], 256, 512, [4, 28, 28], 2),
        ("stem", [4, 7, 7], 3, 64, [16, 112, 112], 2),
      ] {
        let isStem = name == "stem"
        let clock = ContinuousClock()
        let padding = isStem ? [0, 3, 3] : kernel.map { $0 / 2 }
        let convolution = ConvolutionCase(
          batch: isStem ? 1 : 4, inputChannels: channels, outputChannels: outputs, input: size,
          kernel: kernel,
          stride: [isStem ? 4 : 1, stride, stride], padding: padding)
        let compiling = try clock.measure {
          _ = try compiler.compile([
            KernelSpecification(convolution.forward, operandElements: [.float32, .float32])
          ])
        }
        let forward = try speed(
          convolution.forward, [convolution.inputCount, convolution.weightCount], compiler)
        let weight = try speed(
          convolution.weightGradient, [convolution.outputCount, convolution.inputCount], compiler)
        let input =
          isStem
          ? (0, [])
          : try speed(
            convolution.inputGradient, [convolution.outputCount, convolution.weightCount], compiler)
        let depth = channels * kernel.reduce(1, *)
        let reference = blas(
          outputs, convolution.batch * convolution.output.reduce(1, *), depth)
        func text(_ result: (Double, [Double])) -> String {
          let shares = result.1.map { String(format: "%.0f", $0 * 100) }.joined(separator: "/")
          return String(format: "%6.1f (%@%%)", result.0, shares)
        }
        print(
          "\(name) \(channels)->\(outputs) \(size): \(text(forward)) \(text(input)) \(text(weight)); "
            + String(format: "%.1f", reference) + "; forward compiled in \(compiling)")
      }
    }
  }

  /// Maps and reductions on one thread: bytes of operands and result once, a second.
  @Test func loops() throws {
    let shape = [4, 64, 12544]
    let count = shape.reduce(1, *)
    let plain = Access.identity(operand: 0, shape: shape, rank: 3)
    let channel = Access(operand: 1, [.axis(1, of: 3, extent: 64)])
    let centered: ScalarExpression = .load(0) - .load(1)
    let scaled = centered * .unary(.reciprocal, .unary(.squareRoot, .load(1) + .constant(1e-5)))
    let byChannel = Access(
      operand: 0,
      [.axis(1, of: 3, extent: 4), .axis(0, of: 3, extent: 64), .axis(2, of: 3, extent: 12544)])
    let mean = Access(operand: 1, [.axis(0, of: 3, extent: 64)])
    let pool = Access(
      operand: 0,
      [.axis(0, of: 5, extent: 1024)]
        + (0..<2).map { axis in
          var coefficients = [0, 0, 0, 0, 0]
          coefficients[1 + axis] = 2
          coefficients[3 + axis] = 1
          return AffineIndex(coefficients, offset: -1, extent: 56)
        }, fill: -.infinity)
    let cases: [(String, Comprehension, [Int])] = [
      (
        "add",
        Comprehension(
          axes: shape, accesses: [plain, .identity(operand: 1, shape: shape, rank: 3)],
          body: .load(0) + .load(1)), [count, count]
      ),
      (
        "normalise, ReLU",
        Comprehension(
          axes: shape, accesses: [plain, channel], body: .binary(.maximum, scaled, .constant(0))),
        [count, 64]
      ),
      (
        "exponential", Comprehension(axes: shape, accesses: [plain], body: .unary(.exponential, .load(0))),
        [count]
      ),
      (
        "channel variance",
        Comprehension(
          axes: [64, 4, 12544], outputRank: 1, accesses: [byChannel, mean], body: centered * centered,
          reduction: .sum), [count, 64]
      ),
      (
        "sum over batch",
        Comprehension(
          axes: [64, 12544, 4], outputRank: 2,
          accesses: [
            Access(
              operand: 0,
              [.axis(2, of: 3, extent: 4), .axis(0, of: 3, extent: 64), .axis(1, of: 3, extent: 12544)])
          ], body: .load(0), reduction: .sum), [count]
      ),
      (
        "transpose",
        Comprehension(
          axes: [2048, 1024],
          accesses: [Access(operand: 0, [.axis(1, of: 2, extent: 1024), .axis(0, of: 2, extent: 2048)])],
          body: .load(0)), [2048 * 1024]
      ),
      (
        "maximum pool 3x3/2",
        Comprehension(
          axes: [1024, 28, 28, 3, 3], outputRank: 3, accesses: [pool], body: .load(0), reduction: .maximum),
        [1024 * 56 * 56]
      ),
      (
        "argmax pool 3x3/2",
        Comprehension(
          axes: [1024, 28, 28, 3, 3], outputRank: 3, accesses: [pool], body: .load(0),
          reduction: .firstMaximumPosition, element: .int64), [1024 * 56 * 56]
      ),
    ]
    for (name, comprehension, counts) in cases {
      let compiled = try KernelCompiler(cache: ObjectCache(directory: nil)).compile([
        KernelSpecification(comprehension, operandElements: counts.map { _ in .float32 })
      ])
      let library = try KernelLibrary(compiled.objects)
      let plan = compiled.plans[0]
      let function = try library.function(plan.phases[0].symbol)
      let sizes = counts.map { $0 * 4 } + [comprehension.outputCount * comprehension.element.byteCount]
      let blocks = sizes.map { UnsafeMutableRawPointer.allocate(byteCount: $0, alignment: 64) }
      for (block, size) in zip(blocks, sizes) {
        block.initializeMemory(as: Float.self, repeating: 0.5, count: size / 4)
      }
      defer { for block in blocks { block.deallocate() } }
      let arguments: [UnsafeMutableRawPointer?] = blocks.map { $0 }
      arguments.withUnsafeBufferPointer { arguments in
        let time = Self.best {
          for task in 0..<plan.phases[0].taskCount { function(arguments.baseAddress!, Int64(task), nil) }
        }
        print(
          name,
          String(
            format: "%.2f ms, %.1f GB/s, %d tasks", time * 1e3, Double(sizes.reduce(0, +)) / time * 1e-9,
            plan.phases[0].taskCount))
      }
    }
  }
}
