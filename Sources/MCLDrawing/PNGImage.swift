import MCLSupport

/// An image of 8-bit RGB as a PNG file without compression (RFC 1950, RFC 1951 stored blocks, PNG 1.2).
package struct PNGImage: Sendable {
  package let width: Int
  package let height: Int
  package let bytes: [UInt8]

  /// - Parameter rgb: `height x width x 3`, row-major; what is missing is black.
  package init(width: Int, height: Int, rgb: [UInt8]) {
    (self.width, self.height) = (width, height)
    var rows: [UInt8] = []
    rows.reserveCapacity(height * (1 + 3 * width))
    for row in 0..<height {
      rows.append(0)
      for index in row * width * 3..<(row + 1) * width * 3 { rows.append(index < rgb.count ? rgb[index] : 0) }
    }
    func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
    func chunk(_ kind: String, _ content: [UInt8]) -> [UInt8] {
      var checksum = CyclicChecksum.crc32
      checksum.combine(Array(kind.utf8) + content)
      return bigEndian(UInt32(content.count)) + Array(kind.utf8) + content + bigEndian(checksum.value)
    }
    var packed: [UInt8] = [0x78, 1]
    for start in stride(from: 0, to: rows.count, by: 65_535) {
      let block = rows[start..<min(start + 65_535, rows.count)]
      let (low, high) = (UInt8(block.count & 0xff), UInt8(block.count >> 8))
      packed += [block.endIndex == rows.count ? 1 : 0, low, high, ~low, ~high]
      packed += block
    }
    // Adler-32.
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in rows {
      a = (a + UInt32(byte)) % 65_521
      b = (b + a) % 65_521
    }
    packed += bigEndian(b << 16 | a)
    bytes =
      [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
      + chunk("IHDR", bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, 2, 0, 0, 0])
      + chunk("IDAT", packed) + chunk("IEND", [])
  }
}
