import Foundation
import MCLCommandSupport
import MCLData
import MCLEvaluation
import MCLRuntime
import MCLSupport
import MCLWeights

/// Predicts classes of videos and prints them, for people or machines.
struct PredictionReport {
  let job: FeatureJob
  let isJSON: Bool
  /// Classes of a video that are named.
  let topCount: Int
  let classes: ClassNames

  init(job: FeatureJob, isJSON: Bool, topCount: Int) {
    (self.job, self.isJSON, self.topCount) = (job, isJSON, topCount)
    let table = job.weights?.tensors.metadata[RunIdentity.classesKey].flatMap { try? ClassTable($0) }
    classes = ClassNames(table, count: job.program.width)
  }

  // MARK: Whole videos

  /// - Returns: how many videos could not be read.
  func whole(_ prepared: PreparedVideos) throws -> Int {
    let table = try job.table(of: prepared, job.views, "to predict")
    job.signals.enter(.finishing)
    var videos: [[String: Any]] = []
    for (place, name) in table.names.enumerated() {
      let scores = table.means[place * table.width..<(place + 1) * table.width]
      let prediction = ClassPrediction(scores: scores)
      if isJSON {
        videos.append(["video": name, "classes": objects(prediction)])
      } else {
        try printResult(name)
        for number in prediction.top(topCount) { try printResult("  " + line(prediction, number)) }
      }
    }
    if isJSON { try printJSON(try object(videos, job.views.description, table.unreadable)) }
    return table.unreadable.count
  }

  // MARK: Over time

  /// - Returns: how many videos could not be read.
  func overTime(_ prepared: PreparedVideos, every: Double?, picture: String?) throws -> Int {
    let clip = job.program.clip
    let span = clip.frames * clip.step
    var videos: [[String: Any]] = []
    var unreadable = prepared.skipped.map { UnreadableVideo(name: $0.name, reason: $0.reason) }
    for video in prepared.videos {
      let rate = video.frameRate.plausible
      let spacing = every.map { max(Int(($0 * rate).rounded()), 1) } ?? span
      let views = EvaluationViews.sliding(every: spacing, over: video.frameCount, span: span)
      var alone = prepared
      (alone.videos, alone.skipped) = ([video], [])
      let table = try job.table(of: alone, views, "to predict")
      unreadable += table.unreadable
      guard table.count == 1 else { continue }
      let timeline = PredictionTimeline(
        scores: table.clips, views: views, frameCount: video.frameCount, span: span, framesPerSecond: rate)
      if let picture { try draw(timeline, of: table.names[0], to: picture) }
      if isJSON {
        videos.append(["video": table.names[0], "windows": timeline.windows.map(object)])
        continue
      }
      try printResult(table.names[0])
      for window in timeline.windows {
        let (start, end) = (String(format: "%.2f", window.start), String(format: "%.2f", window.end))
        let top = window.prediction.top(1).map { line(window.prediction, $0) }.joined()
        try printResult("  \(start)-\(end) s \(top)")
      }
    }
    job.signals.enter(.finishing)
    if isJSON { try printJSON(try object(videos, "a clip that slides", unreadable)) }
    return unreadable.count
  }

  private func draw(_ timeline: PredictionTimeline, of name: String, to path: String) throws {
    let picture = PredictionPicture(timeline, classes: classes)
    do {
      if path.hasSuffix(".svg") {
        try AtomicFile.write(picture.svg(title: "Classes of \(name) over time"), to: path)
      } else {
        let bytes = picture.png.bytes
        try AtomicFile.write(to: path) { append in try bytes.withUnsafeBytes { try append($0) } }
      }
    } catch let error as TensorFileError { throw UsageError(error.description) }
    job.tell("\(path): a row for each of the \(picture.classCount) main classes")
  }

  // MARK: Forms

  private func line(_ prediction: ClassPrediction, _ number: Int) -> String {
    let percent = String(format: "%5.1f", 100 * prediction.probabilities[number])
    return "\(percent) %  \(classes[number])"
  }

  private func objects(_ prediction: ClassPrediction) -> [[String: Any]] {
    prediction.top(topCount).map { number in
      var object: [String: Any] = ["number": number, "probability": prediction.probabilities[number]]
      if classes.areKnown { object["class"] = classes[number] }
      return object
    }
  }

  private func object(_ window: PredictionTimeline.Window) -> [String: Any] {
    ["start": window.start, "end": window.end, "classes": objects(window.prediction)]
  }

  private func object(
    _ videos: [[String: Any]], _ views: String, _ unreadable: [UnreadableVideo]
  ) throws -> [String: Any] {
    let source = try job.source()
    return [
      "model": source.model, "program": source.program, "scores": source.output, "weights": source.weights,
      "views": views, "scoreCount": classes.count, "videos": videos,
      "unreadable": unreadable.map { ["name": $0.name, "reason": $0.reason] },
    ]
  }
}
