import Foundation
import MCLDrawing
import MCLVideo

extension SampleSheet {
  /// Bytes of a panel's JPEG: with 28 panels a sheet, four sheets stay below 1 MB of text.
  static let panelBytes = 6_000

  /// All sheets on one page: text, with the pictures as JPEG.
  /// - Throws: `VideoError` and `SamplingError`, as drawing does.
  package static func html(_ sheets: [SampleSheet], title: String) throws -> String {
    PicturePage.html(title: title, facts: facts, content: try sheets.map { try $0.section }.joined())
  }

  private var section: String {
    get throws {
      let rows = try rows.map { row in
        let panels = try row.panels.map { panel in
          let picture = try panel.picture.jpeg(limit: Self.panelBytes)
          let words = panel.caption.isEmpty ? "the last frame given to the network" : panel.caption
          return
            "<figure>\(HTML.image(picture.bytes, description: words))<figcaption>\(HTML.escaped(panel.caption))</figcaption></figure>"
        }
        return """
          <h3><i style="background:\(row.colour.css)"></i>\(HTML.escaped(row.name)) <small>\(HTML.escaped(row.augmentation))</small></h3>
          <div class="panels">\(panels.joined())</div>

          """
      }
      return """
        <section><h2>\(HTML.escaped(title))</h2><p>\(HTML.escaped(about))</p>
        \(rows.joined())\(try curve.map { "<h3>\(HTML.escaped($0.title))</h3>\n\(try $0.svg)" } ?? "")
        </section>

        """
    }
  }
}
