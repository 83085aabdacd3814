import Foundation
import MCLDrawing

extension EvaluationPage {
  /// Classes that a table of all pairs can hold; of more there is a picture.
  private static let tableLimit = 24
  private static let confusionLimit = 20

  /// Which classes are taken for which.
  var confusions: String {
    guard let counts else { return "" }
    let worst = counts.confusions(Self.confusionLimit).map { cell in
      let all = counts.rows[cell.label].count
      return """
        <tr><th scope="row">\(HTML.escaped(className(cell.label)))</th><td>\(HTML.escaped(className(cell.predicted)))</td>\
        <td class="number">\(cell.count) of \(all)</td></tr>
        """
    }
    let list =
      worst.isEmpty
      ? "<p>No test video got another class than its own.</p>"
      : """
      <h3>The most frequent confusions</h3><div class="card"><table><thead><tr><th scope="col">class</th>\
      <th scope="col">taken for</th><th scope="col" class="number">test videos</th></tr></thead><tbody>
      \(worst.joined(separator: "\n"))
      </tbody></table></div>
      """
    return section(
      "Confusions",
      "A row is the class of test videos, a column the class they got. Blue: right. Orange: taken for another class. The stronger, the larger the share of the row.",
      (counts.rows.count <= Self.tableLimit ? matrix(counts) : picture(counts)) + list)
  }

  private func matrix(_ counts: ConfusionCounts) -> String {
    let cells = Dictionary(uniqueKeysWithValues: counts.cells.map { ([$0.label, $0.predicted], $0.count) })
    let names = counts.rows.map { HTML.escaped(className($0.label)) }
    let heads = names.map { "<th scope=\"col\">\($0)</th>" }.joined()
    let rows = counts.rows.map { row in
      let columns = counts.rows.indices.map { column -> String in
        guard let count = cells[[row.label, column]] else { return "<td></td>" }
        let share = Double(count) / Double(max(row.count, 1))
        let colour = column == row.label ? "11,107,203" : "194,65,12"
        return
          "<td style=\"background:rgba(\(colour),\(String(format: "%.2f", 0.1 + 0.6 * share)))\">\(count)</td>"
      }
      return "<tr><th scope=\"row\">\(names[row.label])</th>\(columns.joined())</tr>"
    }
    return """
      <div class="card"><table class="matrix"><thead><tr><td></td>\(heads)</tr></thead><tbody>
      \(rows.joined(separator: "\n"))
      </tbody></table></div>
      """
  }

  private func picture(_ counts: ConfusionCounts) -> String {
    struct Content: Encodable {
      var names: [String]
      var totals: [Int]
      var cells: [[Int]]
    }
    let content = Content(
      names: counts.rows.map { className($0.label) }, totals: counts.rows.map(\.count),
      cells: counts.cells.map { [$0.label, $0.predicted, $0.count] })
    let json = (try? JSONEncoder().encode(content)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    let right = counts.rows.reduce(0) { $0 + $1.right }
    let all = counts.rows.reduce(0) { $0 + $1.count }
    return """
      <div class="card"><canvas id="matrix" role="img" aria-label="Confusions of \(counts.rows.count) classes: \(right) of \
      \(all) test videos lie on the diagonal; the table below lists the most frequent others"></canvas>
      <p class="note" id="cell" aria-live="polite">Point at a place to read it.</p></div>
      <script type="application/json" id="confusions">\(json.replacing("<", with: "\\u003c"))</script>

      """
  }
}
