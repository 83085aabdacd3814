import MCLDrawing

extension SampleSheet {
  private static let gap = 8
  private static let titleHeight = 62
  private static let captionHeight = 32
  private static let background = Colour(250, 250, 252)

  /// All sheets in one picture, below each other.
  /// - Throws: `SamplingError`, as drawing does.
  package static func picture(_ sheets: [SampleSheet]) throws -> PNGImage {
    let canvases = try sheets.map { try $0.canvas }
    var whole = Canvas(
      width: canvases.map(\.width).max() ?? 1, height: max(canvases.reduce(0) { $0 + $1.height }, 1),
      background: background)
    var y = 0
    for canvas in canvases {
      whole.draw(canvas, x: 0, y: y)
      y += canvas.height
    }
    return whole.png
  }

  private var canvas: Canvas {
    get throws {
      let panels = rows.first?.panels.map(\.picture) ?? []
      let rowHeight = Self.captionHeight + (panels.first?.height ?? 0) + Self.gap
      let width = 2 * PictureStyle.margin + panels.reduce(0) { $0 + $1.width + Self.gap }
      let curveTop = Self.titleHeight + rows.count * rowHeight
      var canvas = Canvas(
        width: width, height: curveTop + (curve == nil ? 0 : StartCurve.height) + PictureStyle.margin,
        background: Self.background)
      canvas.text(title, x: PictureStyle.margin, y: 12, size: 2, PictureStyle.ink)
      canvas.text(about, x: PictureStyle.margin, y: 36, PictureStyle.ink)
      for (number, row) in rows.enumerated() {
        let y = Self.titleHeight + number * rowHeight
        canvas.fill(x: PictureStyle.margin, y: y + 6, width: 10, height: 10, row.colour)
        canvas.text(row.name, x: PictureStyle.margin + 16, y: y + 7, PictureStyle.ink)
        canvas.text(row.augmentation, x: PictureStyle.margin + 16, y: y + 19, PictureStyle.soft)
        var x = PictureStyle.margin
        for panel in row.panels {
          canvas.draw(panel.picture, x: x, y: y + Self.captionHeight)
          if panel.caption.hasPrefix("frame ") {
            canvas.label(
              String(panel.caption.dropFirst(6)), x: x + 3,
              y: y + Self.captionHeight + panel.picture.height - 11)
          } else {
            canvas.text(panel.caption, x: x, y: y + 7, PictureStyle.soft)
          }
          x += panel.picture.width + Self.gap
        }
      }
      try curve?.draw(on: &canvas, y: curveTop, margin: PictureStyle.margin)
      return canvas
    }
  }
}

extension Canvas {
  /// Small white text on a dark ground, for the corner of a picture.
  mutating func label(_ text: String, x: Int, y: Int) {
    fill(x: x - 2, y: y - 1, width: Self.textWidth(text) + 3, height: 10, Colour(0, 0, 0), share: 0.6)
    self.text(text, x: x, y: y, Colour(255, 255, 255))
  }
}
