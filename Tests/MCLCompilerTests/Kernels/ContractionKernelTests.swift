import LLVMBindings
import MCLGraph
import MCLKernelForms
import MCLKernels
import Testing

@Suite struct ContractionKernelTests {
  let harness = KernelHarness()

  @Test(arguments: [(33, 47, 40), (64, 64, 64), (5, 100, 133), (130, 9, 1100), (48, 256, 1), (17, 33, 5000)])
  func matrixProducts(m: Int, n: Int, k: Int) throws {
    var generator = SplitMix(state: UInt64(m * n + k))
    let a = random(m * k, &generator)
    let b = random(k * n, &generator)
    for (transposeA, transposeB) in [(false, false), (true, false), (false, true), (true, true)] {
      let product = matrixProduct(m, n, k, transposeA: transposeA, transposeB: transposeB)
      let family = !transposeA && transposeB && m <= 8 ? "dotProducts" : "contraction"
      try harness.check(
        product, [a, b], tolerance: 1e-5, family: k >= 8 ? family : "loop",
        note: "transposed \(transposeA) \(transposeB)")
    }
  }

  static let convolutions: [ConvolutionCase] = [
    ConvolutionCase(batch: 2, inputChannels: 20, outputChannels: 24, input: [3, 5, 7], kernel: [1, 1, 1]),
    ConvolutionCase(
      batch: 2, inputChannels: 16, outputChannels: 24, input: [3, 9, 10], kernel: [1, 3, 3],
      padding: [0, 1, 1]),
    ConvolutionCase(
      batch: 2, inputChannels: 16, outputChannels: 24, input: [4, 5, 6], kernel: [3, 1, 1],
      padding: [1, 0, 0]),
    ConvolutionCase(
      batch: 2, inputChannels: 3, outputChannels: 20, input: [8, 18, 20], kernel: [4, 7, 7],
      stride: [4, 2, 2],
      padding: [0, 3, 3]),
    ConvolutionCase(
      batch: 1, inputChannels: 9, outputChannels: 17, input: [2, 14, 14], kernel: [1, 3, 3],
      stride: [1, 2, 2],
      padding: [0, 1, 1]),
    ConvolutionCase(
      batch: 2, inputChannels: 12, outputChannels: 16, input: [4, 8, 8], kernel: [1, 1, 1], stride: [1, 2, 2]),
    ConvolutionCase(
      batch: 1, inputChannels: 8, outputChannels: 16, input: [7, 11, 12], kernel: [3, 3, 3],
      padding: [2, 2, 2],
      dilation: [2, 2, 2]),
    ConvolutionCase(
      batch: 2, groups: 3, inputChannels: 5, outputChannels: 7, input: [3, 8, 9], kernel: [2, 3, 3],
      stride: [1, 3, 2], padding: [1, 1, 1]),
    ConvolutionCase(
      batch: 1, inputChannels: 16, outputChannels: 24, input: [5, 15, 15], kernel: [1, 2, 2],
      stride: [2, 3, 3]),
  ]

  @Test(arguments: convolutions.indices) func convolutionsAndTheirGradients(number: Int) throws {
    let convolution = Self.convolutions[number]
    var generator = SplitMix(state: UInt64(number) + 1)
    let x = random(convolution.inputCount, &generator)
    let w = random(convolution.weightCount, &generator)
    let dy = random(convolution.outputCount, &generator)
    try harness.check(
      convolution.forward, [x, w], tolerance: 1e-5, family: "contraction", note: "forward \(number)")
    try harness.check(
      convolution.inputGradient, [dy, w], tolerance: 1e-5, family: "contraction",
      note: "input gradient \(number)")
    try harness.check(
      convolution.weightGradient, [dy, x], tolerance: 1e-5, family: "contraction",
      note: "weight gradient \(number)")
  }

