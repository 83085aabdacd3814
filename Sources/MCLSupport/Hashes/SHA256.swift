/// SHA-256 (FIPS 180-4): names and checks the entries of the object cache.
package enum SHA256 {
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
  package static func hash(_ message: some Collection<UInt8>) -> [UInt8] {
    var data = Array(message)
    let bitCount = UInt64(data.count) * 8
    data.reserveCapacity(data.count + 72)
    data.append(0x80)
    while data.count % 64 != 56 { data.append(0) }
    data += (0..<8).map { UInt8(truncatingIfNeeded: bitCount >> UInt64(56 - 8 * $0)) }
    var state = initial
    data.withUnsafeBytes { bytes in
      rounds.withUnsafeBufferPointer { rounds in
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { words in
          // Bound: whole blocks of 64 bytes, of which `words` takes 16 words and makes 64.
          for block in stride(from: 0, to: bytes.count, by: 64) {
            for word in 0..<16 {
              words[word] = UInt32(
                bigEndian: bytes.loadUnaligned(fromByteOffset: block + 4 * word, as: UInt32.self))
            }
            mix(words, rounds, into: &state)
          }
        }
      }
    }
    return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * $0)) } }
  }

  /// One block: its words made 64, and their rounds.
  private static func mix(
    _ words: UnsafeMutableBufferPointer<UInt32>, _ rounds: UnsafeBufferPointer<UInt32>,
    into state: inout [UInt32]
  ) {
    for word in 16..<64 {
      let (a, b) = (words[word - 15], words[word - 2])
      let small = rotate(a, 7) ^ rotate(a, 18) ^ (a >> 3)
      let large = rotate(b, 17) ^ rotate(b, 19) ^ (b >> 10)
      words[word] = words[word - 16] &+ small &+ words[word - 7] &+ large
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for round in 0..<64 {
      let sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
      let choice = (e & f) ^ (~e & g)
      let first = h &+ sum1 &+ choice &+ rounds[round] &+ words[round]
      let sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
      let majority = (a & b) ^ (a & c) ^ (b & c)
      (h, g, f, e) = (g, f, e, d &+ first)
      (d, c, b, a) = (c, b, a, first &+ sum0 &+ majority)
    }
    for (place, value) in [a, b, c, d, e, f, g, h].enumerated() { state[place] = state[place] &+ value }
  }

  package static func hexadecimal(_ message: some Collection<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: hash(message).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 {
    value >> count | value << (32 - count)
  }
}
