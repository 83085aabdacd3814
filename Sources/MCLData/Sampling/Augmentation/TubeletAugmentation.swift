import MCLVideo

/// What happens to every frame of one tubelet: the drawn parameters, printable and replayable.
///
/// On 8-bit images, in this order: crop and resize, operations of RandAugment, colour, grey, blur, flip; then to 0..1, minus mean, over standard
/// deviation (reference, section 5).
package struct TubeletAugmentation: Sendable, Hashable, Codable, CustomStringConvertible {
  package var crop: Crop
  /// Size of the result in pixels.
  package var width: Int
  package var height: Int
  /// Of RandAugment, in the order they are applied.
  package var operations: [AugmentationOperation]
  /// In the order they are applied; empty where the jitter was not drawn.
  package var colour: [ColourAdjustment]
  package var isGrey: Bool
  /// nil where the blur was not drawn.
  package var blurSigma: Double?
  package var isFlipped: Bool
  package var mean: [Float]
  package var standardDeviation: [Float]

  package init(
    crop: Crop, width: Int, height: Int, operations: [AugmentationOperation] = [],
    colour: [ColourAdjustment] = [], isGrey: Bool = false,
    blurSigma: Double? = nil, isFlipped: Bool = false, mean: [Float] = [0.485, 0.456, 0.406],
    standardDeviation: [Float] = [0.229, 0.224, 0.225]
  ) {
    self.crop = crop
    self.width = width
    self.height = height
    self.operations = operations
    self.colour = colour
    self.isGrey = isGrey
    self.blurSigma = blurSigma
    self.isFlipped = isFlipped
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  package var description: String {
    var parts = ["crop \(crop) to \(width)x\(height)"]
    parts += operations.map(\.description)
    parts += colour.map(\.description)
    if isGrey { parts.append("grey") }
    if let blurSigma { parts.append("blur \(blurSigma)") }
    if isFlipped { parts.append("flip") }
    return parts.joined(separator: ", ")
  }

  /// The augmented 8-bit frames, before normalisation.
  /// - Throws: `SamplingError` where the crop leaves a frame or a parameter is out of range.
  package func images(_ frames: [RGBImage]) throws -> [RGBImage] {
    let transform = try FrameTransform(self)
    return try frames.map { frame in
      var image = try transform(frame)
      if isFlipped { image.flipHorizontally() }
      return image
    }
  }

  /// Augments and normalises the frames of one tubelet.
  /// - Returns: f32 [3, T, H, W], T the number of frames.
  /// - Throws: `SamplingError` where the crop leaves a frame or a parameter is out of range.
  package func apply(frames: [RGBImage]) throws -> [Float] {
    let transform = try FrameTransform(self)
    var result = [Float](repeating: 0, count: 3 * frames.count * width * height)
    try result.withUnsafeMutableBufferPointer { try write(frames, with: transform, into: $0) }
    return result
  }

  /// Augments and normalises the frames of one tubelet into the memory of one sample, [3, T, H, W].
  /// - Throws: `SamplingError` where the memory is not of that size, the crop leaves a frame, or a parameter is out of
  ///   range.
  package func apply(frames: [RGBImage], into sample: UnsafeMutableBufferPointer<Float>) throws {
    try write(frames, with: FrameTransform(self), into: sample)
  }

  private func write(
    _ frames: [RGBImage], with transform: FrameTransform, into sample: UnsafeMutableBufferPointer<Float>
  ) throws {
    let plane = width * height
    guard sample.count == 3 * frames.count * plane else {
      throw SamplingError(
        "a tubelet of \(frames.count) frames of \(width)x\(height) pixels does not fit \(sample.count) numbers: "
          + "give 3 x \(frames.count) x \(height) x \(width)")
    }
    let count = frames.count
    // Bounds: the sample has count planes a channel, the image three bytes a pixel, the tables 256 entries.
    for (time, frame) in frames.enumerated() {
      let image = try transform(frame)
      image.pixels.withUnsafeBufferPointer { pixels in
        transform.normalised.withUnsafeBufferPointer { table in
          for y in 0..<height {
            // A flip reads rows from their ends.
            var source = 3 * (isFlipped ? (y + 1) * width - 1 : y * width)
            let step = isFlipped ? -3 : 3
            let first = time * plane + y * width
            for place in first..<first + width {
              sample[place] = table[Int(pixels[source])]
              sample[place &+ count &* plane] = table[256 &+ Int(pixels[source &+ 1])]
              sample[place &+ 2 &* count &* plane] = table[512 &+ Int(pixels[source &+ 2])]
              source &+= step
            }
          }
        }
      }
    }
  }
}

/// A tubelet's augmentation but for the flip, with its tables made, which all frames share.
private struct FrameTransform {
  let resize: BilinearResize
  let operations: [PreparedOperation]
  let colour: [PreparedAdjustment]
  let isGrey: Bool
  let blur: GaussianBlur?
  /// Of each channel and byte: (byte / 255 - mean) / standard deviation.
  let normalised: [Float]

  init(_ augmentation: TubeletAugmentation) throws {
    let mean = augmentation.mean
    let deviation = augmentation.standardDeviation
    guard mean.count == 3, deviation.count == 3, mean.allSatisfy(\.isFinite),
      deviation.allSatisfy({ $0.isFinite && $0 > 0 })
    else {
      throw SamplingError(
        "frames cannot be normalised by mean \(mean) and standard deviation \(deviation): "
          + "give three finite means and three positive deviations")
    }
    resize = try BilinearResize(
      crop: augmentation.crop, width: augmentation.width, height: augmentation.height)
    operations = try augmentation.operations.map {
      try PreparedOperation($0, width: augmentation.width, height: augmentation.height)
    }
    blur = try augmentation.blurSigma.map(GaussianBlur.init(sigma:))
    try augmentation.colour.forEach { try $0.validate() }
    colour = augmentation.colour.map { $0.prepared() }
    isGrey = augmentation.isGrey
    normalised = (0..<3).flatMap { channel -> [Float] in
      let (mean, deviation) = (mean[channel], deviation[channel])
      return (0..<256).map { byte -> Float in (Float(byte) / 255 - mean) / deviation }
    }
  }

  func callAsFunction(_ frame: RGBImage) throws -> RGBImage {
    var image = try resize(frame)
    for operation in operations { operation.apply(to: &image) }
    for adjustment in colour { adjustment.apply(to: &image) }
    if isGrey { Grey.apply(to: &image) }
    if let blur { image = blur(image) }
    return image
  }
}

extension RGBImage {
  /// Mirrors the image left to right.
  mutating func flipHorizontally() {
    let (width, height) = (width, height)
    // Bounds: left and right pixels lie within row y of width RGB triples.
    pixels.withUnsafeMutableBufferPointer { pixels in
      for y in 0..<height {
        for x in 0..<width / 2 {
          let left = 3 * (y * width + x)
          let right = 3 * (y * width + width - 1 - x)
          for channel in 0..<3 { pixels.swapAt(left + channel, right + channel) }
        }
      }
    }
  }
}
