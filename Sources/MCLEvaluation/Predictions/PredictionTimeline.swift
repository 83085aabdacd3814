import MCLData
import MCLVideo

/// What a classifier makes of a long video, clip by clip.
package struct PredictionTimeline: Sendable {
  package struct Window: Sendable, Equatable {
    /// Seconds from the start of the video.
    package var start: Double
    package var end: Double
    package var prediction: ClassPrediction

    package init(start: Double, end: Double, prediction: ClassPrediction) {
      (self.start, self.end, self.prediction) = (start, end, prediction)
    }
  }

  package let windows: [Window]

  package init(windows: [Window]) { self.windows = windows }

  /// - Parameters:
  ///   - scores: [clips, C], of the clips of `views`.
  ///   - span: frames that a clip spans.
  package init(
    scores: [Float], views: EvaluationViews, frameCount: Int, span: Int, framesPerSecond: Double
  ) {
    let width = scores.count / max(views.count, 1)
    let repeats = EvaluationViews.repeats(frameCount: frameCount, span: span)
    windows = (0..<views.clips).map { clip in
      let start = views.start(ofClip: clip, frameCount: frameCount, span: span)
      let end = min(start + span, frameCount * repeats)
      return Window(
        start: Double(start / repeats) / framesPerSecond,
        end: Double((end + repeats - 1) / repeats) / framesPerSecond,
        prediction: ClassPrediction(scores: scores[clip * width..<(clip + 1) * width]))
    }
  }

  /// The classes with the largest mean probabilities over all windows, the largest first.
  package func mainClasses(_ count: Int) -> [Int] {
    guard let first = windows.first else { return [] }
    var sums = [Double](repeating: 0, count: first.prediction.probabilities.count)
    for window in windows {
      for (number, probability) in window.prediction.probabilities.enumerated() {
        sums[number] += probability
      }
    }
    return Array(sums.indices.sorted { (sums[$1], $0) < (sums[$0], $1) }.prefix(count))
  }
}

extension EvaluationViews {
  /// Centre crops of clips that slide over a video, the last one at its end.
  /// - Parameters:
  ///   - spacing: frames from the start of one clip to that of the next, at least 1.
  ///   - frameCount: D, the frames of the video, at least 1.
  ///   - span: frames that a clip spans.
  package static func sliding(every spacing: Int, over frameCount: Int, span: Int) -> EvaluationViews {
    let room = max(frameCount - span, 0)
    return EvaluationViews(clips: (room + spacing - 1) / spacing + 1, crops: 1, spacing: spacing)
  }
}
