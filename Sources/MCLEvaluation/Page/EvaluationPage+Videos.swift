import Foundation
import MCLDrawing

extension EvaluationPage {
  private static let noFrames =
    "The evaluation was computed from kept features alone, so that there are no frames."

  /// A video's frames with words below, in a card.
  private func figure(_ video: ShownVideos.Video, _ style: String, _ words: String) -> String {
    let name = evaluation.name(of: video)
    let picture: String
    switch strips[video] {
    case .picture(let strip): picture = HTML.image(strip.bytes, description: "frames of \(name)")
    case .missing(let reason): picture = "<p class=\"gone\">No frames: \(HTML.escaped(reason))</p>"
    case nil: picture = strips.isEmpty ? "" : "<p class=\"gone\">No frames: the video was not read.</p>"
    }
    return """
      <figure class="\(style)">\(picture)<figcaption>\(words)<br>\(HTML.escaped(name))</figcaption></figure>

      """
  }

  /// The videos that got a wrong class with the highest scores.
  var mistakes: String {
    guard counts != nil else { return "" }
    let figures = shown.mistakes.map { mistake in
      figure(
        ShownVideos.Video(side: .test, place: mistake.video), "wrong",
        "<b>\(HTML.escaped(className(mistake.label)))</b>, taken for <b>\(HTML.escaped(className(mistake.predicted)))</b>, score \(String(format: "%.2f", mistake.score))"
      )
    }
    let about =
      "Test videos that got a wrong class with the highest scores: either the network is wrong, or the label is."
    return section(
      "Most surely wrong", strips.isEmpty ? "\(about) \(Self.noFrames)" : about,
      figures.isEmpty
        ? "<p>No test video got another class than its own.</p>"
        : "<div class=\"strips\" id=\"mistakes\">\n\(figures.joined())</div>")
  }

  /// Some test videos with the training videos that are nearest.
  var neighbours: String {
    let groups = shown.queries.map { query in
      let own = ShownVideos.Video(side: .test, place: query.video)
      let label = evaluation.label(of: own)
      let near = query.nearest.map { neighbour in
        let video = ShownVideos.Video(side: .training, place: neighbour.index)
        let other = evaluation.label(of: video)
        let isRight = other == label
        return figure(
          video, isRight ? "right" : "wrong",
          "<b>\(HTML.escaped(other))</b>, \(isRight ? "right" : "wrong"), cosine \(String(format: "%.3f", neighbour.similarity))"
        )
      }
      return """
        <div class="strips neighbours">
        \(figure(own, "query", "test video of <b>\(HTML.escaped(label))</b>; its nearest follow"))\(near.joined())</div>

        """
    }
    let about =
      "\(shown.queries.count) test videos, drawn by the seed, each with its \(ShownVideos.neighbourCount) nearest training videos. Green: of its class. Orange: of another."
    return section(
      "Nearest neighbours", strips.isEmpty ? "\(about) \(Self.noFrames)" : about, groups.joined())
  }
}
