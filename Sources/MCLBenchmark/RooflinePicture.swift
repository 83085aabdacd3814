import Foundation

/// A roofline: what kernels reach over what they compute a byte, under the lines of memory and of arithmetic.
package struct RooflinePicture {
  package struct Point: Sendable {
    package var name: String
    package var group: String
    /// Floating-point operations a byte.
    package var intensity: Double
    package var gigaflops: Double

    package init(name: String, group: String, intensity: Double, gigaflops: Double) {
      self.name = name
      self.group = group
      self.intensity = intensity
      self.gigaflops = gigaflops
    }
  }

  private let title: String
  private let points: [Point]
  private let peak: Double
  private let bandwidth: Double
  private let colours = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e"]

  /// - Parameters:
  ///   - peak: GFLOP/s of arithmetic alone.
  ///   - bandwidth: GB/s of memory alone.
  package init(title: String, points: [Point], peak: Double, bandwidth: Double) {
    self.title = title
    self.points = points.filter { $0.intensity > 0 && $0.gigaflops > 0 }
    self.peak = max(peak, 1e-3)
    self.bandwidth = max(bandwidth, 1e-3)
  }

  private func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
  }

  package var svg: String {
    let (width, height, left, bottom, top) = (960.0, 600.0, 70.0, 540.0, 60.0)
    let right = width - 190
    let ridge = peak / bandwidth
    let lowX = pow(10, floor(log10(min(points.map(\.intensity).min() ?? ridge, ridge) / 2)))
    let highX = pow(10, ceil(log10(max(points.map(\.intensity).max() ?? ridge, ridge) * 2)))
    let lowY = pow(10, floor(log10(min(points.map(\.gigaflops).min() ?? peak, lowX * bandwidth))))
    let highY = peak * 2
    func x(_ value: Double) -> Double { left + (right - left) * log(value / lowX) / log(highX / lowX) }
    func y(_ value: Double) -> Double { bottom - (bottom - top) * log(value / lowY) / log(highY / lowY) }
    func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> String {
      String(format: "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' ", x1, y1, x2, y2) + style + "/>"
    }
    func text(_ x: Double, _ y: Double, _ content: String, _ style: String = "") -> String {
      String(format: "<text x='%.1f' y='%.1f' ", x, y) + style + ">\(escaped(content))</text>"
    }
    var parts = [
      "<svg xmlns='http://www.w3.org/2000/svg' width='\(Int(width))' height='\(Int(height))' font-family='sans-serif' font-size='12'>",
      "<rect width='100%' height='100%' fill='white'/>", text(left, 30, title, "font-size='14'"),
    ]
    for (low, high, isX) in [(lowX, highX, true), (lowY, highY, false)] {
      var power = pow(10, ceil(log10(low) - 1e-9))
      while power <= high * 1.0001 {
        let label = power >= 1 ? String(Int(power)) : String(format: "%g", power)
        if isX {
          parts.append(line(x(power), bottom, x(power), top, "stroke='#ddd'"))
          parts.append(text(x(power), bottom + 18, label, "text-anchor='middle'"))
        } else {
          parts.append(line(left, y(power), right, y(power), "stroke='#ddd'"))
          parts.append(text(left - 8, y(power) + 4, label, "text-anchor='end'"))
        }
        power *= 10
      }
    }
    parts.append(
      text((left + right) / 2, bottom + 42, "FLOP a byte of operands and result", "text-anchor='middle'"))
    parts.append(
      text(
        20, (top + bottom) / 2, "GFLOP/s",
        "text-anchor='middle' transform='rotate(-90 20 \(Int((top + bottom) / 2)))'"))
    let roof = "stroke='black' stroke-width='2'"
    parts.append(line(x(ridge), y(peak), right, y(peak), roof))
    let start = max(lowX, lowY / bandwidth)
    parts.append(line(x(start), y(start * bandwidth), x(ridge), y(peak), roof))
    parts.append(text(right - 4, y(peak) - 6, String(format: "FMA peak %.0f", peak), "text-anchor='end'"))
    parts.append(
      text(
        x(start * 4) + 14, y(start * 4 * bandwidth) + 4, String(format: "memory %.1f GB/s", bandwidth)))
    let groups = Array(Set(points.map(\.group))).sorted()
    for (number, group) in groups.enumerated() {
      let colour = colours[number % colours.count]
      for point in points where point.group == group {
        parts.append(
          String(
            format:
              "<circle cx='%.1f' cy='%.1f' r='4' fill='%@' fill-opacity='0.7'><title>%@: %.1f GFLOP/s</title></circle>",
            x(point.intensity), y(point.gigaflops), colour, escaped(point.name), point.gigaflops))
      }
      let row = top + 20 + 20 * Double(number)
      parts.append(
        String(format: "<circle cx='%.1f' cy='%.1f' r='5' fill='%@'/>", right + 16, row - 4, colour))
      parts.append(text(right + 28, row, group))
    }
    return (parts + ["</svg>", ""]).joined(separator: "\n")
  }
}
