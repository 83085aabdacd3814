import MCLSupport

/// What a video's files in a cache are called, without their endings.
///
/// `/`, `%` and a leading `.` of its name are written %2F, %25 and %2E, and so are the bytes beyond ASCII of a name that
/// is no UTF-8. As file systems take 255 bytes at most, a long name is cut and ends with a hash of the whole.
struct MotionCacheName {
  /// With the longest ending, `.codec-motion`, 255 bytes.
  private static let longest = 242
  private static let kept = 150

  let text: String

  init(_ name: FilePath) {
    let units = Self.units(name)
    let whole = units.joined()
    guard whole.utf8.count > Self.longest else {
      text = whole
      return
    }
    var start = ""
    for unit in units {
      guard start.utf8.count + unit.utf8.count <= Self.kept else { break }
      start += unit
    }
    // No name that is not cut holds `%-`.
    text = start + "%-" + Self.digest(name.bytes)
  }

  /// The characters of the name, escaped where need be.
  private static func units(_ name: FilePath) -> [String] {
    func escaped(_ byte: UInt8) -> String {
      let digits = String(byte, radix: 16, uppercase: true)
      return "%" + (digits.count < 2 ? "0" : "") + digits
    }
    guard let text = String(validating: name.bytes, as: UTF8.self) else {
      return name.bytes.enumerated().map { place, byte in
        let isPlain = byte < 0x80 && !(byte == UInt8(ascii: "/") || byte == UInt8(ascii: "%"))
        return isPlain && (place > 0 || byte != UInt8(ascii: "."))
          ? String(UnicodeScalar(byte)) : escaped(byte)
      }
    }
    return text.unicodeScalars.enumerated().map { place, scalar in
      switch scalar {
      case "/", "%": escaped(UInt8(ascii: scalar))
      case "." where place == 0: escaped(UInt8(ascii: "."))
      default: String(scalar)
      }
    }
  }

  /// 128 bits, from either end.
  private static func digest(_ bytes: [UInt8]) -> String {
    [bytes, bytes.reversed()].map { bytes in
      var hash = ContentHash()
      hash.combine(UInt64(bytes.count))
      hash.combine(bytes)
      let digits = String(hash.value, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
