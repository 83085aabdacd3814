import Foundation
import MCLSupport
import MCLVideo

/// Computes the motion record of a video in one pass over its frames.
package struct MotionPreparation: Sendable {
  package typealias Frame = (rgb: [UInt8], width: Int, height: Int)

  package var parameters: MotionParameters
  private let queue: WorkQueue

  /// - Parameter workers: threads that compute flows; the result does not depend on it.
  package init(parameters: MotionParameters, workers: Int = ProcessorCount.threads) {
    self.init(parameters: parameters, queue: WorkQueue(workers: workers))
  }

  /// Flows are computed by the threads of `queue`, which other videos may share.
  package init(parameters: MotionParameters, queue: WorkQueue) {
    self.parameters = parameters
    self.queue = queue
  }

  /// The record of a video file, by whichever flow the parameters name.
  ///
  /// - Parameters:
  ///   - progress: called after each flow with the number of flows done so far; what it throws ends the work.
  ///   - onIndex: given the index of the frames, where all of them were decoded.
  /// - Throws: `VideoError` and `MotionError` for what is wrong with the video, and what `progress` throws.
  package func analyze(
    path: some PathConvertible, identity: VideoIdentity, progress: (Int) throws -> Void = { _ in },
    onIndex: (FrameIndex) -> Void = { _ in }
  ) throws -> VideoMotion {
    switch parameters.source {
    case .tvl1:
      let decoder = try VideoDecoder(path: path, shortSide: parameters.shortSide, keepsIndex: true)
      var motion = try analyze(
        identity: identity, nextFrame: { try decoder.next().map { ($0.pixels, $0.width, $0.height) } },
        progress: progress)
      if let index = try? decoder.index() { onIndex(index) }
      motion.frameRate = decoder.frameRate
      return try fitted(motion)
    case .codec:
      let flow = try CodecFlow(path: path.filePath, shortSide: parameters.shortSide)
      var motion = try record(
        identity, width: flow.width, height: flow.height, progress: progress,
        nextFlow: {
          guard let grid = try flow.next() else { return nil }
          return { Flow(grid: grid) }
        })
      motion.frameRate = flow.frameRate
      return try fitted(motion)
    }
  }

  /// The record of frames, by TV-L1.
  ///
  /// - Parameters:
  ///   - identity: of the file the frames come from.
  ///   - nextFrame: the next frame as interleaved RGB, nil after the last; all frames have one size.
  ///   - progress: called after each flow with the number of flows done so far; what it throws ends the work.
  /// - Throws: `MotionError` where there is no frame or sizes change, and whatever `nextFrame` and `progress` throw.
  package func analyze(
    identity: VideoIdentity, nextFrame: () throws -> Frame?, progress: (Int) throws -> Void = { _ in }
  ) throws -> VideoMotion {
    guard case .tvl1(let method) = parameters.source else {
      throw MotionError("frames have no motion vectors; name the video's file or use TV-L1")
    }
    guard let first = try nextFrame() else {
      throw MotionError("the video has no frames; name one that decodes")
    }
    var last = try GrayImage(rgb: first.rgb, width: first.width, height: first.height)
    var count = 1
    return try record(
      identity, width: first.width, height: first.height, progress: progress,
      nextFlow: {
        guard let frame = try nextFrame() else { return nil }
        guard frame.width == first.width, frame.height == first.height else {
          throw MotionError(
            "frame \(count) has \(frame.width)x\(frame.height) pixels after frames of \(first.width)x\(first.height); resize the frames to one size"
          )
        }
        let (from, to) = (last, try GrayImage(rgb: frame.rgb, width: frame.width, height: frame.height))
        (last, count) = (to, count + 1)
        return { Flow(grid: QuantizedFlow(try method.flow(from: from, to: to))) }
      })
  }

  /// The same for frames at hand.
  package func analyze(
    identity: VideoIdentity, frames: some Sequence<Frame>, progress: (Int) throws -> Void = { _ in }
  ) throws -> VideoMotion {
    var iterator = frames.makeIterator()
    return try analyze(identity: identity, nextFrame: { iterator.next() }, progress: progress)
  }

  /// The record of an entry's flows with these parameters' maps and velocities, and the velocities it had as well.
  ///
  /// - Throws: `MotionError` where the entry is damaged, and what `progress` throws.
  package func remeasure(_ entry: MotionCacheEntry, progress: (Int) throws -> Void = { _ in }) throws
    -> VideoMotion
  {
    var copy = self
    copy.parameters.clipSpans = Set(parameters.clipSpans + entry.clipSpans).sorted()
    var packed = try entry.packed(0..<entry.flowCount).makeIterator()
    var motion = try copy.record(
      entry.identity, width: entry.width, height: entry.height, progress: progress,
      nextFlow: {
        guard let one = packed.next() else { return nil }
        return { Flow(grid: try one.unpacked(), packed: one) }
      })
    motion.frameRate = entry.frameRate
    return motion
  }

  private func fitted(_ motion: VideoMotion) throws -> VideoMotion {
    let header = MotionCacheHeader(motion)
    var motion = motion
    motion.flows = try FlowBudget(header).fitted(motion.flows, index: header.indexLength)
    return motion
  }

  // MARK: One flow after the other

  /// A flow for cells of pixels, and its packed form where that is known.
  private struct Flow: Sendable {
    var grid: QuantizedFlow
    var packed: PackedFlow?
  }

  /// What one flow gives, all of it independent of other flows.
  private struct Measured: Sendable {
    var full: QuantizedFlow
    var packed: PackedFlow
    var resized: (u: [UInt8], v: [UInt8])
  }

  /// Some flows are computed at the same time, and put together in order.
  private func record(
    _ identity: VideoIdentity, width: Int, height: Int, progress: (Int) throws -> Void,
    nextFlow: () throws -> (@Sendable () throws -> Flow)?
  ) throws -> VideoMotion {
    guard width <= VideoLimits.side, height <= VideoLimits.side, width * height <= VideoLimits.area else {
      throw MotionError("frames of \(width)x\(height) are too large for motion; scale them down")
    }
    var maps = try MotionMaps(width: width, height: height, window: parameters.window)
    var velocities = try parameters.clipSpans.map {
      try ClipVelocities(width: width, height: height, span: $0)
    }
    let enlargement = GridEnlargement(width: width, height: height, cell: parameters.source.cell)
    var flows: [PackedFlow] = []
    var coming: [WorkQueue.Pending<Measured>] = []
    func takeFirst() throws {
      let measured = try coming.removeFirst().value()
      try maps.append(resized: measured.resized)
      for index in velocities.indices { try velocities[index].append(measured.full) }
      flows.append(measured.packed)
      try progress(flows.count)
    }
    while let work = try nextFlow() {
      let resizing = maps.resizing
      coming.append(
        queue.submit {
          let flow = try work()
          let full = enlargement.enlarged(flow.grid)
          return Measured(
            full: full, packed: flow.packed ?? PackedFlow(flow.grid), resized: try resizing.resized(full))
        })
      // One more than there are workers, so that none waits for the next frame.
      if coming.count > queue.workers { try takeFirst() }
    }
    while !coming.isEmpty { try takeFirst() }
    return VideoMotion(
      identity: identity, parameters: parameters, frameCount: flows.count + 1, width: width, height: height,
      frameRate: nil, maps: try maps.finish(),
      velocities: Dictionary(
        zip(parameters.clipSpans, velocities.map(\.values)), uniquingKeysWith: { first, _ in first }),
      flows: flows)
  }
}
