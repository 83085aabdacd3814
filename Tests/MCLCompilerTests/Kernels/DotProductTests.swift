import LLVMBindings
import MCLGraph
import MCLKernelForms
import MCLTestKit
import Testing

/// Products of a matrix with a few vectors, both contiguous along k.
@Suite struct DotProductTests {
  private let harness = KernelHarness()

  /// Rows, columns, k: either operand may be the one of few; k leaves rests; groups of rows do not come out even.
  static let sizes = [
    [2, 256, 128], [4, 203, 331], [256, 3, 200], [8, 97, 2048], [1, 600, 77], [7, 64, 1024], [5, 5, 1100],
  ]

  @Test(arguments: sizes) func productsAreRight(size: [Int]) throws {
    var generator = SplitMix(state: UInt64(size[2]))
    let product = matrixProduct(size[0], size[1], size[2], transposeA: false, transposeB: true)
    let (a, b) = (
      random(size[0] * size[2], &generator), random(size[1] * size[2], &generator)
    )
    let plan = try harness.check(product, [a, b], tolerance: 1e-5, family: "dotProducts", workers: 2)
    #expect(plan.phases.count == 1)
    let results = try [1, 2, 3, 7].map {
      try harness.evaluate(product, [a, b], [.float32, .float32], workers: $0).bytes
    }
    #expect(results.allSatisfy { $0 == results[0] })
    guard TargetDescription.host.triple.hasPrefix("x86_64") else { return }
    for features in KernelHarness.narrowFeatures {
      let target = TargetDescription(
        triple: TargetDescription.host.triple, cpu: "x86-64", features: features)
      try KernelHarness(target: target).check(product, [a, b], tolerance: 1e-5, family: "dotProducts")
    }
  }

  @Test func epiloguesAreApplied() throws {
    var generator = SplitMix(state: 5)
    var product = matrixProduct(4, 130, 512, transposeA: false, transposeB: true)
    product.accesses.append(Access(operand: 2, [.axis(1, of: 3, extent: 130)]))
    product.epilogue = .binary(.maximum, .accumulator * .constant(0.5) + .load(2), .constant(0))
    let plan = try harness.check(
      product,
      [random(4 * 512, &generator), random(130 * 512, &generator), random(130, &generator)],
      tolerance: 1e-5, family: "dotProducts")
    #expect(plan.phases.count == 2)
  }

  /// Operands that start inside a tensor, a few rows of it.
  @Test func partsOfTensorsAreRight() throws {
    var generator = SplitMix(state: 6)
    var product = matrixProduct(3, 90, 256, transposeA: false, transposeB: true)
    product.accesses[0].indices[0].offset = 2
    product.accesses[0].indices[0].extent = 6
    product.accesses[1].indices[1].offset = 40
    product.accesses[1].indices[1].extent = 300
    try harness.check(
      product, [random(6 * 256, &generator), random(90 * 300, &generator)], tolerance: 1e-5,
      family: "dotProducts")
  }

  /// More vectors, short sums and operands that are not contiguous along k are left to the contractions.
  @Test func othersAreContractions() throws {
    var generator = SplitMix(state: 7)
    for (size, transposeB) in [([9, 200, 256], true), ([4, 2048, 16], true), ([4, 256, 256], false)] {
      let product = matrixProduct(size[0], size[1], size[2], transposeA: false, transposeB: transposeB)
      let plan = try harness.check(
        product, [random(size[0] * size[2], &generator), random(size[1] * size[2], &generator)],
        tolerance: 1e-5)
      #expect(plan.family != "dotProducts", "\(size)")
    }
  }

  /// Few products of each of many results: the generic kernel, in the order of memory.
  @Test func shallowProductsAreLoops() throws {
    var generator = SplitMix(state: 8)
    var product = matrixProduct(96, 256, 4, transposeA: true, transposeB: false)
    product.accesses.append(.identity(operand: 2, shape: product.outputShape, rank: 3))
    product.epilogue = .accumulator + .load(2) * .constant(0.9)
    try harness.check(
      product,
      [random(96 * 4, &generator), random(256 * 4, &generator), random(96 * 256, &generator)],
      tolerance: 1e-5, family: "loop", workers: 2)
  }
}
