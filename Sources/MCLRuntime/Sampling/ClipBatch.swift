/// One batch of MCL training: the inputs of a step, as the reference's section 3 names them.
public struct ClipBatch: Sendable, Hashable {
  /// Which batch of the run this is.
  public let index: Int
  /// N samples of T frames of H x W pixels.
  public let count: Int
  public let frames: Int
  public let height: Int
  public let width: Int
  /// Shape of one sample's motion target, [T/4, h, w].
  public let motionShape: [Int]
  /// Clip 1 under augmentations A and B, clips 2 and 3: f32 [N, 3, T, H, W].
  public private(set) var xq: [Float]
  public private(set) var x1: [Float]
  public private(set) var x2: [Float]
  public private(set) var x3: [Float]
  /// Motion target of the query: f32 [N, T/4, h, w].
  public private(set) var mag: [Float]
  /// 1 where clip 1 comes first: i64 [N].
  public private(set) var order: [Int64]

  /// A batch of zeros, to be filled by `write`.
  /// - Parameter motionShape: nil means [T/4, ceil(H/32), ceil(W/32)].
  /// - Throws: `SamplingError` where a size is below 1.
  public init(
    index: Int, count: Int, frames: Int, height: Int, width: Int, motionShape: [Int]? = nil
  ) throws {
    let shape = motionShape ?? [frames / 4, (height + 31) / 32, (width + 31) / 32]
    let sizes = [count, frames, height, width] + shape
    guard sizes.allSatisfy({ (1...1 << 20).contains($0) }),
      Double(count) * Double(frames) * Double(height) * Double(width) < 0x1p40,
      shape.reduce(Double(count), { $0 * Double($1) }) < 0x1p40
    else {
      throw SamplingError(
        "a batch of \(count) clips of \(frames) frames of \(width)x\(height) pixels with motion \(shape) cannot be "
          + "made: give sizes of at least 1, at least 4 frames, and less than 2^40 pixels in all")
    }
    self.index = index
    self.count = count
    self.frames = frames
    self.height = height
    self.width = width
    self.motionShape = shape
    // Four arrays, not one that is copied as soon as it is written to.
    func clips() -> [Float] { [Float](repeating: 0, count: count * 3 * frames * height * width) }
    (xq, x1, x2, x3) = (clips(), clips(), clips(), clips())
    mag = [Float](repeating: 0, count: count * shape.reduce(1, *))
    order = [Int64](repeating: 0, count: count)
  }

  /// Augments one sample into its place.
  /// - Parameters:
  ///   - plan: what to draw from the clips.
  ///   - clips: the decoded frames of clips 1, 2 and 3.
  ///   - motion: the query's motion target, [T/4, h, w].
  ///   - position: of the sample in the batch, from 0.
  /// - Throws: `SamplingError` where a size does not fit the batch.
  public mutating func write(
    _ plan: TubeletPlan, clips: [[RGBImage]], motion: [Float], at position: Int
  ) throws {
    let motionCount = motionShape.reduce(1, *)
    guard (0..<count).contains(position), clips.count == 3, clips.allSatisfy({ $0.count == frames }),
      motion.count == motionCount
    else {
      throw SamplingError(
        "sample \(position) with clips of \(clips.map(\.count)) frames and \(motion.count) motion values does not fit "
          + "a batch of \(count) with 3 clips of \(frames) frames and \(motionCount) motion values each")
    }
    try Self.augment(clips[0], by: plan.xq, into: &xq, at: position, of: count)
    try Self.augment(clips[0], by: plan.x1, into: &x1, at: position, of: count)
    try Self.augment(clips[1], by: plan.x2, into: &x2, at: position, of: count)
    try Self.augment(clips[2], by: plan.x3, into: &x3, at: position, of: count)
    mag.replaceSubrange(position * motionCount..<(position + 1) * motionCount, with: motion)
    order[position] = Int64(plan.starts.order)
  }

  private static func augment(
    _ frames: [RGBImage], by augmentation: TubeletAugmentation, into clips: inout [Float], at position: Int,
    of count: Int
  ) throws {
    let size = clips.count / count
    // Bounds: clips holds count samples of `size` numbers, and position is below count.
    try clips.withUnsafeMutableBufferPointer {
      let sample = UnsafeMutableBufferPointer(rebasing: $0[position * size..<(position + 1) * size])
      try augmentation.apply(frames: frames, into: sample)
    }
  }
}
