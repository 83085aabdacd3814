import MCLSupport
import MCLVideo

/// Which file a motion record was computed from: its length and a hash of all its bytes.
package struct VideoIdentity: Sendable, Equatable {
  package let byteCount: UInt64
  /// FNV-1a, 64 bits, of the file.
  package let contentHash: UInt64

  package init(byteCount: UInt64, contentHash: UInt64) {
    self.byteCount = byteCount
    self.contentHash = contentHash
  }

  /// Reads the whole file, a megabyte at a time.
  ///
  /// - Throws: `MotionError` where the file cannot be read.
  package init(contentsOf path: some PathConvertible) throws {
    let file = try MotionFile(reading: path.filePath)
    var hash = ContentHash()
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

/// Where the flow of a video comes from.
public enum FlowSource: Sendable, Equatable {
  /// Computed from the frames.
  case tvl1(TVL1Flow)
  /// The motion vectors that the encoder stored (`CodecFlow`).
  case codec

  package enum Kind: String, Sendable, CaseIterable {
    case tvl1, codec
  }

  package var kind: Kind {
    switch self {
    case .tvl1: .tvl1
    case .codec: .codec
    }
  }

  /// Pixels along a side of the square that one stored vector is for.
  public var cell: Int {
    switch self {
    case .tvl1: 1
    case .codec: CodecFlow.cell
    }
  }

  /// Raise it when the same frames give another flow, or the same flow other maps, than before.
  private static let revision: UInt64 = 3

  func combine(into hash: inout ContentHash) {
    hash.combine(Self.revision)
    hash.combine(UInt64(cell))
    guard case .tvl1(let flow) = self else { return }
    for value in [flow.tau, flow.lambda, flow.theta, flow.scaleStep, flow.epsilon] {
      hash.combine(value.bitPattern)
    }
    for value in [flow.scales, flow.warps, flow.innerIterations, flow.outerIterations] {
      hash.combine(UInt64(bitPattern: Int64(value)))
    }
  }
}

/// What a motion record depends on besides the video.
public struct MotionParameters: Sendable, Equatable {
  /// Flows of a frame map: 8 for UCF101, 4 for Kinetics.
  public var window: Int
  /// Frames whose short side is larger are scaled down to it before the flow; nil leaves them as decoded.
  public var shortSide: Int?
  /// Consecutive flows of a clip velocity, clip length x step, ascending: velocities are kept for each of them.
  public var clipSpans: [Int]
  /// Where the flows come from.
  public var source: FlowSource

  /// Parameters; `clipSpans` are sorted, and each is taken once.
  public init(
    window: Int = 8, shortSide: Int? = nil, clipSpans: [Int] = [32], source: FlowSource = .tvl1(TVL1Flow())
  ) {
    self.window = window
    self.shortSide = shortSide
    self.clipSpans = Set(clipSpans).sorted()
    self.source = source
  }

  package init(window: Int = 8, shortSide: Int? = nil, clipSpan: Int, flow: TVL1Flow = TVL1Flow()) {
    self.init(window: window, shortSide: shortSide, clipSpans: [clipSpan], source: .tvl1(flow))
  }

  /// All that the flows depend on, in one number. Maps and velocities follow from the flows.
  var fingerprint: UInt64 {
    var hash = ContentHash()
    source.combine(into: &hash)
    hash.combine(UInt64(bitPattern: Int64(shortSide ?? -1)))
    return hash.value
  }
}

/// Everything training reads about the motion of one video of D frames; n = D - 1 flows, flow i from frame i to i + 1.
package struct VideoMotion: Sendable, Equatable {
  package var identity: VideoIdentity
  package var parameters: MotionParameters
  /// D.
  package var frameCount: Int
  /// Size of the frames and flows in pixels.
  package var width: Int
  package var height: Int
  /// Frames a second as the file states them; nil where it does not.
  package var frameRate: FrameRate?
  /// Frame maps [n, 7, 7].
  package var maps: [Float]
  /// By clip span: one for every start with a whole clip of flows left, [max(n - span + 1, 0)].
  package var velocities: [Int: [Float]]
  /// The quantised flows, n of them, one value a cell of `parameters.source.cell` pixels.
  package var flows: [PackedFlow]

  package var flowCount: Int { flows.count }

  /// The map [7, 7] of flow `i`, counted from 0.
  package func map(_ i: Int) -> [Float] {
    let cells = MotionMaps.cells * MotionMaps.cells
    return Array(maps[i * cells..<(i + 1) * cells])
  }
}
