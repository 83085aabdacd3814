import MCLSupport
import MCLVideo

/// Optical flow out of the motion vectors of a compressed video: coarse, but there for the price of parsing.
///
/// One vector for each cell of 8x8 pixels. A vector that spans d frames counts as 1/d of itself, d taken between frames
/// as they are shown: of a P frame to the frame before it that is no B frame, of a B frame to those on both sides. Cells
/// without a vector (intra blocks) take the mean of their neighbours, from the edges of the hole inwards; a frame
/// without vectors takes the mean of the flows before and after it where it is an I frame, and the flow after it, which
/// spans it, where it is a B frame of MPEG-4. Encoders choose vectors that save bits, whether or not anything moves:
/// medians over five frames, then over 3x3 cells, take out those that do not last, and a quarter of a pixel, the
/// vectors' own precision, is taken off the length of each.
final class CodecFlow {
  /// Pixels along a side of a cell.
  static let cell = 8
  /// Frames on either side that the median over time takes in.
  private static let reach = 2
  /// Pixels a frame that are taken off a vector's length.
  private static let precision: Float = 0.25
  /// A frame with a smaller share of cells with vectors counts as one without.
  private static let leastKnown = 0.25

  /// The size of the frames after scaling, as `VideoDecoder` has it.
  let width: Int
  let height: Int
  var frameRate: FrameRate? { stream.frameRate }

  private let path: FilePath
  private let stream: VectorStream
  private let columns: Int
  private let rows: Int
  /// Frames read, but not resolved: B frames that wait for the next frame that is none.
  private var waiting: [(time: Int, frame: FrameVectors)] = []
  /// Flows in order, nil for a frame without vectors.
  private var resolved: [(cells: Cells?, isBetween: Bool)] = []
  private var lastFilled: Cells?
  /// The flows around the next one to give, `reach` before and after it at most, and which of them it is.
  private var window: [Cells] = []
  private var place = -1
  private var framesRead = 0
  private var lastAnchor: Int?
  private var hasEnded = false

  /// Vectors in pixels a frame, [rows, columns].
  private struct Cells {
    var u: [Float]
    var v: [Float]
  }

  /// - Throws: `VideoError` for a file that is no video, or of a codec without motion vectors.
  init(path: FilePath, shortSide: Int?) throws {
    self.path = path
    stream = try VectorStream(path: path)
    (width, height) = VideoDecoder.scaledSize(
      width: stream.width, height: stream.height, shortSide: shortSide)
    columns = (width + Self.cell - 1) / Self.cell
    rows = (height + Self.cell - 1) / Self.cell
  }

  /// The flow from the next frame to the one after it, [ceil(height / 8), ceil(width / 8)]; nil at the end.
  ///
  /// - Throws: `VideoError` for a damaged file, and where no frame of more than one has vectors.
  func next() throws -> QuantizedFlow? {
    place += 1
    while window.count <= place + Self.reach, let cells = try nextFilled() { window.append(cells) }
    guard place < window.count else { return nil }
    if place > Self.reach {
      window.removeFirst()
      place -= 1
    }
    let near = window[max(place - Self.reach, 0)...min(place + Self.reach, window.count - 1)]
    func settled(_ plane: KeyPath<Cells, [Float]>) -> [Float] {
      median(over: near.map { $0[keyPath: plane] }, around: window[place][keyPath: plane])
    }
    var (u, v) = (settled(\.u), settled(\.v))
    for cell in u.indices {
      let length = (u[cell] * u[cell] + v[cell] * v[cell]).squareRoot()
      let kept = max(length - Self.precision, 0) / max(length, 1e-6)
      (u[cell], v[cell]) = (u[cell] * kept, v[cell] * kept)
    }
    return QuantizedFlow(
      uncheckedWidth: columns, height: rows, u: u.map(QuantizedFlow.quantized),
      v: v.map(QuantizedFlow.quantized))
  }

  /// The next flow with every cell of it; nil at the end.
  private func nextFilled() throws -> Cells? {
    // A flow that is missing needs the one after it.
    while !hasEnded, resolved.first?.cells == nil, !resolved.contains(where: { $0.cells != nil }) {
      try read()
    }
    guard let first = resolved.first else { return nil }
    let after = resolved.first { $0.cells != nil }?.cells
    let filled: Cells
    switch (first.isBetween ? nil : lastFilled, after) {
    case (_, let own?) where first.cells != nil: filled = own
    case (let before?, let after?):
      filled = Cells(
        u: zip(before.u, after.u).map { ($0 + $1) / 2 }, v: zip(before.v, after.v).map { ($0 + $1) / 2 })
    case (let one?, nil), (nil, let one?): filled = one
    case (nil, nil):
      guard let lastFilled else {
        throw VideoError(
          "\(path) has only frames that were coded without motion (intra frames); use --flow tvl1, or re-encode "
            + "it as H.264.")
      }
      filled = lastFilled
    }
    lastFilled = filled
    resolved.removeFirst()
    return filled
  }

  // MARK: Frames

