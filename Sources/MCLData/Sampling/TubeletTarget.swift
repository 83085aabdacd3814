import MCLMotion
import MCLVideo

/// The motion target of a query clip, `mag` [T, h, w] (reference, section 6): where the motion alignment loss wants the
/// saliency to lie.
package struct TubeletTarget: Sendable, Equatable {
  /// Flows a group, one group for every frame of the published network's last maps, and pixels a cell.
  package static let groupLength = 4
  package static let block = 32

  /// Groups T, rows h and columns w.
  package let groups: Int
  package let rows: Int
  package let columns: Int
  /// [T, h, w], row-major.
  package let values: [Float]

  /// The flow images of the clip's frames get the clip's crop, resize (antialiased bilinear, 8 bits) and flip; in each
  /// group the boundary magnitudes of u and of v are averaged over blocks and added, without a rim. The crop is resized to
  /// block ceil(H/block) x block ceil(W/block), so that the target has the shape of the last layer's maps.
  ///
  /// A flip mirrors the result: u's sign would change too, but a magnitude does not see it, and mirrored images have
  /// mirrored derivatives.
  ///
  /// - Parameters:
  ///   - flows: one a frame of the clip, a multiple of the group's length.
  ///   - groupLength: flows a group, 4 in the reference.
  ///   - block: pixels of a cell, 32 in the reference.
  ///   - top: first row of the crop; `left`, `cropHeight` and `cropWidth` likewise, in pixels of the flow.
  ///   - height: height H of the clip after the resize; width W likewise.
  ///   - flipped: whether the clip is mirrored horizontally.
  /// - Throws: `MotionError` where the flows are not whole groups of one size or the crop leaves them.
  package init(
    flows: [QuantizedFlow], top: Int, left: Int, cropHeight: Int, cropWidth: Int, height: Int, width: Int,
    flipped: Bool, groupLength: Int = Self.groupLength, block: Int = Self.block
  ) throws {
    guard let first = flows.first, groupLength > 0, flows.count % groupLength == 0 else {
      throw MotionError(
        "a tubelet of \(flows.count) flows does not divide in groups of \(groupLength); pass one flow a frame of whole groups"
      )
    }
    guard flows.allSatisfy({ $0.width == first.width && $0.height == first.height }) else {
      throw MotionError(
        "the flows of a tubelet that starts with \(first.width)x\(first.height) differ in size; pass flows of one video"
      )
    }
    guard top >= 0, left >= 0, cropHeight > 0, cropWidth > 0, top <= first.height - cropHeight,
      left <= first.width - cropWidth
    else {
      throw MotionError(
        "the crop of \(cropWidth)x\(cropHeight) at (\(left), \(top)) leaves the flow of \(first.width)x\(first.height); keep it inside"
      )
    }
    guard height > 0, width > 0, (1...1 << 16).contains(block) else {
      throw MotionError(
        "a clip of \(width)x\(height) pixels has no motion target; use a size of at least 1x1")
    }
    groups = flows.count / groupLength
    rows = (height + block - 1) / block
    columns = (width + block - 1) / block
    let boundary = try MotionBoundary(width: columns * block, height: rows * block)
    let resize = try BilinearResize(
      crop: Crop(x: left, y: top, width: cropWidth, height: cropHeight), width: boundary.width,
      height: boundary.height)
    let resized = { (image: [UInt8]) in
      try resize.resized(image, width: first.width, height: first.height, channels: 1)
    }
    var values: [Float] = []
    for group in 0..<groups {
      var sums = SlidingFlowSums(pixels: boundary.width * boundary.height, length: groupLength)
      for flow in flows[group * groupLength..<(group + 1) * groupLength] {
        sums.append(u: try resized(flow.u), v: try resized(flow.v))
      }
      let u = try boundary.blockMeans(ofSum: sums.sumU, block: block, rim: 0)
      let v = try boundary.blockMeans(ofSum: sums.sumV, block: block, rim: 0)
      for row in 0..<rows {
        let cells = (row * columns..<(row + 1) * columns).map { u[$0] + v[$0] }
        values.append(contentsOf: flipped ? cells.reversed() : cells)
      }
    }
    self.values = values
  }
}
