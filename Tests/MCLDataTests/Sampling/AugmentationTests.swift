import Foundation
import MCLData
import MCLSupport
import MCLVideo
import Testing

/// One step of a fixture, in the order a tubelet's augmentation has.
enum FixtureStep {
  case resize(Int, Int, Int, Int, Int, Int)
  case brightness(Double)
  case contrast(Double)
  case saturation(Double)
  case hue(Double)
  case grey
  case blur(Double)
  case flip
}

@Suite("Augmentation")
struct AugmentationTests {
  static func augmentation(_ steps: [FixtureStep], of image: RGBImage) -> TubeletAugmentation {
    var result = TubeletAugmentation(
      crop: Crop(x: 0, y: 0, width: image.width, height: image.height), width: image.width,
      height: image.height)
    for step in steps {
      switch step {
      case .resize(let x, let y, let width, let height, let toWidth, let toHeight):
        result.crop = Crop(x: x, y: y, width: width, height: height)
        result.width = toWidth
        result.height = toHeight
      case .brightness(let factor): result.colour.append(.brightness(factor))
      case .contrast(let factor): result.colour.append(.contrast(factor))
      case .saturation(let factor): result.colour.append(.saturation(factor))
      case .hue(let turn): result.colour.append(.hue(turn))
      case .grey: result.isGrey = true
      case .blur(let sigma): result.blurSigma = sigma
      case .flip: result.isFlipped = true
      }
    }
    return result
  }

  static func run(_ steps: [FixtureStep], on image: RGBImage) throws -> RGBImage {
    let images = try augmentation(steps, of: image).images([image])
    return try #require(images.first)
  }

  static func source() throws -> RGBImage {
    let data = try #require(Data(base64Encoded: AugmentationFixtures.source))
    return try RGBImage(width: 24, height: 18, pixels: [UInt8](data))
  }

