import Foundation
import LLVMBindings
import MCLGraph
import MCLKernelForms
import MCLTestKit
import Testing

/// Random comprehensions against the naive evaluator. MCL_SEED reproduces a run; the seed is printed.
@Suite struct KernelFuzzTests {
  let seed: UInt64 =
    ProcessInfo.processInfo.environment["MCL_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1 << 32)

  private func expression(_ loads: Int, _ depth: Int, _ generator: inout SplitMix) -> ScalarExpression {
    if depth == 0 || Int.random(in: 0..<4, using: &generator) == 0 {
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: return .constant(Double(Int.random(in: -3...3, using: &generator)) / 2)
      default: return .load(Int.random(in: 0..<loads, using: &generator))
      }
    }
    func part(_ generator: inout SplitMix) -> ScalarExpression { expression(loads, depth - 1, &generator) }
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: return .unary(.negate, part(&generator))
    case 1: return .unary(.squareRoot, .unary(.absolute, part(&generator)))
    case 2:
      let functions: [BinaryFunction] = [.add, .subtract, .multiply, .maximum, .minimum]
      return .binary(functions.randomElement(using: &generator)!, part(&generator), part(&generator))
    case 3:
      return .select(
        .less, part(&generator), .constant(0.1), then: part(&generator), else: part(&generator))
    case 4: return part(&generator) * part(&generator)
    default: return part(&generator) + part(&generator)
    }
  }

  /// The host, and what it has in common with older machines.
  private var harnesses: [KernelHarness] {
    let host = TargetDescription.host
    guard host.triple.hasPrefix("x86_64") else { return [KernelHarness()] }
    return [KernelHarness()]
      + KernelHarness.narrowFeatures.map {
        KernelHarness(target: TargetDescription(triple: host.triple, cpu: "x86-64", features: $0))
      }
  }

  @Test func randomComprehensions() throws {
    print("fuzz seed \(seed)")
    let harnesses = harnesses
    var generator = SplitMix(state: seed)
    for round in 0..<150 * soakFactor {
      let harness = harnesses[round % harnesses.count]
      let rank = Int.random(in: 1...4, using: &generator)
      let sizes = [1, 2, 3, 4, 7, 8, 9, 17, 33]
      var axes: [Int] = []
      repeat {
        axes = (0..<rank).map { _ in sizes.randomElement(using: &generator)! }
      } while axes.reduce(1, *) > 20_000
      let reduction = Reduction.allCases.randomElement(using: &generator)!
      let outputRank = reduction == .none ? rank : Int.random(in: 0..<rank, using: &generator)
      var operands: [[Double]] = []
      let accesses = (0..<Int.random(in: 1...3, using: &generator)).map { operand in
        let indices = (0..<Int.random(in: 0...3, using: &generator)).map { _ -> AffineIndex in
          var coefficients = axes.map { _ in 0 }
          for _ in 0..<Int.random(in: 1...2, using: &generator) {
            coefficients[Int.random(in: 0..<rank, using: &generator)] = [1, 1, 1, 1, 2, -1, 3].randomElement(
              using: &generator)!
          }
          let isDivided = Int.random(in: 0..<6, using: &generator) == 0
          return AffineIndex(
            coefficients, offset: Int.random(in: -2...2, using: &generator),
            divisor: isDivided ? Int.random(in: 2...3, using: &generator) : 1,
            extent: Int.random(in: 1...20, using: &generator))
        }
        operands.append(random(indices.reduce(1) { $0 * $1.extent }, &generator))
        return Access(operand: operand, indices, fill: [0, 0, 1.5, -2].randomElement(using: &generator)!)
      }
      let body = expression(accesses.count, 3, &generator)
      let comprehension = Comprehension(
        axes: axes, outputRank: outputRank, accesses: accesses, body: body, reduction: reduction,
        epilogue: reduction == .firstMaximumPosition ? .accumulator : .accumulator * .constant(0.5),
        element: reduction == .firstMaximumPosition ? .int64 : .float32)
      if reduction == .firstMaximumPosition {
        // Rounding may decide between equals; a load alone does not round.
        var exact = comprehension
        exact.body = .load(0)
        try harness.check(exact, operands, note: "seed \(seed) round \(round)")
      } else {
        try check(harness, comprehension, operands, "seed \(seed) round \(round)")
      }
    }
  }

  /// A tolerance that allows for cancellation: relative to the largest value met.
  private func check(
    _ harness: KernelHarness, _ comprehension: Comprehension, _ operands: [[Double]], _ note: String
  ) throws {
    let elements = operands.map { _ in ElementType.float32 }
    let rounded = operands.map { $0.map { Double(Float($0)) } }
    let expected = NaiveEvaluator(
      comprehension: comprehension, operands: rounded, operandElements: elements
    ).result()
    let bytes = try harness.evaluate(comprehension, rounded, elements).bytes
    let actual = bytes.withUnsafeBytes { KernelHarness.values($0, .float32) }
    let scale = max(1, expected.map(\.magnitude).max() ?? 1, 4 * Double(comprehension.reductionCount))
    for (position, (a, e)) in zip(actual, expected).enumerated() where (a - e).magnitude > 2e-5 * scale {
      Issue.record("\(note) at \(position): \(a) instead of \(e) in \(comprehension)")
      return
    }
  }

  @Test func randomContractions() throws {
    print("fuzz seed \(seed)")
    let harnesses = harnesses
    var generator = SplitMix(state: seed &+ 1)
    var contractions = 0
    let rounds = soakFactor == 1 ? 20 : 800
    for round in 0..<rounds {
      let harness = harnesses[round % harnesses.count]
      func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
      var convolution = ConvolutionCase(
        batch: pick(1...3), groups: pick(1...2), inputChannels: pick(1...20), outputChannels: pick(1...40),
        input: [pick(1...5), pick(1...12), pick(1...20)], kernel: [pick(1...3), pick(1...3), pick(1...3)],
        stride: [pick(1...3), pick(1...3), pick(1...3)], padding: [pick(0...2), pick(0...2), pick(0...2)],
        dilation: [pick(1...2), pick(1...2), pick(1...2)])
      for axis in 0..<3 where convolution.output[axis] < 1 {
        convolution.kernel[axis] = 1
        convolution.dilation[axis] = 1
      }
      let x = random(convolution.inputCount, &generator)
      let w = random(convolution.weightCount, &generator)
      let dy = random(convolution.outputCount, &generator)
      for (comprehension, operands) in [
        (convolution.forward, [x, w]), (convolution.inputGradient, [dy, w]),
        (convolution.weightGradient, [dy, x]),
      ] {
        let plan = try harness.check(
          comprehension, operands, tolerance: 1e-5, workers: 2,
          note: "seed \(seed) round \(round) \(convolution)")
        if plan.family == "contraction" { contractions += 1 }
      }
    }
    print("\(contractions) of \(3 * rounds) were contractions")
    #expect(contractions > rounds / 4)
  }
}
