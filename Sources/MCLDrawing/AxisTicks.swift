import Foundation

/// Round numbers along an axis, and how they are written.
package enum AxisTicks {
  /// From 0 to at most `highest`, about six of them.
  package static func ticks(_ highest: Double) -> [Double] { ticks(from: 0, to: highest) }

  /// Multiples of a round number within the range, about six of them.
  static func ticks(from lowest: Double, to highest: Double) -> [Double] {
    let rough = (highest - lowest) / 6
    guard rough > 0, rough.isFinite else { return [0] }
    let power = pow(10, floor(log10(rough)))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? power
    guard step > 0 else { return [0] }
    let first = (lowest / step).rounded(.up)
    return (0...12).map { (first + Double($0)) * step + 0 }.filter { $0 <= highest }
  }

  static func short(_ value: Double) -> String {
    String(format: value == value.rounded() && abs(value) < 1e6 ? "%.0f" : "%.2g", value)
  }
}
