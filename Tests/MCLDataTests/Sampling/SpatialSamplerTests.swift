import Foundation
import MCLData
import MCLSupport
import MCLVideo
import Testing

@Suite("Spatial sampling")
struct SpatialSamplerTests {
  static func stream(_ sample: Int) -> CounterRandom {
    CounterRandom(seed: 5, epoch: 2, sample: sample, purpose: "crop")
  }

  /// A box over the given cells of a 7x7 map.
  static func box(_ cells: [Int]) throws -> MotionBox {
    var map = [Float](repeating: 0, count: 49)
    for cell in cells { map[cell] = 1 }
    return try MotionBox(map: map, top: cells.count)
  }

  @Test(
    "The motion box bounds the four strongest cells, ties by the lower index, and says what cover it needs")
  func motionBox() throws {
    var map = [Float](repeating: 0, count: 49)
    map[8] = 3
    map[9] = 2
    map[15] = 2
    let box = try MotionBox(map: map)  // 8, 9, 15 and, of the ties at 0, cell 0
    #expect(box.rows == 0..<3)
    #expect(box.columns == 0..<3)
    #expect(box.requiredCover == 0.7)
    let flat = try MotionBox(map: [Float](repeating: 4, count: 49))
    #expect(flat.rows == 0..<1)
    #expect(flat.columns == 0..<4)
    #expect(flat.requiredCover == 0.9)
    #expect(try Self.box([0, 7, 14, 21, 28]).requiredCover == 0.8)
    #expect(try Self.box([0, 10]).requiredCover == 0.8)  // 2 x 4 cells
    #expect(try Self.box([0, 18]).requiredCover == 0)  // 3 x 5 cells
    #expect(try Self.box([0, 17]).requiredCover == 0.7)  // 3 x 4 cells
    let pixels = flat.pixels(width: 320, height: 240)
    #expect(pixels.x == 0...(4.0 * 320 / 7))
    #expect(pixels.y == 0...(240.0 / 7))
    // Another map size: 3 x 5 cells, one of which is a tenth.
    let other = try MotionBox(map: (0..<15).map { $0 == 7 ? 1 : 0 }, rows: 3, columns: 5)
    #expect(other.rows == 1..<2 && other.columns == 2..<3)
    #expect(other.pixels(width: 50, height: 30).x == 20...30)
    #expect(throws: SamplingError.self) { try MotionBox(map: [1, 2, 3]) }
    #expect(throws: SamplingError.self) { try MotionBox(map: [Float](repeating: .nan, count: 49)) }
  }

  @Test("The clip's map is the mean of its frames' maps")
  func average() throws {
    let maps: [Float] = [1, 2, 3, 4, 5, 6, 9, 8, 7]
    #expect(try MotionBox.average(of: maps, frames: [0, 2], rows: 1, columns: 3) == [5, 5, 5])
    #expect(throws: SamplingError.self) { try MotionBox.average(of: maps, frames: [3], rows: 1, columns: 3) }
    #expect(throws: SamplingError.self) { try MotionBox.average(of: maps, frames: [0], rows: 2, columns: 2) }
  }

  @Test("Area is uniform and aspect log-uniform, given that the crop fits")
  func sizeLaw() throws {
    let sampler = try SpatialSampler()
    let trials = 60_000
    var cells: [[Int]: Int] = [:]
    var large = 0
    for sample in 0..<trials {
      var random = Self.stream(sample)
      let crop = try sampler.sample(frameWidth: 2000, frameHeight: 2000, box: nil, random: &random)
      #expect(crop.fits(width: 2000, height: 2000))
      let area = Double(crop.width * crop.height) / 4e6
      let aspect = log(Double(crop.width) / Double(crop.height)) / log(4.0 / 3)
      if area > 0.75 {
        large += 1
      } else {
        // Up to 3/4 of a square every aspect fits, so the law is flat there. Rounding may pass the ends by a hair.
        let row = min(max(Int((area - 0.2) / 0.055), 0), 9)
        cells[[row, min(max(Int((aspect + 1) * 4), 0), 7)], default: 0] += 1
      }
    }
    var law: [[Int]: Double] = [:]
    for row in 0..<10 { for column in 0..<8 { law[[row, column]] = 1.0 / 80 } }
    let test = ChiSquare(cells, law: law)
    #expect(test.passes, "\(test)")
    // Above, |log r| <= -log a: the integral of -2 log a over 3/4...1, against 0.55 x 2 log(4/3) below.
    let above = 2 * (1 - 0.75 + 0.75 * log(0.75))
    #expect(isPlausible(large, of: trials, probability: above / (above + 1.1 * log(4.0 / 3))))
  }

