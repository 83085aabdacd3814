import Foundation
import MCLDrawing

/// What a classifier makes of a video over time: a row for each of the main classes, the darker the more probable.
package struct PredictionPicture {
  /// A row of the picture.
  struct Row {
    var name: String
    var colour: Colour
    /// Of each column, 0 ... 1.
    var probabilities: [Double]
  }

  let rows: [Row]
  /// Seconds at the left and the right end.
  let seconds: (first: Double, last: Double)
  private let columns: Int

  private static let labelWidth = 180
  private static let stripWidth = 720
  private static let rowHeight = 26
  private static let letters = 28
  /// Rows at most.
  package static let classLimit = 8

  package init(_ timeline: PredictionTimeline, classes: ClassNames) {
    let windows = timeline.windows
    let columns = min(windows.count, Self.stripWidth)
    self.columns = columns
    rows = timeline.mainClasses(Self.classLimit).enumerated().map { place, number in
      let probabilities = (0..<columns).map { column -> Double in
        // Windows that share a column are averaged.
        let first = column * windows.count / columns
        let part = windows[first..<max((column + 1) * windows.count / columns, first + 1)]
        return part.reduce(0) { $0 + $1.prediction.probabilities[number] } / Double(part.count)
      }
      return Row(
        name: classes[number], colour: Self.colours[place % Self.colours.count], probabilities: probabilities)
    }
    seconds = (windows.first?.start ?? 0, windows.last?.end ?? 0)
  }

  /// How many rows there are.
  package var classCount: Int { rows.count }

  private static let colours = [
    Colour(11, 107, 203), Colour(194, 65, 12), Colour(21, 128, 61), Colour(126, 34, 206),
    Colour(17, 24, 39), Colour(180, 83, 9), Colour(14, 116, 144), Colour(190, 24, 93),
  ]

  private var width: Int { Self.labelWidth + Self.stripWidth + 2 * PictureStyle.margin }
  private var height: Int { rows.count * Self.rowHeight + 2 * PictureStyle.margin + 20 }

  /// Where a column begins, in pixels.
  private func place(of column: Int) -> Int {
    PictureStyle.margin + Self.labelWidth + column * Self.stripWidth / max(columns, 1)
  }

  private func top(of row: Int) -> Int { PictureStyle.margin + row * Self.rowHeight }

  private var times: [(x: Int, text: String)] {
    [0, 0.5, 1].map { share in
      let x = PictureStyle.margin + Self.labelWidth + Int(Double(Self.stripWidth) * share)
      return (x, Self.text(seconds.first + (seconds.last - seconds.first) * share) + " s")
    }
  }

  static func text(_ seconds: Double) -> String { String(format: "%.2f", seconds) }

  private static func label(_ name: String) -> String {
    name.count > letters ? name.prefix(letters - 3) + "..." : name
  }

  /// - Parameter title: of the whole picture, for those who cannot see it.
  package func svg(title: String) -> String {
    var text =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" "
      + "height=\"\(height)\" font-family=\"sans-serif\" font-size=\"12\"><title>\(HTML.escaped(title))</title>"
      + "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    for (number, row) in rows.enumerated() {
      let y = top(of: number)
      text +=
        "<text x=\"\(PictureStyle.margin)\" y=\"\(y + 16)\">\(HTML.escaped(Self.label(row.name)))</text>"
      for (column, probability) in row.probabilities.enumerated() {
        let (x, end) = (place(of: column), place(of: column + 1))
        text +=
          "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(max(end - x, 1))\" height=\"\(Self.rowHeight - 4)\" "
          + "fill=\"\(row.colour.css)\" fill-opacity=\"\(String(format: "%.3f", probability))\"/>"
      }
      text += "\n"
    }
    for (place, time) in times.enumerated() {
      let anchor = ["start", "middle", "end"][place]
      text +=
        "<text x=\"\(time.x)\" y=\"\(top(of: rows.count) + 14)\" text-anchor=\"\(anchor)\">\(time.text)</text>"
    }
    return text + "</svg>\n"
  }

  package var png: PNGImage {
    var canvas = Canvas(width: width, height: height, background: Colour(255, 255, 255))
    for (number, row) in rows.enumerated() {
      let y = top(of: number)
      canvas.text(Self.label(row.name), x: PictureStyle.margin, y: y + 7, PictureStyle.ink)
      for (column, probability) in row.probabilities.enumerated() {
        let (x, end) = (place(of: column), place(of: column + 1))
        canvas.fill(
          x: x, y: y, width: max(end - x, 1), height: Self.rowHeight - 4, row.colour,
          share: Float(probability))
      }
    }
    for (place, time) in times.enumerated() {
      let wide = Canvas.textWidth(time.text)
      canvas.text(
        time.text, x: time.x - wide * place / 2, y: top(of: rows.count) + 4, PictureStyle.soft)
    }
    return canvas.png
  }
}