  /// Reads one frame and resolves what it makes known.
  private func read() throws {
    guard let frame = try stream.next() else {
      hasEnded = true
      // What is after the last frame that is no B frame has nothing behind it.
      resolve(before: framesRead)
      return
    }
    let time = framesRead
    framesRead += 1
    if time > 0 { waiting.append((time, frame)) }
    guard frame.prediction != .both else { return }
    resolve(before: time)
    lastAnchor = time
  }

  /// - Parameter anchor: when the next frame that is no B frame is shown; one of them itself may be waiting.
  private func resolve(before anchor: Int) {
    for (time, frame) in waiting {
      let past = Float(time - (lastAnchor ?? time - 1))
      let future = Float(max(anchor - time, 1))
      resolved.append(
        (cells(frame, past: max(past, 1), future: future), frame.prediction == .both))
    }
    waiting.removeAll()
  }

  /// The flow that leads to a frame.
  private func cells(_ frame: FrameVectors, past: Float, future: Float) -> Cells? {
    let count = columns * rows
    var (u, v, weight) = (
      [Float](repeating: 0, count: count), [Float](repeating: 0, count: count),
      [Float](repeating: 0, count: count)
    )
    let (scaleX, scaleY) = (Float(width) / Float(frame.width), Float(height) / Float(frame.height))
    let side = Float(Self.cell)
    for block in frame.blocks {
      // A source in the past is where the block was; one in the future is where it will be.
      let factor = block.isFromFuture ? 1 / future : -1 / past
      let (left, right) = (block.left * scaleX / side, (block.left + block.width) * scaleX / side)
      let (top, bottom) = (block.top * scaleY / side, (block.top + block.height) * scaleY / side)
      let (firstX, lastX) = (max(Int(left.rounded(.down)), 0), min(Int(right.rounded(.up)), columns))
      let (firstY, lastY) = (max(Int(top.rounded(.down)), 0), min(Int(bottom.rounded(.up)), rows))
      guard firstX < lastX, firstY < lastY else { continue }
      for y in firstY..<lastY {
        let coveredY = min(bottom, Float(y + 1)) - max(top, Float(y))
        for x in firstX..<lastX {
          let covered = coveredY * (min(right, Float(x + 1)) - max(left, Float(x)))
          guard covered > 0 else { continue }
          let place = y * columns + x
          u[place] += covered * factor * block.dx * scaleX
          v[place] += covered * factor * block.dy * scaleY
          weight[place] += covered
        }
      }
    }
    var known = weight.map { $0 > 0.1 }
    guard Double(known.count { $0 }) >= Self.leastKnown * Double(count), count > 0 else { return nil }
    for place in 0..<count where known[place] {
      u[place] /= weight[place]
      v[place] /= weight[place]
    }
    fill(&u, &v, &known)
    return Cells(u: u, v: v)
  }

  /// Gives cells without a vector the mean of their neighbours', ring by ring from the edge of the hole inwards.
  private func fill(_ u: inout [Float], _ v: inout [Float], _ known: inout [Bool]) {
    var missing = known.indices.filter { !known[$0] }
    while !missing.isEmpty {
      var filled: [(place: Int, u: Float, v: Float)] = []
      for place in missing {
        let (x, y) = (place % columns, place / columns)
        var (sumU, sumV, count) = (Float(0), Float(0), Float(0))
        for nearY in max(y - 1, 0)...min(y + 1, rows - 1) {
          for nearX in max(x - 1, 0)...min(x + 1, columns - 1) where known[nearY * columns + nearX] {
            sumU += u[nearY * columns + nearX]
            sumV += v[nearY * columns + nearX]
            count += 1
          }
        }
        if count > 0 { filled.append((place, sumU / count, sumV / count)) }
      }
      guard !filled.isEmpty else { return }
      for (place, newU, newV) in filled {
        (u[place], v[place], known[place]) = (newU, newV, true)
      }
      missing = missing.filter { !known[$0] }
    }
  }

  /// The median over time of each cell, then over its 3x3 neighbourhood, edges repeated.
  private func median(over planes: [[Float]], around own: [Float]) -> [Float] {
    var lasting = own
    var values = [Float](repeating: 0, count: 9)
    // An odd number: at the ends of the video, without the first.
    let planes = planes.suffix(planes.count - (planes.count + 1) % 2)
    if planes.count > 1 {
      for cell in own.indices {
        for (count, plane) in planes.enumerated() { Self.insert(plane[cell], into: &values, count) }
        lasting[cell] = values[planes.count / 2]
      }
    }
    var result = lasting
    for y in 0..<rows {
      for x in 0..<columns {
        var count = 0
        for nearY in y - 1...y + 1 {
          let row = min(max(nearY, 0), rows - 1) * columns
          for nearX in x - 1...x + 1 {
            Self.insert(lasting[row + min(max(nearX, 0), columns - 1)], into: &values, count)
            count += 1
          }
        }
        result[y * columns + x] = values[4]
      }
    }
    return result
  }

  /// Inserts a value into the first `count` ones, which are in order.
  private static func insert(_ value: Float, into values: inout [Float], _ count: Int) {
    var place = count
    while place > 0, values[place - 1] > value {
      values[place] = values[place - 1]
      place -= 1
    }
    values[place] = value
  }
}
