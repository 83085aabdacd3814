import MCLSupport

/// The videos that the page of an evaluation shows.
package struct ShownVideos: Sendable, Equatable {
  package enum Side: Sendable, Hashable { case training, test }

  /// A video by its place in the table of its side.
  package struct Video: Sendable, Hashable {
    package var side: Side
    package var place: Int

    package init(side: Side, place: Int) { (self.side, self.place) = (side, place) }
  }

  /// A test video with another class than its own.
  package struct Mistake: Sendable, Equatable {
    package var video: Int
    package var label: Int
    package var predicted: Int
    /// Of the class that it was taken for.
    package var score: Float
  }

  /// A test video with the training videos that are nearest to it.
  package struct Query: Sendable, Equatable {
    package var video: Int
    package var nearest: [NearestNeighbours.Neighbour]
  }

  /// The wrong test videos of the highest scores, the highest first; of equal ones the lower place.
  package let mistakes: [Mistake]
  /// Test videos that the seed draws, in their order.
  package let queries: [Query]

  package static let mistakeCount = 12
  package static let queryCount = 8
  package static let neighbourCount = 5

  /// - Parameters:
  ///   - scores: of each test video by class; empty where no protocol gave any.
  ///   - threads: as for `Executor`.
  /// - Throws: errors of the search.
  package init(
    _ evaluation: FeatureEvaluation, scores: [[Float]], seed: UInt64, threads: Int? = nil
  ) throws {
    let predictions = try Predictions(evaluation, scores: scores)
    let wrong = predictions.videos.indices.filter { !predictions.videos[$0].isRight }
    mistakes = wrong.map { video in
      let own = predictions.videos[video]
      return Mistake(video: video, label: own.label, predicted: own.predicted, score: own.score)
    }
    .sorted { $0.score != $1.score ? $0.score > $1.score : $0.video < $1.video }
    .prefix(Self.mistakeCount).map { $0 }
    let (training, test) = (evaluation.training, evaluation.test)
    var random = CounterRandom(seed: seed, purpose: "videos of an evaluation's page")
    let drawn = random.permutation(test.count).prefix(Self.queryCount).sorted()
    let rows = drawn.flatMap { test.means[$0 * test.width..<($0 + 1) * test.width] }
    let search = try NearestNeighbours(
      in: FeatureRows(training.means, width: training.width), threads: threads)
    let found = try search.nearest(Self.neighbourCount, to: FeatureRows(rows, width: test.width))
    queries = zip(drawn, found).map { Query(video: $0, nearest: $1) }
  }

  /// Each video once, in the order of the page.
  package var videos: [Video] {
    let all =
      mistakes.map { Video(side: .test, place: $0.video) }
      + queries.flatMap { query in
        [Video(side: .test, place: query.video)]
          + query.nearest.map { Video(side: .training, place: $0.index) }
      }
    var known: Set<Video> = []
    return all.filter { known.insert($0).inserted }
  }
}

/// What class each test video got.
package struct Predictions: Sendable {
  package struct Video: Sendable, Equatable {
    package var label: Int
    /// The class of the highest score; of equal ones the lower number.
    package var predicted: Int
    package var score: Float
    package var isRight: Bool { label == predicted }
  }

  package let videos: [Video]

  /// - Parameter scores: of each test video by class; empty for none.
  /// - Throws: `UsageError` for a video of no class.
  package init(_ evaluation: FeatureEvaluation, scores: [[Float]]) throws {
    let labels = try evaluation.test.labels.map { try evaluation.classes.index(of: $0 ?? "") }
    videos = zip(labels, scores).map { label, scores in
      var best = 0
      for (place, score) in scores.enumerated() where score > scores[best] { best = place }
      return Video(label: label, predicted: best, score: scores.isEmpty ? 0 : scores[best])
    }
  }
}

extension FeatureEvaluation {
  /// A video's name in its data set.
  package func name(of video: ShownVideos.Video) -> String {
    video.side == .training ? training.names[video.place] : test.names[video.place]
  }

  /// A video's class.
  func label(of video: ShownVideos.Video) -> String {
    (video.side == .training ? training.labels[video.place] : test.labels[video.place]) ?? ""
  }
}
