/// Which file a motion record was computed from: its length and a hash of all its bytes.
public struct VideoIdentity: Sendable, Equatable {
  public let byteCount: UInt64
  /// FNV-1a, 64 bits, of the file.
  public let contentHash: UInt64

  public init(byteCount: UInt64, contentHash: UInt64) {
    self.byteCount = byteCount
    self.contentHash = contentHash
  }

  /// Reads the whole file, a megabyte at a time.
  ///
  /// - Throws: `MotionError` where the file cannot be read.
  public init(contentsOf path: String) throws {
    let file = try MotionFile(reading: path)
    var hash = MotionHash()
    var offset = 0
    while true {
      let chunk = try file.read(upTo: 1 << 20, at: offset)
      if chunk.isEmpty { break }
      hash.combine(chunk)
      offset += chunk.count
    }
    self.init(byteCount: UInt64(offset), contentHash: hash.value)
  }
}

/// What a motion record depends on besides the video.
public struct MotionParameters: Sendable, Equatable {
  /// Flows of a frame map: 8 for UCF101, 4 for Kinetics.
  public var window: Int
  /// Short side the frames were resized to before the flow; nil where they are as decoded. Kept, not acted on: resizing
  /// is the decoder's work.
  public var shortSide: Int?
  /// Consecutive flows of a clip velocity: clip length x step.
  public var clipSpan: Int
  public var flow: TVL1Flow

  public init(window: Int, shortSide: Int? = nil, clipSpan: Int = 32, flow: TVL1Flow = TVL1Flow()) {
    self.window = window
    self.shortSide = shortSide
    self.clipSpan = clipSpan
    self.flow = flow
  }

  /// All of them in one number, for the cache.
  var fingerprint: UInt64 {
    var hash = MotionHash()
    for value in [flow.tau, flow.lambda, flow.theta, flow.scaleStep, flow.epsilon] {
      hash.combine(value.bitPattern)
    }
    for value in [flow.scales, flow.warps, flow.innerIterations, flow.outerIterations, window, clipSpan] {
      hash.combine(UInt64(bitPattern: Int64(value)))
    }
    hash.combine(UInt64(bitPattern: Int64(shortSide ?? -1)))
    return hash.value
  }
}

/// Everything training reads about the motion of one video of D frames; n = D - 1 flows, flow i from frame i to i + 1.
public struct VideoMotion: Sendable, Equatable {
  public let identity: VideoIdentity
  public let parameters: MotionParameters
  /// D.
  public let frameCount: Int
  /// Size of the frames and flows in pixels.
  public let width: Int
  public let height: Int
  /// Frame maps [n, 7, 7].
  public let maps: [Float]
  /// One for every start with a whole clip of flows left: [max(n - clipSpan + 1, 0)].
  public let velocities: [Float]
  /// The quantised flows, n of them.
  public let flows: [PackedFlow]

  public var flowCount: Int { flows.count }

  /// The map [7, 7] of flow `i`, counted from 0.
  public func map(_ i: Int) -> [Float] {
    let cells = MotionMaps.cells * MotionMaps.cells
    return Array(maps[i * cells..<(i + 1) * cells])
  }
}

/// FNV-1a, 64 bits: h = (h xor byte) * 0x100000001b3, from 0xcbf29ce484222325. Each step is a bijection of h, so one
/// changed byte always changes the result.
struct MotionHash {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func combine(_ bytes: some Collection<UInt8>) {
    func combine(_ bytes: UnsafeBufferPointer<UInt8>) {
      var h = value
      for byte in bytes { h = (h ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
      value = h
    }
    if bytes.withContiguousStorageIfAvailable({ combine($0) }) == nil {
      Array(bytes).withUnsafeBufferPointer(combine)
    }
  }

  mutating func combine(_ number: UInt64) {
    combine((0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) })
  }
}