  @Test("Without a required cover every position is equally likely")
  func positionLaw() throws {
    let sampler = try SpatialSampler(area: 0.25...0.25, aspect: 1...1)
    let everywhere = try Self.box([0, 48])
    #expect(everywhere.requiredCover == 0)
    var counts: [[Int]: Int] = [:]
    for sample in 0..<30_000 {
      var random = Self.stream(sample)
      let crop = try sampler.sample(
        frameWidth: 20, frameHeight: 24, box: sample % 2 == 0 ? nil : everywhere, random: &random)
      #expect(crop.width == 11 && crop.height == 11)
      counts[[crop.x, crop.y], default: 0] += 1
    }
    var law: [[Int]: Double] = [:]
    for x in 0...9 { for y in 0...13 { law[[x, y]] = 1.0 / 140 } }
    let test = ChiSquare(counts, law: law)
    #expect(test.passes, "\(test)")
  }

  @Test("The crop is the first of 40 positions that covers enough, or the best of them: exact law by cover")
  func coverLaw() throws {
    // 28 x 28 frames, 14 x 14 crops. The first box can be covered; the second, 20 pixels wide, never to 0.9.
    let sampler = try SpatialSampler(area: 0.25...0.25, aspect: 1...1)
    for cells in [[0, 8], [21, 25], [3, 24]] {
      let box = try Self.box(cells)
      var positions: [Double: Int] = [:]
      for x in 0...14 {
        for y in 0...14 {
          let crop = Crop(x: x, y: y, width: 14, height: 14)
          positions[box.cover(by: crop, frameWidth: 28, frameHeight: 28), default: 0] += 1
        }
      }
      let enough = positions.filter { $0.key >= box.requiredCover }.values.reduce(0, +)
      let failure = 1 - Double(enough) / 225
      var law: [Double: Double] = [:]
      var below = 0.0
      for cover in positions.keys.sorted() {
        let share = Double(positions[cover] ?? 0) / 225
        if cover >= box.requiredCover {
          law[cover] = share / (1 - failure) * (1 - pow(failure, 40))
        } else {
          law[cover] = pow(below + share, 40) - pow(below, 40)
          below += share
        }
      }
      var counts: [Double: Int] = [:]
      let trials = 40_000
      for sample in 0..<trials {
        var random = Self.stream(sample)
        let crop = try sampler.sample(frameWidth: 28, frameHeight: 28, box: box, random: &random)
        counts[box.cover(by: crop, frameWidth: 28, frameHeight: 28), default: 0] += 1
      }
      // Rare outcomes are pooled, since the chi-square needs expectations of a few at least.
      let rare = Set(law.filter { $0.value * Double(trials) < 10 }.keys)
      let pooled = Dictionary(
        law.map { (rare.contains($0.key) ? -1 : $0.key, $0.value) }, uniquingKeysWith: +)
      let seen = Dictionary(
        counts.map { (rare.contains($0.key) ? -1 : $0.key, $0.value) }, uniquingKeysWith: +)
      #expect(pooled.count > 1)
      #expect(abs(pooled.values.reduce(0, +) - 1) < 1e-9)
      let test = ChiSquare(seen, law: pooled)
      #expect(test.passes, "\(cells): \(test), \(pooled), \(seen)")
    }
  }

