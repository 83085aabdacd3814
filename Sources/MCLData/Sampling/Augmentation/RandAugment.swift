import MCLSupport

/// RandAugment (Cubuk et al. 2020): so many operations, each drawn of all with equal probability, all at one level. What
/// each does is torchvision's `RandAugment` with 31 levels, nearest pixels and black beyond the frame.
public struct RandAugment: Sendable, Hashable, Codable {
  /// How many operations a tubelet gets, n.
  public var count: Int
  /// How strong each is, m: 0 ... 30.
  public var level: Int

  /// So many operations at a level. `AugmentationPolicy.validate` checks the ranges, not this.
  public init(count: Int, level: Int) { (self.count, self.level) = (count, level) }

  package static let counts = 0...16
  package static let levels = 0...30

  /// Draws the operations of one tubelet, in the order they are applied.
  func draw(_ random: inout CounterRandom) -> [AugmentationOperation] {
    let kinds = AugmentationOperation.Kind.allCases
    return (0..<count).map { _ in
      // The sign is drawn whether used or not, so that each operation takes as many draws.
      let kind = kinds[random.integer(below: kinds.count)]
      let isNegative = random.bernoulli(0.5)
      return AugmentationOperation(kind, level: level, isNegative: isNegative && kind.isSigned)
    }
  }

  /// - Throws: `SamplingError` where a number is out of range.
  func validate() throws {
    guard Self.counts.contains(count), Self.levels.contains(level) else {
      throw SamplingError(
        "RandAugment takes \(Self.counts.lowerBound) to \(Self.counts.upperBound) operations at a level from "
          + "\(Self.levels.lowerBound) to \(Self.levels.upperBound), not \(count) at \(level)")
    }
  }
}

/// One operation of RandAugment at a level, on 8-bit images.
package struct AugmentationOperation: Sendable, Hashable, Codable, CustomStringConvertible {
  /// In torchvision's order. The strength v is linear in the level, from 0 at level 0 to the given at level 30.
  package enum Kind: String, Sendable, CaseIterable, Codable {
    case identity
    /// x of the source = x + v (y + 1/2), in pixels from the top left corner; v to 0.3.
    case shearX
    /// y of the source = y + v (x + 1/2); v to 0.3.
    case shearY
    /// Moved right by whole pixels; v to 150/331 of the width.
    case translateX
    /// Moved down by whole pixels; v to 150/331 of the height.
    case translateY
    /// Turned counter-clockwise about the middle; v to 30 degrees.
    case rotate
    /// (1 + v) value; v to 0.9, as for the three below.
    case brightness
    /// (1 + v) value - v grey, the grey being the pixel's own.
    case colour
    /// (1 + v) value - v mean, the mean being that of the frame's grey.
    case contrast
    /// (1 + v) value - v mean of the nine pixels around, the middle counting five times.
    case sharpness
    /// Only the highest bits stay: 8 at level 0 to 4 at level 30.
    case posterize
    /// 255 - value where a value is at least v; v from 255 at level 0 to 0 at level 30.
    case solarize
    /// Each channel stretched to 0 ... 255.
    case autoContrast
    /// Each channel's histogram made even.
    case equalize

    /// Whether the strength may be negative.
    package var isSigned: Bool {
      switch self {
      case .identity, .posterize, .solarize, .autoContrast, .equalize: false
      default: true
      }
    }
  }

  package var kind: Kind
  /// 0 ... 30.
  package var level: Int
  package var isNegative: Bool

  package init(_ kind: Kind, level: Int, isNegative: Bool = false) {
    (self.kind, self.level, self.isNegative) = (kind, level, isNegative)
  }

  package var description: String {
    switch kind {
    case .identity, .autoContrast, .equalize: kind.rawValue
    default: "\(kind.rawValue) \(isNegative ? "-" : "")\(level)/\(RandAugment.levels.upperBound)"
    }
  }

  /// The strength on images of a size, with its sign: pixels, degrees, a share, bits or a value; 0 where the level means
  /// nothing.
  package func strength(width: Int, height: Int) -> Double {
    /// As torch.linspace has it: in single precision from the nearer end, with one rounding.
    func linear(from start: Double = 0, to end: Double) -> Double {
      let steps = RandAugment.levels.upperBound
      let (start, end) = (Float(start), Float(end))
      let step = (end - start) / Float(steps)
      let value =
        2 * level < steps
        ? start.addingProduct(step, Float(level)) : end.addingProduct(-step, Float(steps - level))
      return Double(value)
    }
    let size: Double =
      switch kind {
      case .identity, .autoContrast, .equalize: 0
      case .shearX, .shearY: linear(to: 0.3)
      case .translateX: linear(to: 150.0 / 331 * Double(width))
      case .translateY: linear(to: 150.0 / 331 * Double(height))
      case .rotate: linear(to: 30)
      case .brightness, .colour, .contrast, .sharpness: linear(to: 0.9)
      case .posterize: 8 - Double((Float(level) / 7.5).rounded(.toNearestOrEven))
      case .solarize: linear(from: 255, to: 0)
      }
    return isNegative ? -size : size
  }
}
