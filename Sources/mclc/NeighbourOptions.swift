import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLRuntime
import MCLSupport

/// What is measured of the features while they are trained.
struct NeighbourOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      Measure the features every so many steps, or epochs as 1epoch, and after the last step: the share of videos whose 20 \
      nearest vote for their class. Labels serve for nothing else. never: a run goes on without.
      """, valueName: "steps"))
  var knnEvery: String?
  @Option(
    help: ArgumentHelp(
      """
      The videos to measure with: a folder of class folders, or a list of videos of --data. A fifth of each class asks, \
      drawn by the seed. By default the run's own; those that --validate holds back then ask the others.
      """, valueName: "folder|list"))
  var knnData: String?
  @Option(
    parsing: .unconditional,
    help: "Measure with at most so many videos, of each class alike, drawn by the seed; 2000 by default.")
  var knnVideos: String?
  @Option(
    help: ArgumentHelp(
      "Clips and crops of each of these videos, as for 'mclc evaluate'; 1x1 by default: one clip in the middle.",
      valueName: "clipsxcrops"))
  var knnViews: String?

  var texts: [(key: String, text: String?)] {
    [("knn_every", knnEvery), ("knn_videos", knnVideos), ("knn_views", knnViews)]
  }

  /// The videos that were named; nil for the run's own.
  /// - Throws: `UsageError` for what is no folder and no list.
  func data() throws -> RunConfiguration.Data.Validation? {
    guard let knnData else { return nil }
    if isFolder(knnData) { return .folder(knnData) }
    guard FileManager.default.fileExists(atPath: knnData) else {
      throw UsageError("--knn-data \(knnData): it is no folder and no list; check the path")
    }
    return .list(knnData)
  }
}
