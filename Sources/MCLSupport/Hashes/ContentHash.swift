/// FNV-1a, 64 bits: h = (h xor byte) * 0x100000001b3, from 0xcbf29ce484222325. Each step is a bijection of h, so one
/// changed byte always changes the result. It tells contents apart; it is no guard against malice.
package struct ContentHash {
  package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  package init() {}

  package mutating func combine(_ bytes: some Collection<UInt8>) {
    func combine(_ bytes: UnsafeBufferPointer<UInt8>) {
      var h = value
      for byte in bytes { h = (h ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
      value = h
    }
    if bytes.withContiguousStorageIfAvailable({ combine($0) }) == nil {
      Array(bytes).withUnsafeBufferPointer(combine)
    }
  }

  package mutating func combine(_ number: UInt64) {
    var h = value
    for byte in 0..<UInt64(8) { h = (h ^ (number >> (8 * byte) & 0xff)) &* 0x0000_0100_0000_01b3 }
    value = h
  }
}
