import Foundation
import MCLDrawing

extension EvaluationPage {
  /// Videos that could not be read, listed at most.
  private static let unreadableLimit = 50

  /// What the numbers depend on.
  var dependence: String {
    let weights = result.model.weights
    var rows: [(String, String)] = [
      ("model", result.model.name),
      ("settings", Self.list(result.model.settings)),
      ("weights", weights.file ?? "random, by seed \(weights.seed.map { "\($0)" } ?? "?")"),
      ("SHA-256 of the weights", weights.sha256),
      (
        "program and output", "\(result.features.program), \(result.features.output), \(result.width) numbers"
      ),
      ("SHA-256 of what is computed", result.features.computation),
    ]
    for (name, part) in [("to train with", result.training), ("to test with", result.test)] {
      rows += [
        ("videos \(name)", "\(part.videos): \(part.origin)"),
        ("SHA-256 of their names and labels", part.videosSHA256),
      ]
      if let list = part.listSHA256 { rows.append(("SHA-256 of the list", list)) }
    }
    let (clip, preparation) = (result.features.clip, result.features.preparation)
    let colours = [preparation.mean, preparation.standardDeviation].map {
      $0.map { "\($0)" }.joined(separator: ", ")
    }
    let constants = result.constants
    rows += [
      (
        "views",
        "\(result.views.clips) clips of \(result.views.crops) crops, each of \(clip.frames) frames, step \(clip.step), "
          + "\(clip.width)x\(clip.height) pixels"
          + (preparation.isSingleFrame ? ", the middle frame alone" : "")
      ),
      ("scale", "\(preparation.scale.rawValue), centre \(preparation.centreShare)"),
      ("mean and deviation of colours", "\(colours[0]) and \(colours[1])"),
      ("SHA-256 of the views", result.views.sha256),
      ("similarity", constants.similarity),
      ("ties", constants.ties),
      ("feature of a video", constants.videoFeature),
      ("temperature of votes", "\(constants.temperature)"),
      ("neighbours that vote", Self.list(constants.neighbours)),
      ("recall at", Self.list(constants.recallAt)),
    ]
    for (name, trained) in [("finetune", result.finetune), ("linear", result.linear), ("svm", result.svm)] {
      guard let trained else { continue }
      rows.append(("\(name): seeds", trained.seeds.map { "\($0)" }.joined(separator: ", ")))
      rows.append(("\(name): constants", Self.list(trained.constants)))
    }
    let table = rows.map {
      "<tr><th scope=\"row\">\(HTML.escaped($0))</th><td>\(HTML.escaped($1))</td></tr>"
    }
    return section(
      "What the numbers depend on", "The same of all this gives the same numbers.",
      "<div class=\"card\"><table>\n\(table.joined(separator: "\n"))\n</table></div>\n\(unreadable)")
  }

  private var unreadable: String {
    let all =
      result.training.unreadable.map { ("to train with", $0) }
      + result.test.unreadable.map { ("to test with", $0) }
    guard !all.isEmpty else { return "<p>All videos could be read.</p>" }
    let rows = all.prefix(Self.unreadableLimit).map { side, video in
      "<tr><th scope=\"row\">\(HTML.escaped(video.name))</th><td>\(side)</td><td>\(HTML.escaped(video.reason))</td></tr>"
    }
    let more = all.count - rows.count
    return """
      <h3>Videos that could not be read</h3><div class="card"><table><thead><tr><th scope="col">video</th>\
      <th scope="col">side</th><th scope="col">reason</th></tr></thead><tbody>
      \(rows.joined(separator: "\n"))
      </tbody></table>\(more > 0 ? "<p>and \(more) more, which eval.json lists</p>" : "")</div>
      """
  }

  private static func list(_ numbers: [Int]) -> String {
    numbers.map { "\($0)" }.joined(separator: ", ")
  }

  private static func list(_ values: [String: String]) -> String {
    values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
  }
}
