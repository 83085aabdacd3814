import MCLSupport
import MCLVideo

/// Which augmentations a tubelet may get, and how strong (reference, section 5): the distribution that
/// `TubeletAugmentation`s are drawn from.
public struct AugmentationPolicy: Sendable, Hashable, Codable {
  /// Area of a crop as a share of the frame's, uniform.
  public var cropArea: ClosedRange<Double>
  /// Width over height of a crop, log-uniform.
  public var cropAspect: ClosedRange<Double>
  /// Sides of a crop that is not drawn but lies in the middle, as a share of the largest that fits.
  public var centreShare: Double
  /// Probability of the colour jitter: all four adjustments, in random order.
  public var colourProbability: Double
  /// The brightness factor is uniform in max(0, 1 - b) ... 1 + b.
  public var brightness: Double
  /// The contrast factor is uniform in max(0, 1 - c) ... 1 + c.
  public var contrast: Double
  /// The saturation factor is uniform in max(0, 1 - s) ... 1 + s.
  public var saturation: Double
  /// The hue turns by at most this part of the circle.
  public var hue: Double
  /// Probability of losing all colour.
  public var greyProbability: Double
  /// Probability of a Gaussian blur.
  public var blurProbability: Double
  /// Range of the blur's standard deviation in pixels, uniform.
  public var blurSigma: ClosedRange<Double>
  /// Probability of a horizontal flip.
  public var flipProbability: Double
  /// Operations of RandAugment after the crop, before the colour jitter; nil for none.
  public var randAugment: RandAugment?
  /// Subtracted from the channels R, G, B on the scale 0 ... 1. The default is the mean of ImageNet.
  public var mean: [Float]
  /// The channels are divided by it after that. The default is the standard deviation of ImageNet.
  public var standardDeviation: [Float]

  /// A policy; without arguments it is `full`. Ranges are checked by `validate`, not here.
  public init(
    cropArea: ClosedRange<Double> = 0.2...1, cropAspect: ClosedRange<Double> = 3.0 / 4...4.0 / 3,
    centreShare: Double = 1, colourProbability: Double = 0.8, brightness: Double = 0.4,
    contrast: Double = 0.4,
    saturation: Double = 0.4,
    hue: Double = 0.1, greyProbability: Double = 0.2, blurProbability: Double = 0.5,
    blurSigma: ClosedRange<Double> = 0.1...2, flipProbability: Double = 0.5,
    randAugment: RandAugment? = nil, mean: [Float] = [0.485, 0.456, 0.406],
    standardDeviation: [Float] = [0.229, 0.224, 0.225]
  ) {
    self.cropArea = cropArea
    self.cropAspect = cropAspect
    self.centreShare = centreShare
    self.colourProbability = colourProbability
    self.brightness = brightness
    self.contrast = contrast
    self.saturation = saturation
    self.hue = hue
    self.greyProbability = greyProbability
    self.blurProbability = blurProbability
    self.blurSigma = blurSigma
    self.flipProbability = flipProbability
    self.randAugment = randAugment
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// The reference's training augmentation.
  public static let full = AugmentationPolicy()

  /// Crop, resize and flip only: no colour, grey or blur.
  public static let cropAndFlip = AugmentationPolicy(
    colourProbability: 0, greyProbability: 0, blurProbability: 0)

  /// Draws one tubelet's augmentation.
  /// - Parameters:
  ///   - crop: of every frame.
  ///   - width: of the result, in pixels.
  ///   - height: of the result, in pixels.
  /// - Throws: `SamplingError` where a probability is outside 0...1 or a strength out of range.
  package func draw(
    crop: Crop, width: Int, height: Int, random: inout CounterRandom
  ) throws -> TubeletAugmentation {
    try validate()
    // Every value is drawn whether used or not, so that changing one probability leaves the other draws as they were.
    let isColoured = random.bernoulli(colourProbability)
    func factor(_ strength: Double) -> Double { random.uniform(in: max(0, 1 - strength)...1 + strength) }
    var colour: [ColourAdjustment] = [
      .brightness(factor(brightness)), .contrast(factor(contrast)), .saturation(factor(saturation)),
      .hue(random.uniform(in: -hue...hue)),
    ]
    random.shuffle(&colour)
    let isGrey = random.bernoulli(greyProbability)
    let isBlurred = random.bernoulli(blurProbability)
    let sigma = random.uniform(in: blurSigma)
    let isFlipped = random.bernoulli(flipProbability)
    // Last, so that the other draws are those of a policy without it.
    let operations = randAugment?.draw(&random) ?? []
    return TubeletAugmentation(
      crop: crop, width: width, height: height, operations: operations, colour: isColoured ? colour : [],
      isGrey: isGrey,
      blurSigma: isBlurred ? sigma : nil, isFlipped: isFlipped, mean: mean,
      standardDeviation: standardDeviation)
  }

  /// What is done to a clip that is not drawn: the middle of the frame, of the clip's own aspect.
  package func centred(frameWidth: Int, frameHeight: Int, width: Int, height: Int) -> TubeletAugmentation {
    let (cropWidth, cropHeight) = Crop.largestSides(
      frameWidth: frameWidth, frameHeight: frameHeight, width: width, height: height, share: centreShare)
    let crop = Crop(
      x: (frameWidth - cropWidth) / 2, y: (frameHeight - cropHeight) / 2, width: cropWidth, height: cropHeight
    )
    return TubeletAugmentation(
      crop: crop, width: width, height: height, mean: mean, standardDeviation: standardDeviation)
  }

  /// Checks every range and number.
  ///
  /// - Throws: `SamplingError` where a probability is outside 0...1, a strength out of range, or a channel's number is
  ///   missing or cannot be divided by.
  public func validate() throws {
    guard mean.count == 3, standardDeviation.count == 3, mean.allSatisfy(\.isFinite),
      standardDeviation.allSatisfy({ $0.isFinite && $0 > 0 })
    else { throw SamplingError("the mean and the deviation take three numbers, the deviation's above 0") }
    try randAugment?.validate()
    guard cropArea.lowerBound > 0, cropArea.upperBound <= 1 else {
      throw SamplingError("the area of crops is drawn from \(cropArea): give a range above 0, up to 1")
    }
    guard cropAspect.lowerBound > 0, cropAspect.upperBound <= 1000 else {
      throw SamplingError("the aspect of crops is drawn from \(cropAspect): give a range above 0, up to 1000")
    }
    guard centreShare > 0, centreShare <= 1 else {
      throw SamplingError("the share of the middle is \(centreShare): give one above 0, up to 1")
    }
    let probabilities = [
      ("colour", colourProbability), ("grey", greyProbability), ("blur", blurProbability),
      ("flip", flipProbability),
    ]
    for (name, value) in probabilities where !(0...1).contains(value) {
      throw SamplingError("the probability of \(name) is \(value): give one from 0 to 1")
    }
    let strengths = [
      ("brightness", brightness, 100.0), ("contrast", contrast, 100), ("saturation", saturation, 100),
      ("hue", hue, 0.5),
    ]
    for (name, value, limit) in strengths where !(0...limit).contains(value) {
      throw SamplingError("the strength of \(name) is \(value): give one from 0 to \(limit)")
    }
    guard blurSigma.lowerBound >= 0, blurSigma.upperBound <= 1000 else {
      throw SamplingError("the blur's sigma is drawn from \(blurSigma): give a range within 0 to 1000 pixels")
    }
  }
}
