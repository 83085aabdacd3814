import MCLSupport

/// Draws where the three clips of a training sample start, and the order label (reference, section 5, "Temporal").
///
/// The video of D frames is split in halves; label 1 puts clip 1 in the first half and clips 2 and 3 (sorted in time,
/// possibly equal) in the second, label 0 the other way round. With probability `guidedProbability` only the fastest
/// floor(n1/2)+1 starts of each half are drawn from, n1 being the number of starts of the first half.
package struct TemporalSampler: Sendable, Hashable {
  /// Frames a clip has.
  package let clipFrames: Int
  /// Frames of the video from one frame of the clip to the next.
  package let step: Int
  /// Probability of a motion-guided draw.
  package let guidedProbability: Double

  /// Frames of the video that a clip spans: clipFrames x step.
  package var span: Int { clipFrames * step }

  /// - Throws: `SamplingError` where a length is below 1 or the probability outside 0...1.
  package init(clipFrames: Int = 16, step: Int = 2, guidedProbability: Double = 0.7) throws {
    guard clipFrames >= 1, step >= 1, clipFrames <= 1 << 20, step <= 1 << 20 else {
      throw SamplingError(
        "a clip of \(clipFrames) frames at step \(step) cannot be sampled: give a length and a step of 1 to 1048576"
      )
    }
    guard guidedProbability >= 0, guidedProbability <= 1 else {
      throw SamplingError(
        "the probability of motion-guided starts is \(guidedProbability): give one from 0 to 1")
    }
    self.clipFrames = clipFrames
    self.step = step
    self.guidedProbability = guidedProbability
  }

  /// The drawn starts. Starts count from 1, as the reference's do.
  package struct Starts: Sendable, Hashable {
    package var clip1: Int
    package var clip2: Int
    package var clip3: Int
    /// 1 where clip 1 comes first in time, else 0.
    package var order: Int
    /// Whether the draw was motion-guided (never for a video shorter than two spans).
    package var isGuided: Bool

    package init(clip1: Int, clip2: Int, clip3: Int, order: Int, isGuided: Bool) {
      self.clip1 = clip1
      self.clip2 = clip2
      self.clip3 = clip3
      self.order = order
      self.isGuided = isGuided
    }
  }

  /// The legal starts of the two halves of a video of at least two spans: 1...h-span+1 and h...D-span+1, h = floor(D/2).
  package func halves(frameCount: Int) -> (first: ClosedRange<Int>, second: ClosedRange<Int>)? {
    guard frameCount >= 2 * span else { return nil }
    let half = frameCount / 2
    return (1...half - span + 1, half...frameCount - span + 1)
  }

  /// The floor(n1/2)+1 fastest starts of each half, fastest first, ties by the lower start; nil below two spans.
  /// The last start, D-span+1, has no velocity of its own and takes that of its predecessor.
  /// - Parameter velocities: one a start 1...D-span, in units of the motion analysis.
  /// - Throws: `SamplingError` where their number is not D-span or one is not finite.
  package func fastestStarts(
    frameCount: Int, velocities: [Float], video: String
  ) throws -> (first: [Int], second: [Int])? {
    guard let halves = halves(frameCount: frameCount) else { return nil }
    guard velocities.count == frameCount - span else {
      throw SamplingError(
        "video \(video) of \(frameCount) frames has \(velocities.count) clip velocities, not the "
          + "\(frameCount - span) that clips spanning \(span) frames need: prepare its motion again")
    }
    guard velocities.allSatisfy(\.isFinite) else {
      throw SamplingError(
        "video \(video) has a clip velocity that is not a finite number: prepare its motion again")
    }
    let kept = halves.first.count / 2 + 1
    func fastest(_ starts: ClosedRange<Int>) -> [Int] {
      let ranked = starts.map { (start: $0, velocity: velocities[min($0, velocities.count) - 1]) }
        .sorted { ($0.velocity, $1.start) > ($1.velocity, $0.start) }
      return ranked.prefix(kept).map(\.start)
    }
    return (fastest(halves.first), fastest(halves.second))
  }

  /// Draws the starts and the label of one sample. A video of exactly one span has one start, for all three clips.
  /// - Parameters:
  ///   - frameCount: D, the frames of the video.
  ///   - velocities: one a start 1...D-span; not looked at where D < 2 span or no draw is guided.
  ///   - video: the name that errors give.
  /// - Throws: `SamplingError` where D < span, or the velocities do not fit the video.
  package func sample(
    frameCount: Int, velocities: [Float], video: String, random: inout CounterRandom
  ) throws -> Starts {
    guard frameCount >= span else {
      throw SamplingError(
        "video \(video) has \(frameCount) frames, fewer than the \(span) a clip spans: "
          + "leave it out of the list or sample shorter clips")
    }
    let order = random.integer(below: 2)
    guard let halves = halves(frameCount: frameCount) else {
      let starts = (0..<3).map { _ in random.integer(in: 1...frameCount - span + 1) }.sorted()
      return order == 1
        ? Starts(clip1: starts[0], clip2: starts[1], clip3: starts[2], order: 1, isGuided: false)
        : Starts(clip1: starts[2], clip2: starts[0], clip3: starts[1], order: 0, isGuided: false)
    }
    let isGuided = random.bernoulli(guidedProbability)
    // Looked up even where this draw does not need it, so that bad motion is found at once, not by chance.
    let fastest =
      guidedProbability > 0
      ? try fastestStarts(frameCount: frameCount, velocities: velocities, video: video) : nil
    let everywhere = (first: Array(halves.first), second: Array(halves.second))
    let candidates = isGuided ? fastest ?? everywhere : everywhere
    func draw(_ starts: [Int]) -> Int { starts[random.integer(below: starts.count)] }
    let clip1 = draw(order == 1 ? candidates.first : candidates.second)
    let others = order == 1 ? candidates.second : candidates.first
    let (one, two) = (draw(others), draw(others))
    return Starts(clip1: clip1, clip2: min(one, two), clip3: max(one, two), order: order, isGuided: isGuided)
  }

  /// The frames of the clip that starts at `start`, counted from 0: start-1 + step t, t = 0..<clipFrames.
  package func frameIndices(start: Int) -> [Int] {
    (0..<clipFrames).map { start - 1 + step * $0 }
  }
}
