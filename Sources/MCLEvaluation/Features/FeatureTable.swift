import Foundation
import MCLData
import MCLSupport

/// A video that was listed but could not be read.
package struct UnreadableVideo: Sendable, Hashable, Codable {
  package var name: String
  package var reason: String
  /// Its class, where that is known.
  package var label: String?

  package init(name: String, reason: String, label: String? = nil) {
    (self.name, self.reason, self.label) = (name, reason, label)
  }
}

/// What features were made by.
package struct FeatureSource: Sendable, Hashable, Codable {
  package var model: String
  package var program: String
  /// The output or the tap of the program.
  package var output: String
  /// SHA-256 of the weights that features depend on.
  package var weights: String
  /// SHA-256 of what is computed.
  package var computation: String
  /// Such as `20x1`.
  package var views: String
  package var clip: ClipShape
  package var preparation: ClipPreparation

  /// How clips are sampled.
  package struct ClipShape: Sendable, Hashable, Codable {
    package var frames: Int
    package var step: Int
    package var height: Int
    package var width: Int

    package init(frames: Int, step: Int, height: Int, width: Int) {
      (self.frames, self.step, self.height, self.width) = (frames, step, height, width)
    }
  }

  package init(
    model: String, program: String, output: String, weights: String, computation: String, views: String,
    clip: ClipShape, preparation: ClipPreparation
  ) {
    (self.model, self.program, self.output, self.weights) = (model, program, output, weights)
    (self.computation, self.views, self.clip, self.preparation) = (computation, views, clip, preparation)
  }

  package init(
    model: String, program: FeatureProgram, weights: String, views: EvaluationViews,
    preparation: ClipPreparation
  ) {
    (self.model, self.program, output) = (model, program.graph.name, program.output)
    (self.weights, computation, self.views) = (weights, program.hash, views.description)
    let clip = program.clip
    self.clip = ClipShape(frames: clip.frames, step: clip.step, height: clip.height, width: clip.width)
    self.preparation = preparation
  }
}

/// The features of videos: of each view, and the mean over a video's views.
package struct FeatureTable: Sendable, Equatable {
  /// The videos' names within their data set.
  package let names: [String]
  /// Each video's class; nil where it has none.
  package let labels: [String?]
  /// The classes of the labels in the order of `ClassTable`.
  package let classes: [String]
  /// Views of a video.
  package let views: Int
  /// D, numbers of a feature.
  package let width: Int
  /// [videos, views, D].
  package let clips: [Float]
  /// [videos, D]: the mean over the views, summed in Double in their order, not normalised.
  package let means: [Float]
  package let source: FeatureSource
  /// Videos that were listed but have no features.
  package let unreadable: [UnreadableVideo]

  package var count: Int { names.count }

  /// - Parameter clips: [videos, views, D], as many numbers.
  package init(
    names: [String], labels: [String?], views: Int, width: Int, clips: [Float], source: FeatureSource,
    unreadable: [UnreadableVideo]
  ) {
    (self.names, self.labels, self.views, self.width) = (names, labels, views, width)
    (self.clips, self.source, self.unreadable) = (clips, source, unreadable)
    classes = Self.classes(of: labels)
    means = Self.means(clips, videos: names.count, views: views, width: width)
  }

  /// The table of an extraction.
  /// - Parameters:
  ///   - skipped: what could not be read before it.
  ///   - dataset: the videos with their labels, those that were skipped among them.
  package init(
    _ videos: [PreparedVideo], _ result: FeatureExtraction.Result, views: Int, width: Int,
    source: FeatureSource,
    skipped: [(name: String, reason: String)], of dataset: [VideoDataset.Video] = []
  ) {
    let labels = Dictionary(
      dataset.map { ($0.name.description, $0.label) }, uniquingKeysWith: { first, _ in first })
    let unreadable =
      skipped.map { UnreadableVideo(name: $0.name, reason: $0.reason) } + result.unreadable
    let read = zip(videos, result.features).compactMap { video, features in features.map { (video.video, $0) }
    }
    self.init(
      names: read.map(\.0.name.description), labels: read.map(\.0.label), views: views, width: width,
      clips: read.flatMap(\.1), source: source,
      unreadable: unreadable.map {
        UnreadableVideo(name: $0.name, reason: $0.reason, label: labels[$0.name] ?? nil)
      })
  }

  static func classes(of labels: [String?]) -> [String] {
    let videos = labels.compactMap { label in label.map { VideoDataset.Video(path: "", name: "", label: $0) }
    }
    // A table takes two classes.
    return (try? ClassTable(videos))?.names ?? Set(labels.compactMap { $0 }).sorted()
  }

  static func means(_ clips: [Float], videos: Int, views: Int, width: Int) -> [Float] {
    var means = [Float](repeating: 0, count: videos * width)
    guard views > 0 else { return means }
    var sums = [Double](repeating: 0, count: width)
    for video in 0..<videos {
      for place in 0..<width { sums[place] = 0 }
      for view in 0..<views {
        let start = (video * views + view) * width
        for place in 0..<width { sums[place] += Double(clips[start + place]) }
      }
      for place in 0..<width { means[video * width + place] = Float(sums[place] / Double(views)) }
    }
    return means
  }

  /// - Throws: `UsageError` where a program made the one that did not make the other.
  package func expectSameWidth(as other: FeatureTable, _ names: (own: String, other: String)) throws {
    guard width == other.width else {
      throw UsageError(
        "\(names.own) has features of \(width) numbers, but \(names.other) of \(other.width); extract both with one program"
      )
    }
  }
}
