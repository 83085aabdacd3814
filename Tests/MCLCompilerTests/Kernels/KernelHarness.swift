import Foundation
import LLVMBindings
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLSupport
import Testing

func exponential(_ x: Double) -> Double { Foundation.exp(x) }
func logarithm(_ x: Double) -> Double { Foundation.log(x) }

/// A small deterministic generator (SplitMix64), so that a printed seed reproduces a failure.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Compiles kernels without a cache and runs them on memory whose edges are guarded by sentinels.
struct KernelHarness {
  let compiler: KernelCompiler

  /// Features of older machines that this one has too.
  static let narrowFeatures = ["+avx2,+fma", "+sse2"].filter { features in
    features.split(separator: ",").allSatisfy { TargetDescription.host.features.contains($0) }
  }

  init(target: TargetDescription = .host, cache: ObjectCache = ObjectCache(directory: nil)) {
    compiler = KernelCompiler(target: target, cache: cache)
  }

  /// Bytes of an array of elements holding these values, rounded to the type.
  static func bytes(_ values: [Double], _ element: ElementType) -> [UInt8] {
    switch element {
    case .float32: values.flatMap { withUnsafeBytes(of: Float($0)) { Array($0) } }
    case .int64: values.flatMap { withUnsafeBytes(of: Int64($0)) { Array($0) } }
    }
  }

  static func values(_ bytes: UnsafeRawBufferPointer, _ element: ElementType) -> [Double] {
    switch element {
    case .float32: bytes.bindMemory(to: Float.self).map(Double.init)
    case .int64: bytes.bindMemory(to: Int64.self).map(Double.init)
    }
  }

  /// Runs a plan; operands are bytes, the output starts as `output`.
  func run(
    _ plan: KernelPlan, _ library: KernelLibrary, operands: [[UInt8]], output: inout [UInt8], workers: Int = 1
  ) throws {
    let canary = 64
    func allocate(_ count: Int, _ bytes: [UInt8]) -> UnsafeMutableRawPointer {
      // Room for `count` bytes between canaries, 64-byte aligned.
      let memory = UnsafeMutableRawPointer.allocate(byteCount: count + 2 * canary, alignment: 64)
      memory.initializeMemory(as: UInt8.self, repeating: 0xA5, count: count + 2 * canary)
      (memory + canary).copyMemory(from: bytes, byteCount: bytes.count)
      return memory
    }
    var blocks = operands.map { ($0.count, allocate($0.count, $0)) }
    blocks.append((output.count, allocate(output.count, output)))
    for count in [plan.temporaryBytes, plan.commonBytes] { blocks.append((count, allocate(count, []))) }
    let scratch = (0..<workers).map { _ in allocate(plan.scratchBytes, []) }
    defer {
      for (_, block) in blocks { block.deallocate() }
      for block in scratch { block.deallocate() }
    }
    let pool = ThreadPool(workers: workers)
    var arguments: [UnsafeMutableRawPointer?] = blocks.map { $0.1 + canary }
    try arguments.withUnsafeMutableBufferPointer { arguments in
      let pointer = UnsafePointer(arguments.baseAddress!)
      for phase in plan.phases {
        let function = try library.function(phase.symbol)
        pool.run(tasks: phase.taskCount) { task, worker in
          function(pointer, Int64(task), scratch[worker] + canary)
        }
      }
    }
    for (count, block) in blocks + scratch.map({ (plan.scratchBytes, $0) }) {
      let bytes = UnsafeRawBufferPointer(start: block, count: count + 2 * canary)
      #expect(bytes.prefix(canary).allSatisfy { $0 == 0xA5 }, "a kernel wrote before its memory")
      #expect(bytes.suffix(canary).allSatisfy { $0 == 0xA5 }, "a kernel wrote past its memory")
    }
    for (position, operand) in operands.enumerated() {
      let bytes = UnsafeRawBufferPointer(start: blocks[position].1 + canary, count: operand.count)
      #expect(bytes.elementsEqual(operand), "a kernel wrote into operand \(position)")
    }
    output = Array(UnsafeRawBufferPointer(start: blocks[operands.count].1 + canary, count: output.count))
  }

  /// Compiles and runs a comprehension; gives the bytes of the result and the plan.
  func evaluate(
    _ comprehension: Comprehension, _ operands: [[Double]], _ elements: [ElementType], workers: Int = 1
  ) throws -> (bytes: [UInt8], plan: KernelPlan) {
    let compiled = try compiler.compile([KernelSpecification(comprehension, operandElements: elements)])
    let library = try KernelLibrary(compiled.objects)
    var output = [UInt8](repeating: 0xFF, count: comprehension.outputCount * comprehension.element.byteCount)
    try run(
      compiled.plans[0], library, operands: zip(operands, elements).map { Self.bytes($0, $1) },
      output: &output,
      workers: workers)
    return (output, compiled.plans[0])
  }

  /// Compares a kernel with the naive evaluator: within `tolerance` of the largest magnitude about, NaN for NaN.
  @discardableResult
  func check(
    _ comprehension: Comprehension, _ operands: [[Double]], _ elements: [ElementType]? = nil,
    tolerance: Double = 2e-6, family: String? = nil, workers: Int = 1, note: String = "",
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) throws -> KernelPlan {
    let elements = elements ?? operands.map { _ in .float32 }
    let rounded = zip(operands, elements).map { values, element in
      element == .float32 ? values.map { Double(Float($0)) } : values
    }
    let expected = NaiveEvaluator(
      comprehension: comprehension, operands: rounded, operandElements: elements
    ).result()
    let (bytes, plan) = try evaluate(comprehension, rounded, elements, workers: workers)
    let actual = bytes.withUnsafeBytes { Self.values($0, comprehension.element) }
    #expect(actual.count == expected.count, sourceLocation: sourceLocation)
    // The scale of rounding: the terms of a sum, not the sum, decide.
    var magnitude = expected.filter(\.isFinite).map(\.magnitude).max() ?? 0
    if comprehension.reduction == .sum { magnitude = max(magnitude, 1) }
    for (position, (a, e)) in zip(actual, expected).enumerated() {
      let isClose: Bool
      if e.isNaN {
        isClose = a.isNaN
      } else if Float(e).isInfinite {
        isClose = a == Double(Float(e))
      } else {
        let limit =
          comprehension.element == .int64
          ? 0 : comprehension.reduction == .sum ? tolerance * magnitude : tolerance * e.magnitude + 1e-37
        isClose = (a - e).magnitude <= limit
      }
      if !isClose {
        Issue.record(
          "\(note) at \(position): \(a) instead of \(e) in \(comprehension)", sourceLocation: sourceLocation)
        break
      }
    }
    if let family { #expect(plan.family == family, sourceLocation: sourceLocation) }
    return plan
  }
}

/// `count` numbers in a range.
func random(_ count: Int, _ generator: inout SplitMix, in range: ClosedRange<Double> = -2...2) -> [Double] {
  (0..<count).map { _ in Double.random(in: range, using: &generator) }
}

/// `count` whole numbers in a range.
func randomIntegers(_ count: Int, _ range: ClosedRange<Int>, _ generator: inout SplitMix) -> [Double] {
  (0..<count).map { _ in Double(Int.random(in: range, using: &generator)) }
}
