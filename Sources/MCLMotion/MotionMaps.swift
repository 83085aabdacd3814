/// The sums of the last `length` flow images, u and v; all that sliding windows need, as derivatives are linear. Only the
/// images of one window are held.
package struct SlidingFlowSums {
  let length: Int
  package private(set) var sumU: [Int32]
  package private(set) var sumV: [Int32]
  private var window: [(u: [UInt8], v: [UInt8])] = []
  private var oldest = 0

  package init(pixels: Int, length: Int) {
    self.length = length
    sumU = .init(repeating: 0, count: pixels)
    sumV = .init(repeating: 0, count: pixels)
  }

  var isFull: Bool { window.count == length }

  /// Takes the next flow and lets go of the one that leaves the window.
  package mutating func append(u: [UInt8], v: [UInt8]) {
    if isFull {
      Self.slide(&sumU, adding: u, removing: window[oldest].u)
      Self.slide(&sumV, adding: v, removing: window[oldest].v)
      window[oldest] = (u, v)
      oldest = (oldest + 1) % length
    } else {
      Self.slide(&sumU, adding: u, removing: nil)
      Self.slide(&sumV, adding: v, removing: nil)
      window.append((u, v))
    }
  }

  private static func slide(_ sum: inout [Int32], adding new: [UInt8], removing old: [UInt8]?) {
    precondition(new.count == sum.count, "a flow image does not have the size of the window")
    sum.withUnsafeMutableBufferPointer { sum in
      new.withUnsafeBufferPointer { new in
        if let old {
          old.withUnsafeBufferPointer { old in
            for i in 0..<sum.count { sum[i] &+= Int32(new[i]) &- Int32(old[i]) }
          }
        } else {
          for i in 0..<sum.count { sum[i] &+= Int32(new[i]) }
        }
      }
    }
  }
}

/// One map of 7x7 cells a flow: how much the motion around that frame changes from place to place.
///
/// Window of w flows (8 for UCF101, 4 for Kinetics) around flow i = 1 ... n: flows i - w/2 + 1 ... i + w/2; the first w
/// where that begins before the first, the last w where it ends after the last, all where n < w. Each flow image is
/// resized to 224x224 (cubic, aspect not kept, rounded to 8 bits) before the derivatives; the magnitudes of u and of v
/// are averaged, a rim of 8 pixels is set to zero, and blocks of 32x32 are averaged, zeros counted.
package struct MotionMaps: Sendable {
  package static let size = 224
  package static let block = 32
  package static let rim = 8
  /// Rows and columns of a map.
  package static let cells = size / block

  /// The flows, from 0, whose boundaries make up the map of each of `count` flows.
  package static func windows(count: Int, length: Int) -> [Range<Int>] {
    (1...max(count, 1)).prefix(count).map { i in
      let start = max(min(i - length / 2, count - length), 0)
      return start..<min(start + length, count)
    }
  }

  /// All maps [n, 7, 7] of a video.
  ///
  /// - Parameter window: flows a map takes in.
  /// - Throws: `MotionError` for a window below 1 or flows of different sizes.
  package static func maps(of flows: some Sequence<QuantizedFlow>, window: Int) throws -> [Float] {
    var accumulator: MotionMaps?
    for flow in flows {
      if accumulator == nil {
        accumulator = try MotionMaps(width: flow.width, height: flow.height, window: window)
      }
      try accumulator?.append(flow)
    }
    return try accumulator?.finish() ?? []
  }

  /// Makes both components of a flow image 224x224.
  struct Resizing: Sendable {
    fileprivate let resize: CubicImageResize

    /// - Throws: `MotionError` for a flow of another size.
    func resized(_ flow: QuantizedFlow) throws -> (u: [UInt8], v: [UInt8]) {
      guard flow.width == resize.sourceWidth, flow.height == resize.sourceHeight else {
        throw MotionError(
          "the flow changes from \(resize.sourceWidth)x\(resize.sourceHeight) to \(flow.width)x\(flow.height); pass flows of one size"
        )
      }
      return (resize(flow.u), resize(flow.v))
    }
  }

  let resizing: Resizing
  private let boundary: MotionBoundary
  private let window: Int
  private var sums: SlidingFlowSums
  private var count = 0
  /// The map of every full window, in order.
  private var full: [Float] = []

  init(width: Int, height: Int, window: Int) throws {
    guard window >= 1 else {
      throw MotionError("a motion map of \(window) flows is empty; use a window of at least 1")
    }
    resizing = Resizing(
      resize: CubicImageResize(fromWidth: width, height: height, toWidth: Self.size, height: Self.size))
    boundary = try MotionBoundary(width: Self.size, height: Self.size)
    self.window = window
    sums = SlidingFlowSums(pixels: Self.size * Self.size, length: window)
  }

  mutating func append(_ flow: QuantizedFlow) throws {
    try append(resized: resizing.resized(flow))
  }

  mutating func append(resized flow: (u: [UInt8], v: [UInt8])) throws {
    sums.append(u: flow.u, v: flow.v)
    count += 1
    if sums.isFull { try full.append(contentsOf: map()) }
  }

  func finish() throws -> [Float] {
    guard count > 0 else { return [] }
    let cells = Self.cells * Self.cells
    let maps = sums.isFull ? full : try map()
    return Self.windows(count: count, length: window).flatMap {
      maps[$0.lowerBound * cells..<($0.lowerBound + 1) * cells]
    }
  }

  private func map() throws -> [Float] {
    let u = try boundary.blockMeans(ofSum: sums.sumU, block: Self.block, rim: Self.rim)
    let v = try boundary.blockMeans(ofSum: sums.sumV, block: Self.block, rim: Self.rim)
    return zip(u, v).map { ($0 + $1) / 2 }
  }
}

