import Foundation

/// Text and pictures as parts of a page.
package enum HTML {
  package static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }

  /// A picture that is part of the page.
  package static func image(_ bytes: [UInt8], kind: String = "jpeg", description: String) -> String {
    let content = Data(bytes).base64EncodedString()
    return "<img alt=\"\(escaped(description))\" src=\"data:image/\(kind);base64,\(content)\">"
  }
}
