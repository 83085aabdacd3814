import CFFmpeg
import Foundation
import MCLSupport

/// The frames of a video as one decoding from its start gave them: times, which are coded on their own, hashes.
///
/// Nothing in it comes from what a header claims. `ClipReader` seeks by it, and gives no frame that is not the one it
/// names.
package struct FrameIndex: Sendable, Equatable {
  /// One decoded frame.
  package struct Frame: Sendable, Equatable {
    /// In the stream's time base; nil where the file states none.
    package var time: Int64?
    package var isKey: Bool
    /// `PixelHash` of the picture before scaling.
    package var hash: UInt64

    package init(time: Int64? = nil, isKey: Bool, hash: UInt64) {
      self.time = time
      self.isKey = isKey
      self.hash = hash
    }
  }

  /// Pixels of the first frame as decoded.
  package let width: Int
  package let height: Int
  /// The same as it is shown: turned, its pixels square.
  package let shown: (width: Int, height: Int)
  /// As the file states it; nil where it does not.
  package let frameRate: FrameRate?
  package let frames: [Frame]
  /// Times can say which frame one is: those known are in order, without equals.
  let hasOrderedTimes: Bool
  private let keys: [Int]
  /// Frames with a time, by it.
  private let timed: [(time: Int64, number: Int)]

  package var count: Int { frames.count }

  package init(
    width: Int, height: Int, shown: (width: Int, height: Int), frameRate: FrameRate?, frames: [Frame]
  ) {
    (self.width, self.height, self.shown) = (width, height, shown)
    (self.frameRate, self.frames) = (frameRate, frames)
    keys = frames.indices.filter { frames[$0].isKey }
    timed = frames.indices.compactMap { number in frames[number].time.map { ($0, number) } }
    hasOrderedTimes = !timed.isEmpty && zip(timed, timed.dropFirst()).allSatisfy { $0.time < $1.time }
  }

  package static func == (a: FrameIndex, b: FrameIndex) -> Bool {
    (a.width, a.height) == (b.width, b.height) && a.shown == b.shown && a.frameRate == b.frameRate
      && a.frames == b.frames
  }

  /// What decodes: another FFmpeg may give other pixels, and then its index is another.
  package static var decoderVersion: UInt32 { avcodec_version() }

  /// Width and height of the frames as they are given when their short side is to be at most `shortSide`.
  package func size(shortSide: Int?) -> (width: Int, height: Int) {
    VideoDecoder.scaledSize(width: shown.width, height: shown.height, shortSide: shortSide)
  }

  /// The last frame coded on its own that is not after this one and has a time; nil where there is none.
  func key(upTo number: Int) -> Int? {
    keys[..<Self.firstIndex(0..<keys.count) { keys[$0] > number }].last { frames[$0].time != nil }
  }

  /// The number of the frame that has this time.
  func number(at time: Int64) -> Int? {
    let place = Self.firstIndex(0..<timed.count) { timed[$0].time >= time }
    return place < timed.count && timed[place].time == time ? timed[place].number : nil
  }

  /// By halving: the first place where `isAfter` holds, which then does for all that follow.
  private static func firstIndex(_ range: Range<Int>, isAfter: (Int) -> Bool) -> Int {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if isAfter(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Decodes a video once, from its first frame to its last.
  ///
  /// - Throws: as `VideoDecoder`.
  package init(decoding path: some PathConvertible, threads: Int = 1) throws {
    let decoder = try VideoDecoder(path: path, threads: threads, keepsIndex: true)
    self = try FrameIndex(decoding: decoder) { _ in }
  }

  /// The same with a decoder that keeps its index and has given no frame yet.
  ///
  /// - Parameter progress: told the number of frames done every now and then; what it throws ends the work.
  package init(decoding decoder: VideoDecoder, progress: (Int) throws -> Void) throws {
    var (done, passed) = (0, 0)
    repeat {
      passed = try decoder.skip(Self.framesAtATime)
      done += passed
      try progress(done)
    } while passed == Self.framesAtATime
    self = try decoder.index()
  }

  private static let framesAtATime = 32
}
