import Dispatch
import Foundation

/// Computes the motion record of a video in one pass over its frames.
public struct MotionPreparation: Sendable {
  public typealias Frame = (rgb: [UInt8], width: Int, height: Int)

  public var parameters: MotionParameters
  /// Flows computed at the same time, and so one less than the grey frames held; the result does not depend on it.
  public var pairsAtOnce: Int

  public init(parameters: MotionParameters, pairsAtOnce: Int = ProcessInfo.processInfo.activeProcessorCount) {
    self.parameters = parameters
    self.pairsAtOnce = max(pairsAtOnce, 1)
  }

  /// - Parameters:
  ///   - identity: of the file the frames come from.
  ///   - nextFrame: the next frame as interleaved RGB, nil after the last; all frames have one size.
  ///   - progress: called after each batch with the number of flows done so far; what it throws ends the work.
  /// - Throws: `MotionError` where there is no frame or sizes change, and whatever `nextFrame` and `progress` throw.
  public func analyze(
    identity: VideoIdentity, nextFrame: () throws -> Frame?, progress: (Int) throws -> Void = { _ in }
  ) throws -> VideoMotion {
    guard let first = try nextFrame() else {
      throw MotionError("the video has no frames; name one that decodes")
    }
    var frames = [try GrayImage(rgb: first.rgb, width: first.width, height: first.height)]
    var record = try Record(parameters, width: first.width, height: first.height)
    var ended = false
    while !ended {
      while frames.count <= pairsAtOnce {
        guard let frame = try nextFrame() else {
          ended = true
          break
        }
        guard frame.width == first.width, frame.height == first.height else {
          throw MotionError(
            "frame \(record.flows.count + frames.count) has \(frame.width)x\(frame.height) pixels after frames of \(first.width)x\(first.height); resize the frames to one size"
          )
        }
        frames.append(try GrayImage(rgb: frame.rgb, width: frame.width, height: frame.height))
      }
      for pair in try analyzePairs(frames, record.maps) { try record.append(pair) }
      if frames.count > 1 { try progress(record.flows.count) }
      frames = frames.suffix(1)
    }
    return VideoMotion(
      identity: identity, parameters: parameters, frameCount: record.flows.count + 1, width: first.width,
      height: first.height, maps: try record.maps.finish(), velocities: record.velocities.values,
      flows: record.flows)
  }

  /// The same for frames at hand.
  public func analyze(
    identity: VideoIdentity, frames: some Sequence<Frame>, progress: (Int) throws -> Void = { _ in }
  ) throws -> VideoMotion {
    var iterator = frames.makeIterator()
    return try analyze(identity: identity, nextFrame: { iterator.next() }, progress: progress)
  }

  /// What one pair of frames gives, all of it independent of other pairs.
  private struct Pair {
    var flow: QuantizedFlow
    var packed: PackedFlow
    var resized: (u: [UInt8], v: [UInt8])
  }

  private func analyzePairs(_ frames: [GrayImage], _ maps: MotionMaps) throws -> [Pair] {
    let flow = parameters.flow
    var results = [Result<Pair, any Error>?](repeating: nil, count: frames.count - 1)
    results.withUnsafeMutableBufferPointer { results in
      // Each iteration writes the one element of its own number.
      nonisolated(unsafe) let results = results
      DispatchQueue.concurrentPerform(iterations: results.count) { i in
        results[i] = Result {
          let quantized = QuantizedFlow(try flow.flow(from: frames[i], to: frames[i + 1]))
          return Pair(flow: quantized, packed: PackedFlow(quantized), resized: try maps.resized(quantized))
        }
      }
    }
    return try results.compactMap { try $0?.get() }
  }

  /// What has been learnt so far.
  private struct Record {
    var maps: MotionMaps
    var velocities: ClipVelocities
    var flows: [PackedFlow] = []

    init(_ parameters: MotionParameters, width: Int, height: Int) throws {
      maps = try MotionMaps(width: width, height: height, window: parameters.window)
      velocities = try ClipVelocities(width: width, height: height, span: parameters.clipSpan)
    }

    mutating func append(_ pair: Pair) throws {
      try maps.append(resized: pair.resized)
      try velocities.append(pair.flow)
      flows.append(pair.packed)
    }
  }
}
