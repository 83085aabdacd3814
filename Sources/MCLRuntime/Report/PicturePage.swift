import Foundation

/// A page of its own: text and pictures, which are part of it.
enum PicturePage {
  static func html(
    title: String, facts: [String], pictures: [(picture: PNGImage, description: String)]
  ) -> String {
    func escaped(_ text: String) -> String {
      text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
    }
    let images = pictures.map { picture, description in
      "<img alt=\"\(escaped(description))\" src=\"data:image/png;base64,\(Data(picture.bytes).base64EncodedString())\">"
    }
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><title>\(escaped(title))</title>
      <style>body{font:16px/1.5 sans-serif;max-width:75em;margin:2em auto;padding:0 1em;color:#222}img{max-width:100%}</style>
      </head><body>
      <h1>\(escaped(title))</h1>
      \(facts.map { "<p>\(escaped($0))</p>" }.joined(separator: "\n"))
      \(images.joined(separator: "\n"))
      </body></html>

      """
  }
}
