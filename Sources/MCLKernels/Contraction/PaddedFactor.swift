import MCLGraph

/// A copy of the operand that a contraction's rows read, with zeros around it.
///
/// Where an image is small and its window large, nearly every pixel has taps of its own that are valid, and register
/// tiles, whose rows sum over the same terms, are mostly empty. In a copy that reaches as far as the window does all
/// taps are valid for all pixels: more is multiplied, by zeros, in full tiles.
struct PaddedFactor {
  /// The contraction that reads the copy in the place of the operand.
  let contraction: Comprehension
  /// The map that makes the copy, of that operand alone.
  let copy: Comprehension
  /// The operand.
  let operand: Int

  var byteCount: Int { copy.outputCount * 4 }

  /// Every way to pad some of an access's coordinates that may fall outside.
  static func candidates(_ contraction: Comprehension, factor: Int) -> [PaddedFactor] {
    let access = contraction.accesses[factor]
    let loose = access.indices.indices.filter { access.indices[$0].mayFallOutside(axes: contraction.axes) }
    guard access.fill == 0, (1...4).contains(loose.count) else { return [] }
    return (1..<1 << loose.count).map { chosen in
      let padded = loose.enumerated().filter { chosen >> $0.offset & 1 == 1 }.map(\.element)
      return PaddedFactor(contraction, factor: factor, padded: Set(padded))
    }
  }

  private init(_ contraction: Comprehension, factor: Int, padded: Set<Int>) {
    var access = contraction.accesses[factor]
    let rank = access.indices.count
    var source: [AffineIndex] = []
    for position in access.indices.indices {
      var index = access.indices[position]
      var own = AffineIndex.axis(position, of: rank, extent: index.extent)
      if padded.contains(position) {
        let reach = index.reach(axes: contraction.axes)
        own.offset = reach.lowerBound
        index.offset -= reach.lowerBound * index.divisor
        index.extent = reach.count
        access.indices[position] = index
      }
      source.append(own)
    }
    operand = access.operand
    copy = Comprehension(
      axes: access.indices.map(\.extent), accesses: [Access(operand: 0, source)], body: .load(0))
    var contraction = contraction
    contraction.accesses[factor] = access
    self.contraction = contraction
  }
}

extension AffineIndex {
  /// The whole coordinates from the least to the largest that the index takes.
  fileprivate func reach(axes: [Int]) -> Range<Int> {
    var (low, high) = (offset, offset)
    for (coefficient, size) in zip(coefficients, axes) {
      low += min(0, coefficient * (size - 1))
      high += max(0, coefficient * (size - 1))
    }
    func floored(_ value: Int) -> Int { value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor) }
    return floored(low)..<floored(high) + 1
  }
}
