import Foundation
import MCLDrawing

extension EvaluationPage {
  /// All metrics beside chance and the controls, and how controls that are missing are made.
  var numbers: String {
    let beside = controls.map { control in
      Dictionary(control.result.metrics.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }
    let heads = controls.map {
      "<th scope=\"col\" class=\"number\">\(HTML.escaped($0.title))<small>\(HTML.escaped(EvaluationFolder($0.folder).name))</small></th>"
    }
    let rows = result.metrics.map { metric in
      let others = beside.map { "<td class=\"number\">\(Self.number($0[metric.name]))</td>" }
      return """
        <tr><th scope="row">\(HTML.escaped(EvaluationResult.words(for: metric.name)))</th>\
        <td class="number"><b>\(Self.number(metric))</b></td><td class="number">\(Self.percent(metric.chance))</td>\
        \(others.joined())</tr>

        """
    }
    let table = """
      <div class="card"><table><thead><tr><th scope="col">measure</th><th scope="col" class="number">this evaluation</th>\
      <th scope="col" class="number">chance</th>\(heads.joined())</tr></thead><tbody>
      \(rows.joined())</tbody></table></div>

      """
    let frequent = Self.percent(result.chance.mostFrequentClass)
    return section(
      "Numbers",
      "The mean, where several seeds were drawn with its standard error. Chance is what guessing gives; always saying the most frequent class of the training side is right for \(frequent) of the test videos.",
      table + missingControls)
  }

  private var missingControls: String {
    let present = controls.map(\.result) + [result]
    return EvaluationControl.Kind.allCases.filter { kind in !present.contains(where: kind.fits) }.map {
      kind in
      let what =
        kind == .random
        ? "what the architecture gives without any training" : "what is left without motion"
      let commands = commands[kind] ?? []
      let how =
        commands.isEmpty
        ? "Run the command of this evaluation with \(kind.option.joined(separator: " ")) and another --out, then give that folder with --control."
        : "The first command makes it, the second puts it beside; features that are kept are not computed again."
      return """
        <h3>The control \(kind.rawValue) is missing</h3><p>It says \(what). \(how)</p>
        \(commands.isEmpty ? "" : "<pre>\(HTML.escaped(commands.joined(separator: "\n")))</pre>")

        """
    }.joined()
  }

  /// Accuracy by class.
  var classes: String {
    guard let counts else {
      return section(
        "Classes", "",
        "<p>No protocol of this evaluation says a class for each video: add knn to --protocol.</p>")
    }
    let rows = counts.rows.map { row -> String in
      let name = "<th scope=\"row\">\(HTML.escaped(className(row.label)))</th>"
      guard row.count > 0 else {
        return "<tr>\(name)<td class=\"number\" data-v=\"0\">0</td><td></td><td></td><td></td></tr>"
      }
      let share = Double(row.right) / Double(row.count)
      let interval = WilsonInterval.interval(right: row.right, of: row.count)
      let range = String(format: "%.0f to %.0f %%", 100 * interval.lowerBound, 100 * interval.upperBound)
      let mistaken = row.mistaken.map { "\(HTML.escaped(className($0.predicted))) (\($0.count))" } ?? ""
      return """
        <tr>\(name)<td class="number" data-v="\(row.count)">\(row.count)</td>\
        <td class="number" data-v="\(String(format: "%.6f", share))">\(Self.percent(share))</td>\
        <td class="number" data-v="\(String(format: "%.6f", interval.lowerBound))">\(range)</td><td>\(mistaken)</td></tr>
        """
    }
    let heads = [
      ("class", ""), ("test videos", "number"), ("accuracy", "number"), ("95 % interval", "number"),
      ("most often taken for", ""),
    ].map { "<th scope=\"col\" class=\"\($1)\"><button type=\"button\">\($0)</button></th>" }.joined()
    return section(
      "Classes",
      "Accuracy by class, by the classes that \(result.shown ?? "the protocol") gave, with Wilson's interval. A column's title sorts by it.",
      """
      <div class="card scroll"><table class="sorts" id="classes"><thead><tr>\(heads)</tr></thead><tbody>
      \(rows.joined(separator: "\n"))
      </tbody></table></div>
      """)
  }
}
