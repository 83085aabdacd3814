import Foundation
import MCLDrawing
import MCLSupport
import MCLVideo

/// What a network has learnt, in one HTML file that needs nothing else: numbers beside chance and controls, classes,
/// confusions, mistakes, neighbours, a map of the features, and what all of it depends on.
package struct EvaluationPage: Sendable {
  /// Frames of a video, or why there are none.
  package enum Strip: Sendable {
    case picture(JPEGImage)
    case missing(String)
  }

  let name: String
  let result: EvaluationResult
  let evaluation: FeatureEvaluation
  let shown: ShownVideos
  let strips: [ShownVideos.Video: Strip]
  let controls: [EvaluationControl]
  let commands: [EvaluationControl.Kind: [String]]
  let predictions: Predictions?
  let counts: ConfusionCounts?

  /// - Parameters:
  ///   - scores: of each test video by class; empty where no protocol gave any.
  ///   - strips: of the shown videos; empty where videos are not at hand.
  ///   - commands: how each control is made; empty where the evaluation's own command is not known.
  package init(
    name: String, result: EvaluationResult, evaluation: FeatureEvaluation, scores: [[Float]],
    shown: ShownVideos, strips: [ShownVideos.Video: Strip], controls: [EvaluationControl],
    commands: [EvaluationControl.Kind: [String]]
  ) {
    (self.name, self.result, self.evaluation, self.shown) = (name, result, evaluation, shown)
    (self.strips, self.controls, self.commands) = (strips, controls, commands)
    predictions = scores.isEmpty ? nil : try? Predictions(evaluation, scores: scores)
    counts = predictions.map { ConfusionCounts($0, classes: evaluation.classes.count) }
  }

  // MARK: Words

  static func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }

  /// A metric's mean, with the standard error over its seeds.
  static func number(_ metric: EvaluationResult.Metric?) -> String {
    guard let metric else { return "" }
    guard let error = metric.standardError else { return percent(metric.mean) }
    return String(format: "%.1f ± %.1f %%", 100 * metric.mean, 100 * error)
  }

  /// The names of classes, by number.
  func className(_ number: Int) -> String {
    evaluation.classes.names.indices.contains(number) ? evaluation.classes.names[number] : "?"
  }

  /// A colour for each class, of neighbouring numbers far apart.
  static func colour(ofClass number: Int) -> String {
    let hue = Double(number) * 137.508
    return
      "hsl(\(Int(hue.truncatingRemainder(dividingBy: 360))),\(number % 2 == 0 ? 70 : 55)%,\(number % 3 == 0 ? 40 : 48)%)"
  }

  // MARK: The page

  func section(_ title: String, _ about: String, _ content: String) -> String {
    content.isEmpty
      ? "" : "<section><h2>\(title)</h2><p>\(HTML.escaped(about))</p>\n\(content)\n</section>\n"
  }

  private var tiles: String {
    let metrics = result.metrics
    var tiles = [
      ("videos to test with", "\(result.test.videos)"), ("videos to train with", "\(result.training.videos)"),
      ("classes", "\(result.classes.count)"),
    ]
    let leading = [result.shownMetric, "retrieval.videos.R@1", "retrieval.clips.R@1"].compactMap { $0 }
    for name in leading {
      guard let metric = metrics.first(where: { $0.name == name }) else { continue }
      tiles.append(("\(name), chance \(Self.percent(metric.chance))", Self.percent(metric.mean)))
    }
    return tiles.map { "<div><b>\(HTML.escaped($1))</b>\(HTML.escaped($0))</div>" }.joined()
  }

  package var html: String {
    let title = HTML.escaped(name)
    let remarks = result.remarks.map { "<li>\(HTML.escaped($0))</li>" }.joined()
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
      <title>\(title): an evaluation of mclc</title>
      <style>
      \(ReportStyle.text)
      \(Self.style)
      </style></head><body>
      <header><h1>\(title)</h1><p>What model \(HTML.escaped(result.model.name)) has learnt, by its features of \
      \(result.width) numbers, \(HTML.escaped(result.views.text)) views a video.</p>
      <div class="tiles">\(tiles)</div>\(remarks.isEmpty ? "" : "<ul class=\"remarks\">\(remarks)</ul>")</header>
      \(numbers)\(classes)\(confusions)\(mistakes)\(neighbours)\(map)\(dependence)<script>
      \(Self.script)
      </script></body></html>

      """
  }

  static let style = """
    .card { background: white; border: 1px solid #e5e7eb; border-radius: 8px; padding: 12px 14px; overflow-x: auto; margin-bottom: 12px }
    .card table { width: 100%; font-variant-numeric: tabular-nums } .card th, .card td { padding: 3px 12px 3px 0; border-bottom: 1px solid #f3f4f6 }
    td.number, th.number { text-align: right; white-space: nowrap } tbody th { font-weight: 400 }
    th small, td small { font-weight: 400; color: #6b7280 } th small { display: block } .remarks { color: #4b5563; margin: 0; padding-left: 18px }
    th button { font: inherit; font-weight: 600; border: 0; background: none; padding: 0; cursor: pointer; color: inherit }
    th[aria-sort=ascending] button::after { content: " \\25b4" } th[aria-sort=descending] button::after { content: " \\25be" }
    .scroll { max-height: 480px; overflow: auto } .scroll thead th { position: sticky; top: 0; background: white }
    pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f1f5f9; border-radius: 6px; padding: 8px 10px; margin: 4px 0 12px; font-size: 12.5px }
    .card table.matrix { width: auto } .matrix td, .matrix th { text-align: center; padding: 3px 5px; font-size: 12px } .matrix tbody th { text-align: right; white-space: nowrap }
    .matrix thead th { writing-mode: vertical-rl; transform: rotate(180deg); vertical-align: bottom }
    canvas { max-width: 100%; image-rendering: pixelated; border: 1px solid #e5e7eb } .note { color: #4b5563; font-size: 13px; min-height: 1.5em; margin: 4px 0 }
    .strips { display: grid; grid-template-columns: repeat(auto-fill, minmax(310px, 1fr)); gap: 12px; margin-bottom: 16px }
    .strips figure { border-width: 2px; overflow-wrap: anywhere } .strips img { width: 100%; display: block }
    .strips .right { border-color: #15803d } .strips .wrong { border-color: #c2410c } .strips .query { border-color: #111827; background: #f1f5f9 }
    .gone { color: #6b7280; font-size: 13px; margin: 0 } .map circle { stroke: white; stroke-width: 0.5 } .map .faint { opacity: 0.08 }
    select { font: inherit; max-width: 100% }
    """
}
