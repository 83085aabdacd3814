import CFFmpeg
import Foundation
import MCLSupport

/// Bounds the processor time that decoding one opened file takes: `VideoLimits.seconds`, and more for every frame it
/// gives and for the size of the frame.
///
/// It is the calling thread's own time between `start` and `stop`, so that what a file gives does not depend on what
/// else the machine does.
final class DecodingClock {
  private var started: Double?
  private var passed = 0.0
  private let limit: Double
  private var earned = 0.0
  private(set) var hasStopped = false

  init(limit: Double = VideoLimits.seconds) { self.limit = limit }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  func start() { started = Self.now }

  func stop() {
    if let started { passed += Self.now - started }
    started = nil
  }

  func count(frameOf pixels: Int) {
    earned += VideoLimits.secondsAFrame + Double(pixels) * VideoLimits.secondsAPixel
  }

  /// Whether the file has had its time; then for good.
  var isOver: Bool {
    let running = started.map { Self.now - $0 } ?? 0
    if passed + running > limit + earned { hasStopped = true }
    return hasStopped
  }

  /// What FFmpeg asks while it reads. The value must live as long as what it is given to.
  var callback: AVIOInterruptCB {
    AVIOInterruptCB(
      callback: { opaque in
        guard let opaque else { return 0 }
        return Unmanaged<DecodingClock>.fromOpaque(opaque).takeUnretainedValue().isOver ? 1 : 0
      }, opaque: Unmanaged.passUnretained(self).toOpaque())
  }

  func timeout(_ path: FilePath) -> VideoError {
    VideoError(
      "\(path) takes too long to decode, more than \(Int(limit)) s of computing; copy or convert it again.")
  }
}
