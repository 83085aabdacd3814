import Foundation
import MCLSupport
import MCLVideo

/// Draws the crop of a tubelet so that it keeps what moves (reference, section 5, "Spatial").
package struct SpatialSampler: Sendable, Hashable {
  /// Area of the crop as a fraction of the frame's, uniform.
  package let area: ClosedRange<Double>
  /// Width over height of the crop, log-uniform.
  package let aspect: ClosedRange<Double>
  /// Sizes tried until one fits the frame.
  package let sizeAttempts: Int
  /// Positions tried until one covers enough of the motion box.
  package let positionAttempts: Int

  /// - Throws: `SamplingError` where a range is not within what a crop can have.
  package init(
    area: ClosedRange<Double> = 0.2...1, aspect: ClosedRange<Double> = 3.0 / 4...4.0 / 3,
    sizeAttempts: Int = 20, positionAttempts: Int = 40
  ) throws {
    guard area.lowerBound > 0, area.upperBound <= 1, aspect.lowerBound > 0, aspect.upperBound.isFinite,
      sizeAttempts >= 0, positionAttempts >= 1
    else {
      throw SamplingError(
        "crops of area \(area), aspect \(aspect), \(sizeAttempts) sizes and \(positionAttempts) positions cannot be "
          + "drawn: give an area within 0..1, a positive aspect and positive counts")
    }
    self.area = area
    self.aspect = aspect
    self.sizeAttempts = sizeAttempts
    self.positionAttempts = positionAttempts
  }

  /// Draws one crop.
  /// - Parameter box: where the clip moves; nil draws a plain random resized crop.
  /// - Throws: `SamplingError` where the frame has no pixels.
  package func sample(
    frameWidth: Int, frameHeight: Int, box: MotionBox?, random: inout CounterRandom
  ) throws -> Crop {
    guard frameWidth >= 1, frameHeight >= 1, frameWidth <= 1 << 20, frameHeight <= 1 << 20 else {
      throw SamplingError(
        "a frame of \(frameWidth)x\(frameHeight) pixels cannot be cropped: give one of 1 to 1048576 a side")
    }
    let moving = box.flatMap { $0.requiredCover > 0 ? $0 : nil }
    for _ in 0..<sizeAttempts {
      let pixels = random.uniform(in: area) * Double(frameWidth * frameHeight)
      let ratio = exp(random.uniform(in: log(aspect.lowerBound)...log(aspect.upperBound)))
      let width = (pixels * ratio).squareRoot().rounded(.toNearestOrEven)
      let height = (pixels / ratio).squareRoot().rounded(.toNearestOrEven)
      guard width >= 1, height >= 1, width <= Double(frameWidth), height <= Double(frameHeight) else {
        continue
      }
      return place(
        Crop(x: 0, y: 0, width: Int(width), height: Int(height)),
        frameWidth: frameWidth, frameHeight: frameHeight, box: moving, random: &random)
    }
    guard let moving else { return centralCrop(frameWidth: frameWidth, frameHeight: frameHeight) }
    return cornerCrop(moving, frameWidth: frameWidth, frameHeight: frameHeight, random: &random)
  }

  /// Puts a crop of given size: the first of the positions that covers enough, else the (first) best one.
  private func place(
    _ size: Crop, frameWidth: Int, frameHeight: Int, box: MotionBox?, random: inout CounterRandom
  ) -> Crop {
    var best = size
    var bestCover = -1.0
    for _ in 0..<(box == nil ? 1 : positionAttempts) {
      var crop = size
      crop.y = random.integer(in: 0...frameHeight - size.height)
      crop.x = random.integer(in: 0...frameWidth - size.width)
      guard let box else { return crop }
      let cover = box.cover(by: crop, frameWidth: frameWidth, frameHeight: frameHeight)
      if cover >= box.requiredCover { return crop }
      if cover > bestCover { (best, bestCover) = (crop, cover) }
    }
    return best
  }

  /// No size fits (a very long frame): from the corner region above and left of the box to the box's far edge, or from
  /// the box's near edge to the corner region below and right of it.
  private func cornerCrop(
    _ box: MotionBox, frameWidth: Int, frameHeight: Int, random: inout CounterRandom
  ) -> Crop {
    let pixels = box.pixels(width: frameWidth, height: frameHeight)
    let fromTopLeft = random.bernoulli(0.5)
    func side(_ range: ClosedRange<Double>, _ extent: Int) -> (start: Int, length: Int) {
      let start: Int
      let end: Int
      if fromTopLeft {
        start = random.integer(in: 0...Int(range.lowerBound) + 1)
        end = Int(range.upperBound.rounded(.toNearestOrEven))
      } else {
        start = Int(range.lowerBound.rounded(.toNearestOrEven))
        end = random.integer(in: min(extent, max(0, Int(range.upperBound - 1)))...extent)
      }
      // A box thinner than a pixel or two could leave nothing: keep one pixel inside the frame.
      let first = min(start, extent - 1)
      return (first, max(1, min(end, extent) - first))
    }
    let vertical = side(pixels.y, frameHeight)
    let horizontal = side(pixels.x, frameWidth)
    return Crop(x: horizontal.start, y: vertical.start, width: horizontal.length, height: vertical.length)
  }

  /// The fallback of torchvision's random resized crop: as much of the frame as the aspect allows, in its middle.
  private func centralCrop(frameWidth: Int, frameHeight: Int) -> Crop {
    var (width, height) = (frameWidth, frameHeight)
    let ratio = Double(frameWidth) / Double(frameHeight)
    if ratio < aspect.lowerBound {
      height = Int((Double(frameWidth) / aspect.lowerBound).rounded(.toNearestOrEven))
    } else if ratio > aspect.upperBound {
      width = Int((Double(frameHeight) * aspect.upperBound).rounded(.toNearestOrEven))
    }
    (width, height) = (max(1, min(width, frameWidth)), max(1, min(height, frameHeight)))
    return Crop(x: (frameWidth - width) / 2, y: (frameHeight - height) / 2, width: width, height: height)
  }
}
