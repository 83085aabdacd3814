import MCLGraph
import MCLKernelForms

/// A tensor stored in channel blocks: the elements of `[outer, channels, inner]` (batch, channels, space) in the order
/// `[ceil(channels / 16), outer, inner, 16]`.
///
/// 16 floats are a cache line and whole vectors of every target, so that channels lie along the lanes, a pixel of a
/// block is one line, neighbouring pixels are neighbouring lines, and per-channel sums need no folding of lanes. Lanes
/// past the last channel hold zero, always.
struct BlockedLayout: Hashable {
  static let block = 16

  var outer: Int
  var channels: Int
  var inner: Int

  /// The layout of a row-major shape blocked along one of its axes; nil where that has too few channels, or whole
  /// blocks innermost already.
  init?(_ shape: some Collection<Int>, along axis: Int) {
    let shape = Array(shape)
    outer = shape[..<axis].reduce(1, *)
    channels = shape[axis]
    inner = shape[(axis + 1)...].reduce(1, *)
    guard channels >= SharedLimits.fewestChannels, isPadded || inner > 1 else { return nil }
  }

  var blocks: Int { (channels + Self.block - 1) / Self.block }
  var isPadded: Bool { channels % Self.block != 0 }
  /// Whether the blocks of a lone vector of channels are in its own order, with zeros after it.
  var isVector: Bool { outer == 1 && inner == 1 }
  var shape: [Int] { [blocks, outer, inner, Self.block] }

  /// The axis of a row-major shape that is this layout's channels.
  func channelAxis(in shape: some Collection<Int>) -> Int? {
    let shape = Array(shape)
    return shape.indices.first { axis in
      shape[axis] == channels && shape[..<axis].reduce(1, *) == outer
        && shape[(axis + 1)...].reduce(1, *) == inner
    }
  }

  /// The position among an access's indices of the one that runs over the channels; nil where the access sees the
  /// tensor in a shape that does not tell them apart.
  func channelIndex(of access: Access) -> Int? { channelAxis(in: access.indices.map(\.extent)) }
}

/// A channel coordinate as block and lane: `16 x block + lane`, with the lane along one axis at most.
struct BlockedChannel {
  /// Coefficients of the block's number and its offset.
  var block: [Int]
  var blockOffset: Int
  /// The axis that runs over channels one by one, to be split into blocks and lanes; nil for a fixed lane.
  var axis: Int?
  var lane: Int

  /// The parts of an index over the channels; nil where it is no such sum.
  init?(_ index: AffineIndex, axes: [Int], _ layout: BlockedLayout) {
    let size = BlockedLayout.block
    guard index.divisor == 1 else { return nil }
    block = index.coefficients.map { _ in 0 }
    for (position, coefficient) in index.coefficients.enumerated()
    where axes[position] != 1 && coefficient != 0 {
      if coefficient % size == 0 {
        block[position] = coefficient / size
      } else {
        guard coefficient == 1, axis == nil else { return nil }
        axis = position
      }
    }
    lane = ((index.offset % size) + size) % size
    blockOffset = (index.offset - lane) / size
    guard let axis else { return }
    guard lane == 0 else { return nil }
    // An axis that does not divide into blocks must be the channels themselves.
    if axes[axis] % size != 0 {
      guard axes[axis] == layout.channels, blockOffset == 0, block.allSatisfy({ $0 == 0 }) else { return nil }
    }
  }
}
