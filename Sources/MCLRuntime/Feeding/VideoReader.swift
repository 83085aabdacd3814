import MCLData
import MCLMotion
import MCLVideo

/// The videos of a run, and what is kept in memory of their frames and flows.
package final class VideoReader: Sendable {
  package let videos: [PreparedVideo]
  private let frames: FrameStore
  private let flows: FlowStore

  /// - Parameters:
  ///   - shortSide: frames whose short side is larger are scaled to it, as when they were prepared.
  ///   - decodedBudget: bytes of decoded frames and unpacked flows that are kept.
  package init(_ videos: [PreparedVideo], shortSide: Int? = 256, decodedBudget: Int = 1 << 30) {
    self.videos = videos
    // A pixel has three bytes of colour and two of flow.
    frames = FrameStore(budget: decodedBudget / 5 * 3, shortSide: shortSide)
    flows = FlowStore(budget: decodedBudget / 5 * 2)
  }

  /// Reads what was drawn; what it returns augments it into a batch.
  ///
  /// Clips of the same frames are read once, as far as any of their crops reaches.
  /// - Throws: `VideoError` or `MotionError` where the video or its motion cannot be read any more, `UsageError` where its
  ///   class is unknown.
  package func read(
    _ drawn: DrawnSample, _ fields: VideoFields, classes: ClassTable?
  ) throws -> SampleWriter {
    let video = drawn.video
    var wanted: [(numbers: [Int], window: Crop)] = []
    var places: [Int] = []
    for clip in drawn.clips {
      if let place = wanted.firstIndex(where: { $0.numbers == clip.frames }) {
        wanted[place].window = wanted[place].window.union(clip.augmentation.crop)
        places.append(place)
      } else {
        places.append(wanted.count)
        wanted.append((clip.frames, clip.augmentation.crop))
      }
    }
    let clips = try frames.clips(video, wanted)
    let flows = try fields.motions.map { motion in
      // Flow i goes to the frame after i, so the last frame has its predecessor's.
      let entry = try video.requiredMotion()
      return try self.flows.flows(
        entry, drawn.clips[motion.clip].frames.map { min($0, entry.flowCount - 1) })
    }
    let label = try fields.labels.isEmpty ? nil : video.video.label.flatMap { try classes?.index(of: $0) }
    return { batch, position in
      for (clip, place) in zip(drawn.clips, places) {
        var augmentation = clip.augmentation
        augmentation.crop = augmentation.crop.within(clips[place].window)
        try batch.write(clip.input, at: position) {
          try augmentation.apply(frames: clips[place].frames, into: $0)
        }
      }
      for (motion, flows) in zip(fields.motions, flows) {
        let look = drawn.clips[motion.clip].augmentation
        let target = try TubeletTarget(
          flows: flows, top: look.crop.y, left: look.crop.x, cropHeight: look.crop.height,
          cropWidth: look.crop.width, height: look.height, width: look.width, flipped: look.isFlipped,
          groupLength: motion.groupLength, block: motion.block)
        try batch.write(target.values, to: motion.input, at: position)
      }
      for (input, value) in drawn.integers { batch.write(value, to: input, at: position) }
      for input in fields.numbers { batch.write(Int64(drawn.sample.number), to: input, at: position) }
      if let label { for input in fields.labels { batch.write(Int64(label), to: input, at: position) } }
    }
  }
}