  static func pattern(width: Int, height: Int) throws -> RGBImage {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<3 {
          pixels.append(UInt8((x * x * 3 + y * 7 + c * 85 + x * y + (x * 5 + c) * (y * 3 + 1)) % 256))
        }
      }
    }
    return try RGBImage(width: width, height: height, pixels: pixels)
  }

  static func cube() throws -> RGBImage {
    let levels = stride(from: UInt8(0), through: 255, by: 5)
    let pixels = levels.flatMap { red in levels.flatMap { green in levels.flatMap { [red, green, $0] } } }
    return try RGBImage(width: 1, height: pixels.count / 3, pixels: pixels)
  }

  static func digest(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  @Test("Every step, and chains of them, give Pillow's bytes", arguments: AugmentationFixtures.small.indices)
  func fixtures(index: Int) throws {
    let fixture = AugmentationFixtures.small[index]
    let expected = [UInt8](try #require(Data(base64Encoded: fixture.pixels)))
    let result = try Self.run(fixture.steps, on: try Self.source())
    #expect(result.width == fixture.width && result.height == fixture.height)
    try #require(result.pixels.count == expected.count)
    let largest = zip(result.pixels, expected).map { abs(Int($0) - Int($1)) }.max()
    #expect(largest == 0, "\(fixture.steps)")
  }

  @Test(
    "Larger generated images have the digest of Pillow's", arguments: AugmentationFixtures.pattern.indices)
  func patterns(index: Int) throws {
    let fixture = AugmentationFixtures.pattern[index]
    let image = try Self.pattern(width: fixture.width, height: fixture.height)
    #expect(Self.digest(try Self.run(fixture.steps, on: image).pixels) == fixture.digest, "\(fixture.steps)")
  }

  @Test("Colours all over the cube have the digest of Pillow's", arguments: AugmentationFixtures.cube.indices)
  func colours(index: Int) throws {
    let fixture = AugmentationFixtures.cube[index]
    let result = try Self.run(fixture.steps, on: try Self.cube())
    #expect(Self.digest(result.pixels) == fixture.digest, "\(fixture.steps)")
  }

  @Test("Contrast blends each frame with its own mean grey")
  func contrastPerFrame() throws {
    let dark = try RGBImage(width: 2, height: 1, pixels: [10, 10, 10, 30, 30, 30])
    let light = try RGBImage(width: 2, height: 1, pixels: [210, 210, 210, 230, 230, 230])
    let images = try Self.augmentation([.contrast(0.5)], of: dark).images([dark, light])
    #expect(images[0].pixels == [15, 15, 15, 25, 25, 25])
    #expect(images[1].pixels == [215, 215, 215, 225, 225, 225])
  }

  @Test("Flow and other images of one to four channels are resized as the channels of a colour image are")
  func channels() throws {
    let image = try Self.pattern(width: 40, height: 30)
    let resize = try BilinearResize(crop: Crop(x: 4, y: 2, width: 33, height: 25), width: 16, height: 28)
    let expected = try resize(image).pixels
    for channel in 0..<3 {
      let one = stride(from: channel, to: image.pixels.count, by: 3).map { image.pixels[$0] }
      let result = try resize.resized(one, width: 40, height: 30, channels: 1)
      #expect(result == stride(from: channel, to: expected.count, by: 3).map { expected[$0] })
      let doubled = one.flatMap { [$0, 255 - $0] }
      let pair = try resize.resized(doubled, width: 40, height: 30, channels: 2)
      #expect(stride(from: 0, to: pair.count, by: 2).map { pair[$0] } == result)
    }
  }

  @Test("A resize by up to 120 keeps its sums exact: a flat image stays as it is")
  func largestScale() throws {
    for level in [UInt8](1...255) where level % 23 == 1 || level == 255 {
      let image = try RGBImage(
        width: 240, height: 360, pixels: [UInt8](repeating: level, count: 3 * 240 * 360))
      let resize = try BilinearResize(crop: Crop(x: 0, y: 0, width: 240, height: 360), width: 2, height: 3)
      #expect(try resize(image).pixels == [UInt8](repeating: level, count: 18))
    }
  }

  @Test("Normalised frames lie as [3, T, H, W]")
  func layout() throws {
    let image = try Self.pattern(width: 9, height: 7)
    let other = try Self.pattern(width: 9, height: 7)
    let augmentation = Self.augmentation([.resize(1, 0, 7, 6, 5, 4), .flip], of: image)
    let frames = [image, try Self.run([.brightness(0.5)], on: other)]
    let images = try augmentation.images(frames)
    let result = try augmentation.apply(frames: frames)
    let mean = [0.485, 0.456, 0.406]
    let deviation = [0.229, 0.224, 0.225]
    try #require(result.count == 3 * 2 * 4 * 5)
    for channel in 0..<3 {
      for time in 0..<2 {
        for y in 0..<4 {
          for x in 0..<5 {
            let byte = Double(images[time].pixels[3 * (y * 5 + x) + channel])
            let expected = (byte / 255 - mean[channel]) / deviation[channel]
            let value = Double(result[((channel * 2 + time) * 4 + y) * 5 + x])
            #expect(abs(value - expected) < 1e-6)
          }
        }
      }
    }
  }

  @Test("The draws follow the policy")
  func policy() throws {
    let trials = 20_000
    var (coloured, grey, blurred, flipped) = (0, 0, 0, 0)
    var orders: [String: Int] = [:]
    var factors: [Int: Int] = [:]
    var hues: [Int: Int] = [:]
    var sigmas: [Int: Int] = [:]
    for sample in 0..<trials {
      var random = CounterRandom(seed: 9, sample: sample, purpose: "augmentation")
      let drawn = try AugmentationPolicy.full.draw(
        crop: Crop(x: 0, y: 0, width: 8, height: 8), width: 4, height: 4, random: &random)
      coloured += drawn.colour.isEmpty ? 0 : 1
      grey += drawn.isGrey ? 1 : 0
      blurred += drawn.blurSigma == nil ? 0 : 1
      flipped += drawn.isFlipped ? 1 : 0
      if let sigma = drawn.blurSigma { sigmas[Int((sigma - 0.1) / 0.19), default: 0] += 1 }
      var order = ""
      for step in drawn.colour {
        switch step {
        case .brightness(let factor), .contrast(let factor), .saturation(let factor):
          order += "\(step)".prefix(1)
          factors[Int((factor - 0.6) / 0.08), default: 0] += 1
        case .hue(let turn):
          order += "h"
          hues[Int((turn + 0.1) / 0.02), default: 0] += 1
        }
      }
      if !order.isEmpty { orders[order, default: 0] += 1 }
    }
    #expect(isPlausible(coloured, of: trials, probability: 0.8))
    #expect(isPlausible(grey, of: trials, probability: 0.2))
    #expect(isPlausible(blurred, of: trials, probability: 0.5))
    #expect(isPlausible(flipped, of: trials, probability: 0.5))
    let tenths = Dictionary(uniqueKeysWithValues: (0..<10).map { ($0, 0.1) })
    for counts in [factors, hues, sigmas] {
      let test = ChiSquare(counts, law: tenths)
      #expect(test.passes, "\(test)")
    }
    #expect(orders.count == 24)
    let test = ChiSquare(orders, law: orders.mapValues { _ in 1.0 / 24 })
    #expect(test.passes, "\(test)")
  }

  @Test("Crop and flip draws no colour, grey or blur, and the same flips as the full policy")
  func cropAndFlip() throws {
    for sample in 0..<500 {
      func draw(_ policy: AugmentationPolicy) throws -> TubeletAugmentation {
        var random = CounterRandom(seed: 9, sample: sample, purpose: "augmentation")
        return try policy.draw(
          crop: Crop(x: 0, y: 0, width: 8, height: 8), width: 4, height: 4, random: &random)
      }
      let plain = try draw(.cropAndFlip)
      #expect(plain.colour.isEmpty && !plain.isGrey && plain.blurSigma == nil)
      #expect(try draw(.full).isFlipped == plain.isFlipped)
    }
  }

  @Test("A drawn augmentation can be printed, stored and replayed")
  func replay() throws {
    var random = CounterRandom(seed: 1, sample: 3, purpose: "augmentation")
    let image = try Self.pattern(width: 32, height: 24)
    var policy = AugmentationPolicy.full
    policy.colourProbability = 1
    policy.blurProbability = 1
    let drawn = try policy.draw(
      crop: Crop(x: 3, y: 2, width: 20, height: 18), width: 16, height: 12, random: &random)
    let stored = try JSONEncoder().encode(drawn)
    let replayed = try JSONDecoder().decode(TubeletAugmentation.self, from: stored)
    #expect(replayed == drawn)
    #expect(try replayed.apply(frames: [image]) == drawn.apply(frames: [image]))
    let printed = TubeletAugmentation(
      crop: Crop(x: 3, y: 2, width: 20, height: 18), width: 16, height: 12,
      colour: [.hue(0.05), .contrast(1.2)],
      isGrey: true, blurSigma: 0.5, isFlipped: true)
    #expect("\(printed)" == "crop 20x18 at (3, 2) to 16x12, hue 0.05, contrast 1.2, grey, blur 0.5, flip")
  }

  @Test("What cannot be augmented is said in one sentence")
  func errors() throws {
    let image = try Self.pattern(width: 8, height: 6)
    func message(_ change: (inout TubeletAugmentation) -> Void) -> String {
      var augmentation = Self.augmentation([], of: image)
      change(&augmentation)
      do {
        _ = try augmentation.apply(frames: [image])
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(message { _ in } == "no error")
    #expect(
      message { $0.crop.x = 1 } == "the crop 8x6 at (1, 0) leaves the frame of 8x6 pixels: draw it again")
    #expect(
      message { $0.blurSigma = -1 } == "a blur of sigma -1.0 cannot be made: give one of 0 to 1000 pixels")
    #expect(
      message { $0.colour = [.hue(.nan)] }
        == "hue nan cannot be applied: give a factor of 0 to 101, or a hue of -0.5 to 0.5 turns")
    #expect(
      message { $0.standardDeviation = [1, 0, 1] }
        == "frames cannot be normalised by mean [0.485, 0.456, 0.406] and standard deviation [1.0, 0.0, 1.0]: "
        + "give three finite means and three positive deviations")
    #expect(
      throws: SamplingError(
        "a crop of 121x6 at (0, 0) cannot be resized to 1x6: give sides of at least 1/120 of the crop's")
    ) {
      try BilinearResize(crop: Crop(x: 0, y: 0, width: 121, height: 6), width: 1, height: 6)
    }
    var policy = AugmentationPolicy.full
    policy.greyProbability = 1.5
    var random = CounterRandom(seed: 1, purpose: "augmentation")
    #expect(throws: SamplingError("the probability of grey is 1.5: give one from 0 to 1")) {
      try policy.draw(crop: Crop(x: 0, y: 0, width: 1, height: 1), width: 1, height: 1, random: &random)
    }
    #expect(throws: SamplingError("5 bytes are no RGB image of 2x1 pixels: give 3 bytes a pixel")) {
      try RGBImage(width: 2, height: 1, pixels: [1, 2, 3, 4, 5])
    }
  }
}
