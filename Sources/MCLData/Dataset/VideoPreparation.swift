import Foundation
import MCLSupport

/// What makes sure that every usable video of a data set has something in a cache: its motion (`MotionStore`), or no
/// more than the index of its frames (`FrameCatalog`).
package protocol VideoPreparation: Sendable {
  /// What is prepared, and what is counted meanwhile, for people: `motion`, `flows`.
  static var subject: String { get }
  static var unit: String { get }

  /// - Parameter progress: called on this thread every now and then; what it throws ends the work, keeping what is
  ///   complete.
  /// - Throws: `UsageError` when no video is usable, and what `progress` throws.
  func prepare(
    _ dataset: VideoDataset, progress: (PreparationProgress) throws -> Void
  ) throws -> PreparedVideos
}

/// How far preparation is.
public struct PreparationProgress: Sendable {
  /// Videos done.
  public var video = 0
  /// Videos in all.
  public var videoCount = 0
  /// The video that the latest news is of.
  public var name = ""
  /// Flows of this video computed so far; frames read where no flow is wanted.
  public var steps = 0
  /// The same for all videos together.
  public var allSteps = 0
  /// Share of the videos' bytes that are done.
  public var fraction = 0.0
  /// Share of them that had to be computed, of all.
  public var computedFraction = 0.0
}

/// What a preparation looks at of files that are in the cache already.
package enum PreparationVerification: Sendable {
  /// The video's bytes against the hash of them in the cache, and every checksum.
  case everything
  /// Everything where that is at most a few gigabytes; else the index's checksum, and the video's size and times:
  /// a flow's own checksum is verified when it is read.
  case quickWhereLarge

  /// Beyond this many bytes of videos and their files in the cache, starting takes too long to look at all of them.
  package static let largeSize = 4e9

  /// Whether not everything is looked at.
  func isQuick(_ files: some Sequence<FilePath>, limit: Double) -> Bool {
    self == .quickWhereLarge && files.reduce(0) { $0 + $1.size } > limit
  }
}

extension FilePath {
  /// Bytes of the file, at least 1.
  var size: Double { status().map { Double(max($0.st_size, 1)) } ?? 1 }

  /// Whether nothing has touched this video since a file was made of it, when it had so many bytes. The time of the last
  /// change of its inode cannot be set back, as that of its bytes can.
  func isOlder(than kept: FilePath, byteCount: UInt64) -> Bool {
    guard let source = status(), let made = kept.status(), UInt64(source.st_size) == byteCount else {
      return false
    }
    return (source.st_ctim.tv_sec, source.st_ctim.tv_nsec) < (made.st_mtim.tv_sec, made.st_mtim.tv_nsec)
  }
}
