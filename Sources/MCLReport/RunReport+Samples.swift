import Foundation
import MCLDrawing

extension RunReport {
  var samplesAbout: String {
    let rows = description.pictureRows.joined(separator: ", ")
    return HTML.escaped(
      "The same clips of the run's first batch at each step, a column for each time of the maps\(rows.isEmpty ? "" : "; rows: \(rows)"). "
        + "Maps lie over the frame in red, each measured against its largest value in the sample.")
  }

  /// Pictures of the first and the last step that has some.
  var sheets: String {
    let samples = (folder as NSString).appendingPathComponent("samples")
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: samples)) ?? []).filter {
      $0.hasPrefix("step-") && $0.hasSuffix(".jpg")
    }.sorted()
    let steps = Dictionary(grouping: names) { Int($0.dropFirst(5).prefix { $0 != "-" }) ?? 0 }
    guard let first = steps.keys.min(), let last = steps.keys.filter({ $0 <= lastStep }).max() else {
      return ""
    }
    let rows = description.pictureRows.map { "<span>\(HTML.escaped($0))</span>" }.joined()
    return (first >= last ? [last] : [first, last]).map { step in
      let pictures = (steps[step] ?? []).compactMap { name -> String? in
        let path = (samples as NSString).appendingPathComponent(name)
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        let words = description.pictureRows.joined(separator: ", ") + " of one sample"
        return """
          <figure class="sheet"><div class="rows">\(rows)</div>\(HTML.image(Array(data), description: words))</figure>
          """
      }
      return "<h3>Step \(step)</h3><div class=\"sheets\">\(pictures.joined(separator: "\n"))</div>"
    }.joined(separator: "\n")
  }
}
