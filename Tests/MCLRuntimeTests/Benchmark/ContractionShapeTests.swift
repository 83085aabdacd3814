import MCLGraph
import MCLKernels
import MCLTestKit
import Testing

@Suite struct ContractionShapeTests {
  /// Convolution along one dimension: y[o, p] = sum over c, k of w[o, c, k] x[c, s p + k - 1].
  private func convolution(outputs: Int, inputs: Int, length: Int, stride: Int) -> Comprehension {
    let places = (length - 1) / stride + 1
    let rank = 4  // o, p, c, k
    return Comprehension(
      axes: [outputs, places, inputs, 3], outputRank: 2,
      accesses: [
        Access(
          operand: 0,
          [
            .axis(2, of: rank, extent: inputs),
            AffineIndex([0, stride, 0, 1], offset: -1, extent: length),
          ]),
        Access(
          operand: 1,
          [
            .axis(0, of: rank, extent: outputs), .axis(2, of: rank, extent: inputs),
            .axis(3, of: rank, extent: 3),
          ]),
      ], body: .load(0) * .load(1), reduction: .sum)
  }

  @Test func tapsOnPaddingAreNotCounted() throws {
    let shape = try #require(
      ContractionShape(convolution(outputs: 8, inputs: 5, length: 6, stride: 1)))
    #expect(shape.rows == 6 && shape.columns == 8 && shape.depth == 15 && shape.batch == 1)
    #expect(shape.nominalMultiplyAdds == 8 * 6 * 15)
    // Two of the eighteen pairs of place and tap lie outside.
    #expect(shape.validMultiplyAdds == 8 * 5 * 16)
    #expect(!shape.isStrided)
  }

  @Test func strideIsSeen() throws {
    let shape = try #require(
      ContractionShape(convolution(outputs: 8, inputs: 5, length: 6, stride: 2)))
    // Places 0, 2, 4 with taps -1...1: only the first tap of the first place lies outside.
    #expect(shape.rows == 3 && shape.validMultiplyAdds == 8 * 5 * 8)
    #expect(shape.isStrided)
  }

  /// The input gradient of a stride of two reads (p + 1 - k) / 2, where that is whole and inside.
  @Test func divisorsCountTheirResiduesOnly() throws {
    let index = AffineIndex([1, 0, -1], offset: 1, divisor: 2, extent: 3)
    let comprehension = Comprehension(
      axes: [6, 4, 3], outputRank: 2,
      accesses: [
        Access(operand: 0, [index]),
        Access(operand: 1, [.axis(1, of: 3, extent: 4), .axis(2, of: 3, extent: 3)]),
      ],
      body: .load(0) * .load(1), reduction: .sum)
    let shape = try #require(ContractionShape(comprehension))
    var expected = 0
    for place in 0..<6 {
      for tap in 0..<3
      where (place + 1 - tap) % 2 == 0 && (0..<3).contains((place + 1 - tap) / 2) && place + 1 >= tap {
        expected += 4
      }
    }
    #expect(shape.validMultiplyAdds == expected && shape.isStrided)
  }

  @Test func blocksOfChannelsAreNoStride() throws {
    let rank = 4  // o block, o lane, c block, c lane
    let comprehension = Comprehension(
      axes: [2, 16, 3, 16], outputRank: 2,
      accesses: [
        Access(
          operand: 0, [AffineIndex([16, 1, 0, 0], extent: 32), AffineIndex([0, 0, 16, 1], extent: 48)]),
        Access(operand: 1, [.axis(2, of: rank, extent: 3), .axis(3, of: rank, extent: 16)]),
      ], body: .load(0) * .load(1), reduction: .sum)
    let shape = try #require(ContractionShape(comprehension))
    #expect(!shape.isStrided && shape.rows == 32 && shape.columns == 1 && shape.depth == 48)
  }

  @Test func whatIsNoSumOfProductsIsNone() {
    let identity = Access.identity(operand: 0, shape: [4, 3], rank: 2)
    #expect(
      ContractionShape(
        Comprehension(axes: [4, 3], outputRank: 1, accesses: [identity], body: .load(0), reduction: .sum))
        == nil)
  }
}
