import MCLGraph

/// The three comprehensions of a 3-D convolution, x [N, G C, ...], w [G O, C, kernel...], y [N, G O, ...].
struct ConvolutionCase {
  var batch = 1
  var groups = 1
  var inputChannels: Int
  var outputChannels: Int
  var input: [Int]
  var kernel: [Int]
  var stride = [1, 1, 1]
  var padding = [0, 0, 0]
  var dilation = [1, 1, 1]

  var output: [Int] {
    (0..<3).map { (input[$0] + 2 * padding[$0] - dilation[$0] * (kernel[$0] - 1) - 1) / stride[$0] + 1 }
  }
  var inputCount: Int { batch * groups * inputChannels * input.reduce(1, *) }
  var weightCount: Int { groups * outputChannels * inputChannels * kernel.reduce(1, *) }
  var outputCount: Int { batch * groups * outputChannels * output.reduce(1, *) }
  var multiplyAdds: Int { outputCount * inputChannels * kernel.reduce(1, *) }

  /// An index that is a sum of axes with coefficients.
  private func index(_ terms: [(Int, Int)], _ rank: Int, offset: Int = 0, divisor: Int = 1, extent: Int)
    -> AffineIndex
  {
    var coefficients = [Int](repeating: 0, count: rank)
    for (axis, coefficient) in terms { coefficients[axis] = coefficient }
    return AffineIndex(coefficients, offset: offset, divisor: divisor, extent: extent)
  }

  /// Axes [N, G, O, T, H, W | C, kt, kh, kw]; operands x, w.
  var forward: Comprehension {
    let rank = 10
    let x =
      [
        index([(0, 1)], rank, extent: batch), index([(1, 1)], rank, extent: groups),
        index([(6, 1)], rank, extent: inputChannels),
      ]
      + (0..<3).map {
        index([(3 + $0, stride[$0]), (7 + $0, dilation[$0])], rank, offset: -padding[$0], extent: input[$0])
      }
    let w =
      [
        index([(1, 1)], rank, extent: groups), index([(2, 1)], rank, extent: outputChannels),
        index([(6, 1)], rank, extent: inputChannels),
      ] + (0..<3).map { index([(7 + $0, 1)], rank, extent: kernel[$0]) }
    return Comprehension(
      axes: [batch, groups, outputChannels] + output + [inputChannels] + kernel, outputRank: 6,
      accesses: [Access(operand: 0, x), Access(operand: 1, w)], body: .load(0) * .load(1), reduction: .sum)
  }

  /// Axes [N, G, C, T, H, W | O, kt, kh, kw]; operands dy, w.
  var inputGradient: Comprehension {
    let rank = 10
    let dy =
      [
        index([(0, 1)], rank, extent: batch), index([(1, 1)], rank, extent: groups),
        index([(6, 1)], rank, extent: outputChannels),
      ]
      + (0..<3).map {
        index(
          [(3 + $0, 1), (7 + $0, -dilation[$0])], rank, offset: padding[$0], divisor: stride[$0],
          extent: output[$0])
      }
    let w =
      [
        index([(1, 1)], rank, extent: groups), index([(6, 1)], rank, extent: outputChannels),
        index([(2, 1)], rank, extent: inputChannels),
      ] + (0..<3).map { index([(7 + $0, 1)], rank, extent: kernel[$0]) }
    return Comprehension(
      axes: [batch, groups, inputChannels] + input + [outputChannels] + kernel, outputRank: 6,
      accesses: [Access(operand: 0, dy), Access(operand: 1, w)], body: .load(0) * .load(1), reduction: .sum)
  }

  /// Axes [G, O, C, kt, kh, kw | N, T, H, W]; operands dy, x.
  var weightGradient: Comprehension {
    let rank = 10
    let dy =
      [
        index([(6, 1)], rank, extent: batch), index([(0, 1)], rank, extent: groups),
        index([(1, 1)], rank, extent: outputChannels),
      ] + (0..<3).map { index([(7 + $0, 1)], rank, extent: output[$0]) }
    let x =
      [
        index([(6, 1)], rank, extent: batch), index([(0, 1)], rank, extent: groups),
        index([(2, 1)], rank, extent: inputChannels),
      ]
      + (0..<3).map {
        index([(7 + $0, stride[$0]), (3 + $0, dilation[$0])], rank, offset: -padding[$0], extent: input[$0])
      }
    return Comprehension(
      axes: [groups, outputChannels, inputChannels] + kernel + [batch] + output, outputRank: 6,
      accesses: [Access(operand: 0, dy), Access(operand: 1, x)], body: .load(0) * .load(1), reduction: .sum)
  }
}

/// A [m, k] x B [k, n], each stored transposed or not.
func matrixProduct(_ m: Int, _ n: Int, _ k: Int, transposeA: Bool, transposeB: Bool) -> Comprehension {
  func axis(_ axis: Int, _ extent: Int) -> AffineIndex { .axis(axis, of: 3, extent: extent) }
  let a = transposeA ? [axis(2, k), axis(0, m)] : [axis(0, m), axis(2, k)]
  let b = transposeB ? [axis(1, n), axis(2, k)] : [axis(2, k), axis(1, n)]
  return Comprehension(
    axes: [m, n, k], outputRank: 2, accesses: [Access(operand: 0, a), Access(operand: 1, b)],
    body: .load(0) * .load(1), reduction: .sum)
}