  @Test("Where no size fits, a moving clip is cropped from a corner to the far edge of its box")
  func cornerCrop() throws {
    let sampler = try SpatialSampler()
    let box = try Self.box([22, 30])  // rows 3..<5, columns 1..<3
    let pixels = box.pixels(width: 1000, height: 70)
    var topLeft = 0
    for sample in 0..<4000 {
      var random = Self.stream(sample)
      let crop = try sampler.sample(frameWidth: 1000, frameHeight: 70, box: box, random: &random)
      #expect(crop.fits(width: 1000, height: 70))
      let isTopLeft = crop.x + crop.width == 429 && crop.y + crop.height == 50
      let isBottomRight = crop.x == 143 && crop.y == 30
      #expect(isTopLeft || isBottomRight)
      if isTopLeft {
        topLeft += 1
        #expect(Double(crop.x) <= pixels.x.lowerBound + 1 && Double(crop.y) <= pixels.y.lowerBound + 1)
      } else {
        #expect(Double(crop.x + crop.width) >= pixels.x.upperBound - 2)
        #expect(Double(crop.y + crop.height) >= pixels.y.upperBound - 2)
      }
    }
    #expect(isPlausible(topLeft, of: 4000, probability: 0.5))
  }

  @Test("Where no size fits and nothing need be covered, the crop is central")
  func centralCrop() throws {
    let sampler = try SpatialSampler()
    var random = Self.stream(0)
    let wide = try sampler.sample(frameWidth: 1000, frameHeight: 60, box: nil, random: &random)
    #expect(wide == Crop(x: 460, y: 0, width: 80, height: 60))
    let tall = try sampler.sample(frameWidth: 60, frameHeight: 1000, box: nil, random: &random)
    #expect(tall == Crop(x: 0, y: 460, width: 60, height: 80))
  }

  @Test("A size is drawn at most 20 times: exact law of frames that few sizes fit")
  func redraws() throws {
    // A crop of area a W H and aspect r fits a frame with H/W = 0.18 where a <= 0.18 r, so where r > 0.2/0.18; with
    // u = log r uniform within -+L that has the probability of the integral of (0.18 e^u - 0.2) / 0.8 / (2 L).
    let limit = log(4.0 / 3)
    let fits = (0.18 * (4.0 / 3 - 0.2 / 0.18) - 0.2 * (limit - log(0.2 / 0.18))) / (1.6 * limit)
    let sampler = try SpatialSampler()
    let trials = 100_000
    var central = 0
    for sample in 0..<trials {
      var random = Self.stream(sample)
      let crop = try sampler.sample(frameWidth: 100_000, frameHeight: 18_000, box: nil, random: &random)
      #expect(crop.fits(width: 100_000, height: 18_000))
      central += crop == Crop(x: 38_000, y: 0, width: 24_000, height: 18_000) ? 1 : 0
    }
    // One draw more or less would be six standard deviations away.
    #expect(isPlausible(central, of: trials, probability: pow(1 - fits, 20)))
  }

  @Test(
    "Crops fit frames of any size", arguments: [(1, 1), (1, 9), (2, 3), (5, 400), (7, 7), (340, 256), (3, 1)])
  func anySize(width: Int, height: Int) throws {
    let sampler = try SpatialSampler()
    for cell in 0..<49 {
      for sample in 0..<20 {
        var random = Self.stream(sample)
        let crop = try sampler.sample(
          frameWidth: width, frameHeight: height, box: try Self.box([cell]), random: &random)
        #expect(crop.fits(width: width, height: height), "\(crop)")
      }
    }
  }

  @Test("What cannot be cropped is said in one sentence")
  func errors() throws {
    let sampler = try SpatialSampler()
    var random = Self.stream(0)
    #expect(throws: SamplingError("a frame of 0x4 pixels cannot be cropped: give one of 1 to 1048576 a side"))
    {
      try sampler.sample(frameWidth: 0, frameHeight: 4, box: nil, random: &random)
    }
    #expect(throws: SamplingError.self) { try SpatialSampler(area: 0...1) }
  }
}
