/// A cyclic redundancy check of 32 bits, reflected, as zip and PNG (CRC-32) and TensorBoard (CRC-32C) use it.
package struct CyclicChecksum {
  private var remainder: UInt32 = .max
  private let table: [UInt32]

  private init(polynomial: UInt32) {
    table = (0..<256).map { byte in
      (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 0 ? value >> 1 : value >> 1 ^ polynomial }
    }
  }

  /// Polynomial 0x04C11DB7.
  package static let crc32 = CyclicChecksum(polynomial: 0xedb8_8320)
  /// Polynomial 0x1EDC6F41 (Castagnoli).
  package static let crc32c = CyclicChecksum(polynomial: 0x82f6_3b78)

  package mutating func combine(_ bytes: [UInt8]) {
    var value = remainder
    for byte in bytes { value = value >> 8 ^ table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] }
    remainder = value
  }

  package var value: UInt32 { ~remainder }
}
