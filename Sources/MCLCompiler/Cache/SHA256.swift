/// SHA-256 (FIPS 180-4): names and checks the entries of the object cache.
enum SHA256 {
  private static let initial: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]

  private static let rounds: [UInt32] = {
    // The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
    var primes: [Int] = []
    var candidate = 2
    while primes.count < 64 {
      if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
      candidate += 1
    }
    return primes.map { prime in
      // The integer cube root of prime x 2^96, by bisection in 128 bits.
      let target = UInt128(prime) << 96
      var low: UInt128 = 0
      var high: UInt128 = 1 << 35
      while high - low > 1 {
        let middle = (low + high) / 2
        if middle * middle * middle <= target { low = middle } else { high = middle }
      }
      return UInt32(truncatingIfNeeded: low)
    }
  }()

  /// The 32 bytes of the hash.
  static func hash(_ message: some Collection<UInt8>) -> [UInt8] {
    var data = Array(message)
    let bitCount = UInt64(data.count) * 8
    data.append(0x80)
    while data.count % 64 != 56 { data.append(0) }
    data += (0..<8).map { UInt8(truncatingIfNeeded: bitCount >> UInt64(56 - 8 * $0)) }

    var state = initial
    var words = [UInt32](repeating: 0, count: 64)
    for block in stride(from: 0, to: data.count, by: 64) {
      for word in 0..<16 {
        let at = block + 4 * word
        words[word] =
          UInt32(data[at]) << 24 | UInt32(data[at + 1]) << 16 | UInt32(data[at + 2]) << 8
          | UInt32(data[at + 3])
      }
      for word in 16..<64 {
        let a = words[word - 15]
        let b = words[word - 2]
        let small = rotate(a, 7) ^ rotate(a, 18) ^ (a >> 3)
        let large = rotate(b, 17) ^ rotate(b, 19) ^ (b >> 10)
        words[word] = words[word - 16] &+ small &+ words[word - 7] &+ large
      }
      var s = state
      for round in 0..<64 {
        let sum1 = rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)
        let choice = (s[4] & s[5]) ^ (~s[4] & s[6])
        let first = s[7] &+ sum1 &+ choice &+ rounds[round] &+ words[round]
        let sum0 = rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)
        let majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2])
        s = [first &+ sum0 &+ majority, s[0], s[1], s[2], s[3] &+ first, s[4], s[5], s[6]]
      }
      for word in 0..<8 { state[word] = state[word] &+ s[word] }
    }
    return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * $0)) } }
  }

  static func hexadecimal(_ message: some Collection<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: hash(message).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 {
    value >> count | value << (32 - count)
  }
}
