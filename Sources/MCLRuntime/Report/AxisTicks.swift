import Foundation

/// Round numbers along an axis, and how they are written.
enum AxisTicks {
  /// From 0 to at most `highest`, about six of them.
  static func ticks(_ highest: Double) -> [Double] {
    let rough = highest / 6
    let power = pow(10, floor(log10(rough)))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? power
    return Array(stride(from: 0, through: highest, by: step))
  }

  static func short(_ value: Double) -> String {
    String(format: value == value.rounded() && value < 1e6 ? "%.0f" : "%.2g", value)
  }
}
