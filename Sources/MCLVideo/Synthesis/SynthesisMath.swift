/// Random numbers by address: value i of a stream depends on the key and i alone, so any video can be made
/// without the ones before it. The mixing function is splitmix64's (Steele, Lea and Flood 2014).
struct SynthesisRandom {
  private let key: UInt64
  private var counter: UInt64 = 0

  init(_ parts: UInt64...) {
    key = parts.reduce(0) { SynthesisRandom.mix($0 &+ 0x9E37_79B9_7F4A_7C15 &+ SynthesisRandom.mix($1)) }
  }

  static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func next() -> UInt64 {
    counter &+= 1
    return SynthesisRandom.mix(key &+ counter &* 0x9E37_79B9_7F4A_7C15)
  }

  /// Uniform in [low, high), of 24 random bits.
  mutating func uniform(_ low: Float, _ high: Float) -> Float {
    low + (high - low) * (Float(next() >> 40) * 0x1p-24)
  }

  /// Uniform over 0 ..< bound; the bias of at most bound / 2^64 does not show.
  mutating func index(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  /// 1 or -1.
  mutating func sign() -> Float { next() & 1 == 0 ? 1 : -1 }
}

/// sin(2 pi `turns`) by its Taylor series to the 11th power, off by less than 1e-6. Unlike the C library's, made
/// of additions and multiplications only, so it is the same number on every machine.
func sine(turns: Float) -> Float {
  var t = turns - turns.rounded(.toNearestOrEven)
  if t > 0.25 { t = 0.5 - t } else if t < -0.25 { t = -0.5 - t }
  let x = t * 6.283_185_307
  let x2 = x * x
  let tail = x2 * (1 / 362_880 - x2 / 39_916_800)
  return x * (1 - x2 * (1 / 6 - x2 * (1 / 120 - x2 * (1 / 5040 - tail))))
}

func cosine(turns: Float) -> Float { sine(turns: turns + 0.25) }

/// 0 below 0, 1 above 1, and 3x^2 - 2x^3 between.
func smoothStep(_ x: Float) -> Float {
  let t = min(max(x, 0), 1)
  return t * t * (3 - 2 * t)
}

/// The position on the segment [-limit, limit] of a ball that has rolled to `x`, bouncing at both ends.
func bounced(_ x: Float, within limit: Float) -> Float {
  guard limit > 0 else { return 0 }
  let period = 4 * limit
  let phase = x + limit - ((x + limit) / period).rounded(.down) * period
  return phase <= 2 * limit ? phase - limit : 3 * limit - phase
}