/// One number for every start with a whole clip of consecutive flows left: how much its motion changes from place to
/// place, at full resolution: magnitudes of u and v averaged, a rim of 8 pixels set to zero, mean over all pixels.
/// No number where the video is shorter than the clip.
package struct ClipVelocities: Sendable {
  /// The velocities of all starts, max(n - span + 1, 0) of them.
  ///
  /// - Parameter span: flows of a clip, 32 for 16 frames at step 2.
  /// - Throws: `MotionError` for a span below 1 or flows of different sizes.
  package static func velocities(of flows: some Sequence<QuantizedFlow>, span: Int) throws -> [Float] {
    var accumulator: ClipVelocities?
    for flow in flows {
      if accumulator == nil {
        accumulator = try ClipVelocities(width: flow.width, height: flow.height, span: span)
      }
      try accumulator?.append(flow)
    }
    return accumulator?.values ?? []
  }

  private(set) var values: [Float] = []
  private let boundary: MotionBoundary
  private var sums: SlidingFlowSums

  init(width: Int, height: Int, span: Int) throws {
    guard span >= 1 else {
      throw MotionError("a clip of \(span) flows has no velocity; use a span of at least 1")
    }
    boundary = try MotionBoundary(width: width, height: height)
    sums = SlidingFlowSums(pixels: width * height, length: span)
  }

  mutating func append(_ flow: QuantizedFlow) throws {
    guard flow.width == boundary.width, flow.height == boundary.height else {
      throw MotionError(
        "the flow changes from \(boundary.width)x\(boundary.height) to \(flow.width)x\(flow.height); pass flows of one size"
      )
    }
    sums.append(u: flow.u, v: flow.v)
    guard sums.isFull else { return }
    let u = try boundary.mean(ofSum: sums.sumU, rim: MotionMaps.rim)
    let v = try boundary.mean(ofSum: sums.sumV, rim: MotionMaps.rim)
    values.append(Float((u + v) / 2))
  }
}
