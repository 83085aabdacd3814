import CFFmpeg

/// A 64-bit hash of a decoded picture before scaling: size, format and every sample, whatever padding rows have.
///
/// Four lanes of h = rotate((h xor word) * odd, 29): each step is a bijection of h, so that one changed word always
/// changes the result. A checksum against wrong frames, no signature.
struct PixelHash {
  private static let factor: UInt64 = 0x9e37_79b9_7f4a_7c15
  private var lanes = SIMD4<UInt64>(
    0xcbf2_9ce4_8422_2325, 0x8422_2325_cbf2_9ce4, 0x0000_0100_0000_01b3, 0xd6e8_feb8_6659_fd93)

  /// nil for a picture whose format FFmpeg does not describe, or whose data is elsewhere (hardware).
  static func hash(_ frame: AVFrame) -> UInt64? {
    let format = AVPixelFormat(frame.format)
    guard frame.width > 0, frame.height > 0, let description = av_pix_fmt_desc_get(format)?.pointee,
      description.flags & UInt64(AV_PIX_FMT_FLAG_HWACCEL) == 0
    else { return nil }
    var hash = PixelHash()
    for number in [frame.width, frame.height, frame.format] {
      hash.combine(UInt64(truncatingIfNeeded: number))
    }
    let planes = [
      (frame.data.0, frame.linesize.0), (frame.data.1, frame.linesize.1), (frame.data.2, frame.linesize.2),
      (frame.data.3, frame.linesize.3),
    ]
    for (number, (data, stride)) in planes.prefix(Int(max(av_pix_fmt_count_planes(format), 0))).enumerated() {
      let rowBytes = Int(av_image_get_linesize(format, frame.width, Int32(number)))
      let isChroma = number == 1 || number == 2
      let rows = isChroma ? -(-Int(frame.height) >> Int(description.log2_chroma_h)) : Int(frame.height)
      guard let data, rowBytes > 0 else { return nil }
      // Bound: the plane has `rows` rows, `stride` apart (backwards where it is negative), each of at least `rowBytes`
      // bytes.
      for row in 0..<rows {
        hash.combine(UnsafeRawBufferPointer(start: data + row * Int(stride), count: rowBytes))
      }
    }
    if description.flags & UInt64(AV_PIX_FMT_FLAG_PAL) != 0, let palette = frame.data.1 {
      // Bound: a palette has 256 entries of 4 bytes.
      hash.combine(UnsafeRawBufferPointer(start: palette, count: 1024))
    }
    return hash.value
  }

  private var value: UInt64 {
    (0..<4).reduce(0) { Self.step($0, lanes[$1]) }
  }

  private static func step(_ h: UInt64, _ word: UInt64) -> UInt64 {
    let product = (h ^ word) &* factor
    return product << 29 | product >> 35
  }

  private mutating func combine(_ number: UInt64) { lanes[0] = Self.step(lanes[0], number) }

  private mutating func combine(_ bytes: UnsafeRawBufferPointer) {
    var (a, b, c, d) = (lanes[0], lanes[1], lanes[2], lanes[3])
    var place = 0
    // Bound: whole blocks of 32 bytes, then whole words, then single bytes, all within `bytes`.
    while place + 32 <= bytes.count {
      a = Self.step(a, bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      b = Self.step(b, bytes.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self))
      c = Self.step(c, bytes.loadUnaligned(fromByteOffset: place + 16, as: UInt64.self))
      d = Self.step(d, bytes.loadUnaligned(fromByteOffset: place + 24, as: UInt64.self))
      place += 32
    }
    while place + 8 <= bytes.count {
      a = Self.step(a, bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      place += 8
    }
    while place < bytes.count {
      b = Self.step(b, UInt64(bytes[place]))
      place += 1
    }
    lanes = SIMD4(a, b, c, d)
  }
}
