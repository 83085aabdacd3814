import Foundation

/// A page of its own: text and pictures, which are part of it.
package enum PicturePage {
  /// - Parameter content: what stands below the facts, as HTML.
  package static func html(title: String, facts: [String], content: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>\(HTML.escaped(title))</title>
    <style>
    \(style)
    </style></head><body>
    <h1>\(HTML.escaped(title))</h1>
    \(facts.map { "<p>\(HTML.escaped($0))</p>" }.joined(separator: "\n"))
    \(content)
    </body></html>

    """
  }

  private static let style = """
    body { font: 16px/1.5 system-ui, sans-serif; max-width: 84em; margin: 2em auto; padding: 0 1em; color: #222 }
    h1 { font-size: 26px } h2 { font-size: 20px; margin: 2em 0 0 } h3 { font-size: 15px; margin: 1em 0 4px } p { margin: 4px 0; max-width: 90ch }
    h3 i { display: inline-block; width: 11px; height: 11px; margin-right: 7px } h3 small { font-weight: normal; font-size: 13px; color: #555; margin-left: 8px }
    .panels { display: flex; flex-wrap: wrap; gap: 8px } figure { margin: 0; width: min-content } figcaption { font-size: 13px; color: #555; min-height: 1.5em }
    img { display: block } body > img { max-width: 100% } svg { display: block; width: 100% } svg text { font-size: 12px; fill: #555 } svg text.flag { fill: white }
    polyline { fill: none; stroke-width: 2 }
    """
}
