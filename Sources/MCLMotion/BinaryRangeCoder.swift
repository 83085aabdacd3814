/// How likely a binary decision is, learnt as it is made: the mean of a quick and a slow running estimate, each starting
/// as a plain average. All in integers, so that it is the same on every machine.
struct AdaptiveBit {
  private var quick: UInt16 = 1 << 15
  private var slow: UInt16 = 1 << 15
  private var count: UInt8 = 0

  /// Estimates keep this distance from 0 and from 65536.
  private static let margin = 32

  /// Of a one, in 1/65536.
  @inline(__always)
  var probability: UInt32 {
    let mean = (Int(quick) + Int(slow)) >> 1
    return UInt32(truncatingIfNeeded: min(max(mean, Self.margin), 65536 - Self.margin))
  }

  /// 65536 / (n + 2).
  private static let reciprocals: [Int32] = (0..<127).map { Int32(65536 / ($0 + 2)) }

  @inline(__always)
  mutating func learn(_ bit: Int, _ rates: UnsafePointer<Int32>) {
    let target = bit == 0 ? 0 : 65535
    let n = Int(count)
    // Bounds: n is at most 126, `rates` has 127 elements.
    quick = Self.moved(quick, to: target, by: Int(rates[min(n, 14)]))
    slow = Self.moved(slow, to: target, by: Int(rates[n]))
    if n < 126 { count &+= 1 }
  }

  @inline(__always)
  private static func moved(_ estimate: UInt16, to target: Int, by rate: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: Int(estimate) &+ (((target &- Int(estimate)) &* rate) >> 16))
  }

  /// Gives `body` the rates that `learn` takes.
  static func withRates<Result>(_ body: (UnsafePointer<Int32>) throws -> Result) rethrows -> Result? {
    try reciprocals.withUnsafeBufferPointer { try $0.baseAddress.map(body) }
  }
}

/// Either end of a stream of binary decisions, so that what walks over the data is written once.
protocol BinaryCoder {
  /// Writes `bit` and returns it, or ignores it and returns the one read.
  mutating func code(_ bit: Int, _ model: inout AdaptiveBit, _ rates: UnsafePointer<Int32>) -> Int
  /// The same for a decision that is as likely as not.
  mutating func code(even bit: Int) -> Int
  /// Whether a reader wanted more bytes than there are.
  var isExhausted: Bool { get }
}

/// Range coding of binary decisions (Martin 1979; carry handling as in LZMA): 32 bits of range, renewed bytewise.
struct BinaryRangeEncoder: BinaryCoder {
  private var bytes: [UInt8] = []
  private var low: UInt64 = 0
  private var range: UInt32 = .max
  /// The last byte, which a carry may still change, and how many bytes are held: it and the 0xff after it. The very
  /// first is a zero that no carry reaches; it is not written out.
  private var held: UInt8 = 0
  private var heldCount = 1

  var isExhausted: Bool { false }

  @inline(__always)
  mutating func code(_ bit: Int, _ model: inout AdaptiveBit, _ rates: UnsafePointer<Int32>) -> Int {
    narrow(bit, (range >> 16) &* model.probability)
    model.learn(bit, rates)
    return bit
  }

  @inline(__always)
  mutating func code(even bit: Int) -> Int {
    narrow(bit, range >> 1)
    return bit
  }

  @inline(__always)
  private mutating func narrow(_ bit: Int, _ bound: UInt32) {
    if bit == 0 {
      low &+= UInt64(bound)
      range &-= bound
    } else {
      range = bound
    }
    while range < 1 << 24 {
      range <<= 8
      shift()
    }
  }

  private mutating func shift() {
    if low < 0xff00_0000 || low > 0xffff_ffff {
      let carry = UInt8(truncatingIfNeeded: low >> 32)
      bytes.append(held &+ carry)
      for _ in 1..<heldCount { bytes.append(0xff &+ carry) }
      heldCount = 0
      held = UInt8(truncatingIfNeeded: low >> 24)
    }
    heldCount += 1
    low = (low & 0x00ff_ffff) << 8
  }

  /// All bytes; the coder is at its end.
  mutating func finish() -> [UInt8] {
    for _ in 0..<5 { shift() }
    return Array(bytes.dropFirst())
  }
}

/// Reads what `BinaryRangeEncoder` wrote. Any bytes decode to something; at their end it reads zeros and says so.
struct BinaryRangeDecoder: BinaryCoder {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var range: UInt32 = .max
  private var value: UInt32 = 0

  /// - Parameter bytes: valid for the life of the decoder.
  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
    for _ in 0..<4 { value = value << 8 | next() }
  }

  var isExhausted: Bool { position > bytes.count }
  var isAtEnd: Bool { position == bytes.count }

  @inline(__always)
  private mutating func next() -> UInt32 {
    defer { position &+= 1 }
    // Bound: below the number of bytes.
    return position < bytes.count ? UInt32(bytes[position]) : 0
  }

  @inline(__always)
  mutating func code(_: Int, _ model: inout AdaptiveBit, _ rates: UnsafePointer<Int32>) -> Int {
    let bit = narrow((range >> 16) &* model.probability)
    model.learn(bit, rates)
    return bit
  }

  @inline(__always)
  mutating func code(even _: Int) -> Int { narrow(range >> 1) }

  @inline(__always)
  private mutating func narrow(_ bound: UInt32) -> Int {
    let bit: Int
    if value < bound {
      range = bound
      bit = 1
    } else {
      value &-= bound
      range &-= bound
      bit = 0
    }
    while range < 1 << 24 {
      range <<= 8
      value = value << 8 | next()
    }
    return bit
  }
}
