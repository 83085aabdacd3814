import Foundation

/// A random stream that is a pure function of its key `(seed, epoch, sample, purpose)`: the same key always gives the
/// same stream, whichever thread asks and in whatever order, so that resumed and re-sharded runs draw the same numbers.
///
/// Philox4x32-10 (Salmon et al., *Parallel Random Numbers: As Easy as 1, 2, 3*, SC 2011). The 64-bit Philox key holds
/// seed and purpose; the 128-bit counter holds block, epoch and sample. Two streams of one seed and purpose therefore
/// never share a block; a stream repeats only after 2^33 draws.
public struct CounterRandom: RandomNumberGenerator, Sendable {
  /// What a stream is for: its name is hashed into the key by FNV-1a, 64 bits.
  public struct Purpose: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The name as it was given.
    public let name: String
    package let hash: UInt64

    /// The purpose of this name; equal names give equal streams.
    public init(_ name: String) {
      self.name = name
      hash = name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// The purpose that a string literal names.
    public init(stringLiteral value: String) { self.init(value) }
    /// The name.
    public var description: String { name }
  }

  private let key: (UInt32, UInt32)
  private let epochWord: UInt32
  private let sampleWords: (UInt32, UInt32)
  private var block: UInt32 = 0
  private var pending: UInt64?
  private var spareNormal: Double?

  /// The stream of a key, at its beginning.
  ///
  /// - Parameters:
  ///   - seed: of the run or the data.
  ///   - epoch: which pass over the data the draws are for.
  ///   - sample: which sample of the data the draws are for.
  ///   - purpose: what is drawn; other purposes draw other numbers.
  public init(seed: UInt64, epoch: Int = 0, sample: Int = 0, purpose: Purpose) {
    let epochBits = UInt64(bitPattern: Int64(epoch))
    // The counter has room for the low half of the epoch only: the rest (always 0 in practice) goes into the key.
    let mixed = Self.mix(Self.mix(seed) ^ purpose.hash) ^ Self.mix((epochBits >> 32) &+ 1)
    key = (UInt32(truncatingIfNeeded: mixed), UInt32(truncatingIfNeeded: mixed >> 32))
    epochWord = UInt32(truncatingIfNeeded: epochBits)
    let sampleBits = UInt64(bitPattern: Int64(sample))
    sampleWords = (UInt32(truncatingIfNeeded: sampleBits), UInt32(truncatingIfNeeded: sampleBits >> 32))
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    if let bits = pending {
      pending = nil
      return bits
    }
    let words = Self.philox(counter: [block, epochWord, sampleWords.0, sampleWords.1], key: [key.0, key.1])
    block &+= 1
    pending = UInt64(words[2]) | UInt64(words[3]) << 32
    return UInt64(words[0]) | UInt64(words[1]) << 32
  }

  /// Uniform in [0, 1), on the grid of 2^-53.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform between the bounds: lower + (upper - lower) u, u in [0, 1).
  public mutating func uniform(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// Uniform in 0..<bound without bias (Lemire, *Fast Random Integer Generation in an Interval*, 2019).
  /// - Precondition: bound > 0.
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "integer(below:) needs a bound of at least 1")
    let wide = UInt64(bound)
    var product = next().multipliedFullWidth(by: wide)
    if product.low < wide {
      let threshold = (0 &- wide) % wide
      while product.low < threshold { product = next().multipliedFullWidth(by: wide) }
    }
    return Int(product.high)
  }

  /// Uniform in the closed range, without bias.
  public mutating func integer(in range: ClosedRange<Int>) -> Int {
    range.lowerBound + integer(below: range.count)
  }

  /// True with the given probability: always at 1, never at 0.
  public mutating func bernoulli(_ probability: Double) -> Bool { uniform() < probability }

  /// Standard normal by the Box-Muller transform: sqrt(-2 ln u) cos(2 pi v), then its sine twin, u in (0, 1].
  public mutating func normal() -> Double {
    if let value = spareNormal {
      spareNormal = nil
      return value
    }
    let radius = (-2 * log(1 - uniform())).squareRoot()
    let angle = 2 * Double.pi * uniform()
    spareNormal = radius * sin(angle)
    return radius * cos(angle)
  }

  /// Fisher-Yates. Written out, because the order of draws of the standard library's `shuffle` is not promised.
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    guard elements.count > 1 else { return }
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, integer(below: last + 1))
    }
  }

  /// A uniform permutation of 0..<count.
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<max(count, 0))
    shuffle(&order)
    return order
  }

  /// Philox4x32-10: ten rounds of two 32x32 -> 64-bit multiplications over a 128-bit counter.
  package static func philox(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var c = counter
    var k = key
    for _ in 0..<10 {
      let first = UInt64(c[0]) &* 0xd251_1f53
      let second = UInt64(c[2]) &* 0xcd9e_8d57
      c = [
        UInt32(second >> 32) ^ c[1] ^ k[0], UInt32(truncatingIfNeeded: second),
        UInt32(first >> 32) ^ c[3] ^ k[1], UInt32(truncatingIfNeeded: first),
      ]
      k = k &+ [0x9e37_79b9, 0xbb67_ae85]
    }
    return c
  }

  /// The finaliser of SplitMix64 (Steele et al., OOPSLA 2014): a bijection that spreads neighbouring seeds.
  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
