import Foundation
import MCLSupport

/// Which videos are kept back from training for validation: about the same share of every class, by chance.
///
/// What a video's chance says depends on the seed and its name alone; so the parts do not depend on the order of the
/// videos, and change little when some are added. Clips that were cut from one film are not kept together: where that
/// matters, as it does for UCF101, use the data set's own lists.
public struct ValidationSplit: Sendable, Equatable {
  /// Of the videos, between 0 and 1.
  public let share: Double
  /// The seed of the draw.
  public let seed: UInt64

  /// A split that keeps back a share of the videos.
  ///
  /// - Throws: `UsageError` for a share that is not between 0 and 1.
  public init(share: Double, seed: UInt64) throws {
    guard share > 0, share < 1 else {
      throw UsageError("a share of \(share) for validation is not between 0 and 1; give one such as 0.2")
    }
    (self.share, self.seed) = (share, seed)
  }

  /// Both parts, in the order that their videos have.
  ///
  /// - Parameter video: of an element, say of a prepared video.
  /// - Throws: `UsageError` where there is nothing to validate with, as no class has two videos.
  public func parts<Element>(
    of elements: [Element], video: (Element) -> VideoDataset.Video
  ) throws -> (training: [Element], validation: [Element]) {
    let kept = keptBack(elements.map(video))
    guard kept.contains(true) else {
      throw UsageError(
        "no class of the \(elements.count) videos has two, one to train and one to validate with; give more videos, "
          + "or those for validation on their own")
    }
    func part(_ isKept: Bool) -> [Element] { zip(elements, kept).filter { $0.1 == isKept }.map(\.0) }
    return (part(false), part(true))
  }

  /// Of each video, whether it is for validation.
  private func keptBack(_ videos: [VideoDataset.Video]) -> [Bool] {
    var kept = [Bool](repeating: false, count: videos.count)
    // In a fixed order, whatever that of the videos: first those without a label.
    let classes = Dictionary(grouping: videos.indices) { videos[$0].label }.sorted {
      guard let b = $1.key else { return false }
      return $0.key.map { $0 < b } ?? true
    }
    var (before, seen) = (0, 0)
    for (_, members) in classes {
      // Rounded so that the sums are, and few of each class do not add up to far more or less than the share of all.
      seen += members.count
      let until = Int((share * Double(seen)).rounded())
      let count = members.count > 1 ? min(max(until - before, 1), members.count - 1) : 0
      before = until
      let drawn = members.map {
        (chance: videos[$0].chance(seed: seed, purpose: "kept back for validation"), number: $0)
      }.sorted {
        $0.chance != $1.chance ? $0.chance < $1.chance : videos[$0.number].name < videos[$1.number].name
      }
      for (_, number) in drawn.prefix(count) { kept[number] = true }
    }
    return kept
  }
}

extension VideoDataset {
  /// The data set's two parts; what cannot be opened is named with the first.
  ///
  /// - Throws: `UsageError` where there is nothing to validate with.
  public func parts(_ split: ValidationSplit) throws -> (training: VideoDataset, validation: VideoDataset) {
    let (training, validation) = try split.parts(of: videos) { $0 }
    return (
      VideoDataset(of: self, videos: training, skipped: skipped),
      VideoDataset(of: self, videos: validation, skipped: [])
    )
  }

  /// The videos but those with these names, in the order they have, and what could not be opened.
  package func without(_ names: Set<FilePath>) -> VideoDataset {
    VideoDataset(of: self, videos: videos.filter { !names.contains($0.name) }, skipped: skipped)
  }

  /// The videos with these names within the data set, in the order they have; nothing is skipped of it.
  public func restricted(to names: some Sequence<FilePath>) -> VideoDataset {
    let names = Set(names)
    return VideoDataset(of: self, videos: videos.filter { names.contains($0.name) }, skipped: [])
  }
}
