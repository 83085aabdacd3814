import Foundation
import MCLDrawing

extension RunComparison {
  /// The comparison in one HTML file that needs nothing else.
  package var html: String {
    let chart = ComparisonChart(comparison: self)
    let title = HTML.escaped(runs.map(\.name).joined(separator: ", "))
    let legend = runs.enumerated().map {
      "<span><i style=\"background:\(ComparisonChart.colour($0.offset))\"></i>\(HTML.escaped($0.element.name))</span>"
    }.joined()
    let remarks = remarks.map { "<li>\(HTML.escaped($0))</li>" }.joined()
    let differences = chart.differences
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
      <title>\(title): a comparison of mclc</title>
      <style>
      \(LineChart.style)
      \(ReportStyle.text)
      \(EvaluationPage.style)
      .whisker { stroke: #111827; stroke-width: 1.2; fill: none } line.chance { stroke: #6b7280; stroke-dasharray: 3 3 } .best { font-weight: 700 }
      </style></head><body>
      <header><h1>\(title)</h1><p>\(HTML.escaped(explanation)).</p>\
      \(remarks.isEmpty ? "" : "<ul class=\"remarks\">\(remarks)</ul>")</header>
      <section><h2>Numbers</h2><p>Percent. The best of a row is bold and has a star.</p>
      \(table)</section>
      <section><h2>Bars</h2><p>Thin lines: the standard error where there are several seeds, else Wilson's 95 % interval over the test videos. Dashed: chance.</p>
      <figure><div class="legend">\(legend)</div>
      \(chart.bars)</figure></section>
      \(differences.isEmpty ? "" : "<section><h2>Differences</h2><p>To \(HTML.escaped(runs.first?.name ?? "")), with the paired interval. One that leaves 0 out is unlikely to come of which videos were drawn.</p><figure>\(differences)</figure></section>")
      \(classTables)<section><h2>The runs</h2>
      \(runTable)</section>
      </body></html>

      """
  }

  private var table: String {
    let heads = runs.map { "<th scope=\"col\" class=\"number\">\(HTML.escaped($0.name))</th>" }.joined()
    let rows = rows.map { row in
      let cells = row.cells.enumerated().map { place, cell -> String in
        let isBest = row.best.contains(place) && cell != nil
        let difference = Self.difference(cell)
        let words = difference.isEmpty ? "" : "<small>\(HTML.escaped(difference))</small>"
        return
          "<td class=\"number\(isBest ? " best" : "")\">\(Self.number(cell))\(isBest ? " ★" : "") \(words)</td>"
      }
      return """
        <tr><th scope="row">\(HTML.escaped(EvaluationResult.words(for: row.metric)))<small>\(HTML.escaped(row.metric))</small></th>\
        <td class="number">\(String(format: "%.1f", 100 * row.chance))</td>\(cells.joined())</tr>
        """
    }
    return """
      <div class="card"><table id="numbers"><thead><tr><th scope="col">measure</th><th scope="col" class="number">chance</th>\(heads)</tr></thead><tbody>
      \(rows.joined(separator: "\n"))
      </tbody></table></div>
      """
  }

  private var classTables: String {
    let first = HTML.escaped(runs.first?.name ?? "")
    return runs.indices.dropFirst().map { run -> String in
      let own = classes.filter { $0.run == run }
      guard !own.isEmpty else { return "" }
      let name = HTML.escaped(runs[run].name)
      let rows = own.map {
        "<tr><th scope=\"row\">\(HTML.escaped($0.name))</th><td class=\"number\">\($0.videos)</td><td class=\"number\">\($0.first)</td><td class=\"number\">\($0.second)</td></tr>"
      }
      return """
        <section><h2>Classes that differ most: \(name)</h2><p>By the share of their test videos that are right.</p>
        <div class="card"><table class="differing"><thead><tr><th scope="col">class</th><th scope="col" class="number">test videos</th>\
        <th scope="col" class="number">right in \(first)</th><th scope="col" class="number">right in \(name)</th></tr></thead><tbody>
        \(rows.joined(separator: "\n"))
        </tbody></table></div></section>

        """
    }.joined()
  }

  private var runTable: String {
    let rows = runs.map { run in
      let fields = [run.folder, run.model, run.weights ?? "random", run.program, run.views]
      let cells = fields.map { "<td>\(HTML.escaped($0))</td>" }.joined()
      return "<tr><th scope=\"row\">\(HTML.escaped(run.name))</th>\(cells)</tr>"
    }
    let heads = ["run", "folder", "model", "weights", "program and output", "views"].map {
      "<th scope=\"col\">\($0)</th>"
    }
    return """
      <div class="card"><table><thead><tr>\(heads.joined())</tr></thead><tbody>
      \(rows.joined(separator: "\n"))
      </tbody></table></div>
      """
  }
}
