import Foundation
import MCLData
import MCLSupport
import MCLVideo

/// Times what becomes of a clip between its file and a training step: decoding; crop, resize and normalisation; colour,
/// grey and blur. The clips are drawn from videos, each with one start, one crop and one augmentation.
package struct LoaderBenchmark: Sendable {
  /// A clip, and what happens to it.
  package struct Clip: Sendable, Codable {
    package var path: String
    /// Frames of the video after scaling, in pixels.
    package var frameWidth: Int
    package var frameHeight: Int
    /// Frames of the video, counted from 0.
    package var frames: [Int]
    package var augmentation: TubeletAugmentation
  }

  /// Seconds that one thread takes for all clips, part by part.
  package struct Parts: Sendable {
    package var decode = 0.0
    /// Crop, resize, flip, normalisation and layout.
    package var resize = 0.0
    /// Colour, grey and blur.
    package var augment = 0.0
  }

  package let clips: [Clip]
  package let threads: Int
  /// Frames whose short side is larger are scaled to it, as in training.
  private let shortSide: Int?
  /// By path. Training keeps them beside the motion.
  private let indices: [FilePath: FrameIndex]

  // MARK: Clips

  /// Draws `count` clips of each video: 16 frames, every second one, from a uniform start; a random resized crop and the
  /// whole of the training augmentation.
  ///
  /// - Parameter size: of the clips, pixels a side.
  /// - Throws: `VideoError` for a video that does not decode, `SamplingError` for one shorter than a clip.
  package init(
    videos: [String], count: Int, size: Int, threads: Int, seed: UInt64 = 1, shortSide: Int? = 256
  ) throws {
    let temporal = try TemporalSampler(guidedProbability: 0)
    let spatial = try SpatialSampler()
    self.threads = threads
    self.shortSide = shortSide
    let indices = try videos.map { (path: $0, index: try FrameIndex(decoding: $0)) }
    self.indices = Dictionary(
      indices.map { (FilePath($0.path), $0.index) }, uniquingKeysWith: { first, _ in first })
    clips = try indices.enumerated().flatMap { number, video -> [Clip] in
      let (path, frameCount) = (video.path, video.index.count)
      let decoder = try ClipReader(path: path, shortSide: shortSide, index: video.index)
      return try (0..<count).map { place in
        func stream(_ purpose: CounterRandom.Purpose) -> CounterRandom {
          CounterRandom(seed: seed, epoch: number, sample: place, purpose: purpose)
        }
        var (starts, crops, looks) = (stream("starts"), stream("crop.xq"), stream("augmentation.xq"))
        let start = try temporal.sample(frameCount: frameCount, velocities: [], video: path, random: &starts)
        let crop = try spatial.sample(
          frameWidth: decoder.width, frameHeight: decoder.height, box: nil, random: &crops)
        return Clip(
          path: path, frameWidth: decoder.width, frameHeight: decoder.height,
          frames: temporal.frameIndices(start: start.clip1),
          augmentation: try AugmentationPolicy.full.draw(
            crop: crop, width: size, height: size, random: &looks))
      }
    }
  }

  // MARK: Work

  /// The frames of a clip.
  /// - Throws: `VideoError` where the video no longer gives them.
  package func decode(_ clip: Clip) throws -> [RGBImage] {
    try reader(clip).frames(clip.frames).map {
      try RGBImage(width: $0.width, height: $0.height, pixels: $0.pixels)
    }
  }

  private func reader(_ clip: Clip) throws -> ClipReader {
    guard let index = indices[FilePath(clip.path)] else {
      throw ExecutionError("'\(clip.path)' is none of the videos of this benchmark")
    }
    return try ClipReader(path: clip.path, shortSide: shortSide, index: index)
  }

  /// The part of a clip's frames that its crop takes, as training reads it, and the augmentation from there on.
  private func cropped(_ clip: Clip) throws -> ([RGBImage], TubeletAugmentation) {
    var augmentation = clip.augmentation
    augmentation.crop = augmentation.crop.within(clip.augmentation.crop)
    let frames = try reader(clip).clips([(numbers: clip.frames, window: clip.augmentation.crop)])[0]
    return (
      try frames.map { try RGBImage(width: $0.width, height: $0.height, pixels: $0.pixels) }, augmentation
    )
  }

  /// A clip from its file to f32 [3, T, H, W].
  /// - Throws: `VideoError` and `SamplingError`.
  package func load(_ clip: Clip) throws -> [Float] {
    let (frames, augmentation) = try cropped(clip)
    return try augmentation.apply(frames: frames)
  }

  /// Loads all clips on `threads` workers, as training does, and drops them.
  /// - Returns: the seconds it took.
  package func run() throws -> Double {
    let loader = try BatchLoader(indices: 0..<clips.count, workers: threads, capacity: threads + 1) {
      try load(clips[$0])
    }
    defer { loader.stop() }
    let start = ContinuousClock.now
    for _ in clips { _ = try loader.next() }
    return (ContinuousClock.now - start).seconds
  }

  /// Times the parts on one thread, one clip at a time.
  package func parts() throws -> Parts {
    var parts = Parts()
    let clock = ContinuousClock()
    for clip in clips {
      let start = clock.now
      let (frames, augmentation) = try cropped(clip)
      let decoded = clock.now
      _ = try Self.plain(augmentation).apply(frames: frames)
      let resized = clock.now
      _ = try augmentation.apply(frames: frames)
      let augmented = clock.now
      parts.decode += (decoded - start).seconds
      parts.resize += (resized - decoded).seconds
      parts.augment += ((augmented - resized) - (resized - decoded)).seconds
    }
    return parts
  }

  private static func plain(_ augmentation: TubeletAugmentation) -> TubeletAugmentation {
    var result = augmentation
    (result.colour, result.isGrey, result.blurSigma) = ([], false, nil)
    return result
  }

  // MARK: Validation

  /// Compares the decoded frames with those of a decoder that starts at the video's first frame, the crop and resize
  /// with their definition in double precision, and what several workers load with what one does.
  ///
  /// - Throws: `ExecutionError` where they differ, and what `load` throws.
  package func validate() throws {
    var expected: [Int: Int] = [:]
    for (number, clip) in clips.enumerated() {
      let frames = try decode(clip)
      try expectFrames(frames, of: clip)
      let plain = try Self.plain(clip.augmentation).images([frames[0]])[0]
      guard Self.difference(plain, Self.resized(frames[0], Self.plain(clip.augmentation))) <= 1 else {
        throw ExecutionError(
          "a resized frame of '\(clip.path)' is not what it is defined as; no time is given")
      }
      let values = try clip.augmentation.apply(frames: frames)
      guard values.allSatisfy(\.isFinite) else {
        throw ExecutionError("a clip of '\(clip.path)' holds a value that is not finite; no time is given")
      }
      expected[number] = values.hashValue
    }
    let loader = try BatchLoader(indices: 0..<clips.count, workers: threads, capacity: threads + 1) {
      try load(clips[$0]).hashValue
    }
    defer { loader.stop() }
    for number in clips.indices {
      guard try loader.next() == expected[number] else {
        throw ExecutionError(
          "a clip of '\(clips[number].path)' depends on the number of workers; no time is given")
      }
    }
  }

  private func expectFrames(_ frames: [RGBImage], of clip: Clip) throws {
    let decoder = try VideoDecoder(path: clip.path, shortSide: shortSide)
    var passed = 0
    for (frame, number) in zip(frames, clip.frames) {
      passed += try decoder.skip(number - passed)
      guard passed == number, let sequential = try decoder.next(), sequential.pixels == frame.pixels else {
        throw ExecutionError("frame \(number) of '\(clip.path)' is another one; no time is given")
      }
      passed += 1
    }
  }

  /// Antialiased bilinear interpolation of the crop, and the flip, in double precision.
  private static func resized(_ frame: RGBImage, _ augmentation: TubeletAugmentation) -> RGBImage {
    let crop = augmentation.crop
    /// Of each result position, the source positions and their weights.
    func taps(_ from: Int, _ to: Int) -> [[(Int, Double)]] {
      let scale = Double(from) / Double(to)
      let reach = max(scale, 1)
      return (0..<to).map { place in
        let centre = (Double(place) + 0.5) * scale
        let weights = (0..<from).map { source -> (Int, Double) in
          let distance = abs(Double(source) + 0.5 - centre)
          return (source, max(0, 1 - distance / reach))
        }.filter { $0.1 > 0 }
        let total = weights.reduce(0) { $0 + $1.1 }
        return weights.map { ($0.0, $0.1 / total) }
      }
    }
    let (rows, columns) = (taps(crop.height, augmentation.height), taps(crop.width, augmentation.width))
    var pixels = [UInt8](repeating: 0, count: 3 * augmentation.width * augmentation.height)
    for (y, row) in rows.enumerated() {
      for (x, column) in columns.enumerated() {
        let place = 3 * (y * augmentation.width + (augmentation.isFlipped ? augmentation.width - 1 - x : x))
        for channel in 0..<3 {
          var sum = 0.0
          for (sourceY, weightY) in row {
            for (sourceX, weightX) in column {
              let source = 3 * ((crop.y + sourceY) * frame.width + crop.x + sourceX) + channel
              sum += weightY * weightX * Double(frame.pixels[source])
            }
          }
          pixels[place + channel] = UInt8(min(max(sum.rounded(), 0), 255))
        }
      }
    }
    return RGBImage(checkedWidth: augmentation.width, height: augmentation.height, pixels: pixels)
  }

  /// The largest difference of two images of one size.
  private static func difference(_ one: RGBImage, _ other: RGBImage) -> Int {
    guard one.pixels.count == other.pixels.count else { return .max }
    return zip(one.pixels, other.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
  }
}
