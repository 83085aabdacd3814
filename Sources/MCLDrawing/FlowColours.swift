import Foundation

/// The usual colours of optical flow (Baker et al., *A Database and Evaluation Methodology for Optical Flow*, 2007, the
/// Middlebury set): the direction is the hue, around a wheel of 55 colours, the speed the saturation; white is rest.
package enum FlowColours {
  /// Steps from red to yellow, green, cyan, blue, magenta and back.
  private static let steps = [15, 6, 4, 11, 13, 6]

  private static let wheel: [(Float, Float, Float)] = {
    let corners: [(Float, Float, Float)] = [
      (255, 0, 0), (255, 255, 0), (0, 255, 0), (0, 255, 255), (0, 0, 255), (255, 0, 255), (255, 0, 0),
    ]
    var colours: [(Float, Float, Float)] = []
    for (number, count) in steps.enumerated() {
      let (a, b) = (corners[number], corners[number + 1])
      for step in 0..<count {
        let share = Float(step) / Float(count)
        colours.append((a.0 + (b.0 - a.0) * share, a.1 + (b.1 - a.1) * share, a.2 + (b.2 - a.2) * share))
      }
    }
    return colours
  }()

  /// - Parameter fastest: the speed of full saturation; faster ones are darker.
  package static func colour(u: Float, v: Float, fastest: Float) -> Colour {
    let speed = (u * u + v * v).squareRoot() / max(fastest, 1e-6)
    let place = (atan2(-v, -u) / .pi + 1) / 2 * Float(wheel.count - 1)
    let first = min(max(Int(place), 0), wheel.count - 1)
    let (a, b) = (wheel[first], wheel[(first + 1) % wheel.count])
    let share = place - Float(first)
    func channel(_ a: Float, _ b: Float) -> UInt8 {
      let full = (a + (b - a) * share) / 255
      let shade = speed <= 1 ? 1 - speed * (1 - full) : full * 0.75
      return UInt8(min(max(255 * shade, 0), 255))
    }
    return Colour(channel(a.0, b.0), channel(a.1, b.1), channel(a.2, b.2))
  }
}