  @Test func epiloguesAreApplied() throws {
    var generator = SplitMix(state: 77)
    let convolution = ConvolutionCase(
      batch: 2, inputChannels: 8, outputChannels: 12, input: [2, 9, 9], kernel: [1, 3, 3], padding: [0, 1, 1])
    var comprehension = convolution.forward
    let rank = comprehension.axes.count
    comprehension.accesses += [
      Access(operand: 2, [.axis(2, of: rank, extent: 12)]),
      .identity(operand: 3, shape: comprehension.outputShape, rank: rank),
    ]
    comprehension.epilogue = .binary(
      .maximum, .accumulator * .constant(0.5) + .load(2) + .load(3), .constant(0))
    try harness.check(
      comprehension,
      [
        random(convolution.inputCount, &generator), random(convolution.weightCount, &generator),
        random(12, &generator), random(convolution.outputCount, &generator),
      ], tolerance: 1e-5, family: "contraction")
    // k split, joined with an epilogue.
    var product = matrixProduct(16, 24, 9000, transposeA: false, transposeB: true)
    product.accesses.append(Access(operand: 2, [.axis(1, of: 3, extent: 24)]))
    product.epilogue = .accumulator + .load(2)
    let plan = try harness.check(
      product, [random(16 * 9000, &generator), random(24 * 9000, &generator), random(24, &generator)],
      tolerance: 1e-5, family: "contraction")
    #expect(plan.phases.count == 3)
  }

  @Test func resultsDoNotDependOnThreads() throws {
    var generator = SplitMix(state: 3)
    let convolution = ConvolutionCase(
      batch: 2, inputChannels: 24, outputChannels: 40, input: [4, 14, 14], kernel: [1, 3, 3],
      padding: [0, 1, 1])
    let x = random(convolution.inputCount, &generator)
    let w = random(convolution.weightCount, &generator)
    let dy = random(convolution.outputCount, &generator)
    var sums = convolution.forward
    sums.body = .load(0) * .load(1) + .constant(0.001)
    for (comprehension, operands) in [
      (convolution.forward, [x, w]), (convolution.inputGradient, [dy, w]),
      (convolution.weightGradient, [dy, x]),
      (sums, [x, w]),
    ] {
      let results = try [1, 2, 3].map {
        try harness.evaluate(comprehension, operands, [.float32, .float32], workers: $0)
      }
      #expect(results[0].plan.phases.contains { $0.taskCount > 1 })
      #expect(results[1].bytes == results[0].bytes)
      #expect(results[2].bytes == results[0].bytes)
    }
  }

  @Test(arguments: KernelHarness.narrowFeatures) func narrowerTargets(features: String) throws {
    guard TargetDescription.host.triple.hasPrefix("x86_64") else { return }
    let host = TargetDescription.host
    let target = TargetDescription(triple: host.triple, cpu: "x86-64", features: features)
    #expect(target.lanes == (features.contains("avx2") ? 8 : 4))
    let narrow = KernelHarness(target: target)
    var generator = SplitMix(state: 4)
    let convolution = Self.convolutions[1]
    let x = random(convolution.inputCount, &generator)
    let w = random(convolution.weightCount, &generator)
    let dy = random(convolution.outputCount, &generator)
    try narrow.check(convolution.forward, [x, w], tolerance: 1e-5)
    try narrow.check(convolution.inputGradient, [dy, w], tolerance: 1e-5)
    try narrow.check(convolution.weightGradient, [dy, x], tolerance: 1e-5)
  }

  @Test func codeUsesVectorsAndFusedMultiplyAdd() throws {
    guard TargetDescription.host.triple.hasPrefix("x86_64"), TargetDescription.host.hasFusedMultiplyAdd else {
      return
    }
    let assembly = try harness.compiler.assembly(
      KernelSpecification(
        matrixProduct(64, 512, 64, transposeA: false, transposeB: false),
        operandElements: [.float32, .float32]))
    let register = TargetDescription.host.lanes == 16 ? "%zmm" : "%ymm"
    let fused = assembly.split(separator: "\n").filter { $0.contains("vfmadd") && $0.contains(register) }
    #expect(fused.count >= 10)
    #expect(!assembly.contains("callq"))
  }
}
