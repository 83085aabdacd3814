import CFFmpeg

/// How coded pictures are to be shown: the shape of their pixels, then an exchange of the axes and mirrors, which make
/// quarter turns. Phones film upright by a mark that says "turn this"; DVDs hold pixels that are not square.
struct DisplayShape: Sendable {
  /// Width over height of a coded pixel.
  var pixelAspect: (numerator: Int, denominator: Int) = (1, 1)
  /// Rows of the picture shown are columns of the coded one.
  var swapsAxes = false
  /// The picture shown, its axes exchanged or not, runs from right to left.
  var mirrorsColumns = false
  /// It runs from bottom to top.
  var mirrorsRows = false

  var turns: Bool { swapsAxes || mirrorsColumns || mirrorsRows }

  /// Pixels as a file states them that are this much longer than wide, or wider than long, are taken for a mistake.
  private static let largestAspect = 4

  init(pixelAspect: (Int, Int) = (1, 1), displayMatrix: [Int32]? = nil) {
    let (wide, high) = pixelAspect
    if wide > 0, high > 0, wide <= Self.largestAspect * high, high <= Self.largestAspect * wide {
      self.pixelAspect = (wide, high)
    }
    // Columns a, c and b, d of a linear map from coded to shown places: x' = a x + c y, y' = b x + d y, 16.16 bits each.
    guard let displayMatrix, displayMatrix.count == 9 else { return }
    let (a, b) = (Int64(displayMatrix[0]), Int64(displayMatrix[1]))
    let (c, d) = (Int64(displayMatrix[3]), Int64(displayMatrix[4]))
    func isSmall(_ one: Int64, beside other: Int64) -> Bool { 50 * abs(one) < abs(other) }
    if a != 0, d != 0, isSmall(b, beside: a), isSmall(c, beside: d) {
      (mirrorsColumns, mirrorsRows) = (a < 0, d < 0)
    } else if b != 0, c != 0, isSmall(a, beside: c), isSmall(d, beside: b) {
      (swapsAxes, mirrorsColumns, mirrorsRows) = (true, c < 0, b < 0)
    }
    // Any other angle is left alone, as players do.
  }

  /// What a file's stream states.
  init(_ stream: UnsafeMutablePointer<AVStream>) {
    let parameters = stream.pointee.codecpar.pointee
    let aspect = [stream.pointee.sample_aspect_ratio, parameters.sample_aspect_ratio].first {
      $0.num > 0 && $0.den > 0
    }
    self.init(
      pixelAspect: aspect.map { (Int($0.num), Int($0.den)) } ?? (1, 1),
      // Bound: the matrix is nine numbers.
      displayMatrix: mcl_display_matrix(stream).map { Array(UnsafeBufferPointer(start: $0, count: 9)) })
  }

  /// The size at which pixels are square, the axes exchanged where they are: no side gets shorter.
  func shownSize(width: Int, height: Int) -> (width: Int, height: Int) {
    let (wide, high) = pixelAspect
    let (w, h) =
      wide >= high
      ? ((width * wide + high / 2) / high, height) : (width, (height * high + wide / 2) / wide)
    return swapsAxes ? (h, w) : (w, h)
  }

  /// RGB [height, width, 3] of a picture whose pixels are square, turned.
  func turned(_ frame: VideoFrame) -> VideoFrame {
    guard turns else { return frame }
    let (width, height) = swapsAxes ? (frame.height, frame.width) : (frame.width, frame.height)
    let pixels = [UInt8](unsafeUninitializedCapacity: 3 * width * height) { target, count in
      frame.pixels.withUnsafeBufferPointer { source in
        for y in 0..<height {
          for x in 0..<width {
            // Bounds: along ... < width and across ... < height, which are the source's sides, exchanged or not.
            let along = mirrorsColumns ? width - 1 - x : x
            let across = mirrorsRows ? height - 1 - y : y
            let from = 3 * (swapsAxes ? along * frame.width + across : across * frame.width + along)
            let to = 3 * (y * width + x)
            target[to] = source[from]
            target[to + 1] = source[from + 1]
            target[to + 2] = source[from + 2]
          }
        }
      }
      count = 3 * width * height
    }
    return VideoFrame(width: width, height: height, pixels: pixels)
  }

  /// Where the pixels of a part of the picture shown are in the picture before it is turned.
  func coded(_ part: Crop, shownWidth: Int, shownHeight: Int) -> Crop {
    let along = mirrorsColumns ? shownWidth - part.x - part.width : part.x
    let across = mirrorsRows ? shownHeight - part.y - part.height : part.y
    return swapsAxes
      ? Crop(x: across, y: along, width: part.height, height: part.width)
      : Crop(x: along, y: across, width: part.width, height: part.height)
  }

  /// A coded frame's motion vectors as those of the frame shown, its pixels not square yet.
  func turned(_ vectors: FrameVectors) -> FrameVectors {
    guard turns else { return vectors }
    var shown = vectors
    if swapsAxes { (shown.width, shown.height) = (vectors.height, vectors.width) }
    for place in shown.blocks.indices {
      var block = vectors.blocks[place]
      if swapsAxes {
        (block.left, block.top) = (block.top, block.left)
        (block.width, block.height) = (block.height, block.width)
        (block.dx, block.dy) = (block.dy, block.dx)
      }
      if mirrorsColumns {
        (block.left, block.dx) = (Float(shown.width) - block.left - block.width, -block.dx)
      }
      if mirrorsRows {
        (block.top, block.dy) = (Float(shown.height) - block.top - block.height, -block.dy)
      }
      shown.blocks[place] = block
    }
    return shown
  }
}
