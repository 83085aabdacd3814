/// A colour pattern that repeats without a seam: what the sprites and backgrounds of synthetic videos are
/// covered with. Smooth at the scale of a pixel, and nowhere flat, so that optical flow has something to hold.
struct ProceduralTexture {
  enum Pattern: Int, CaseIterable {
    case noise, stripes, checks, blobs
  }

  /// Pixels a side, a power of two.
  let side: Int
  /// [side][side] of red, green, blue in 0...255; the fourth lane is unused.
  private let pixels: [SIMD4<Float>]

  init(pattern: Pattern, side: Int, random: inout SynthesisRandom) {
    self.side = side
    let noise = ProceduralTexture.noise(side: side, random: &random)
    var tone = noise
    let weight: Float = 0.6
    switch pattern {
    case .noise: break
    case .stripes: ProceduralTexture.waves(side: side, crossed: false, weight, into: &tone, random: &random)
    case .checks: ProceduralTexture.waves(side: side, crossed: true, weight, into: &tone, random: &random)
    case .blobs: ProceduralTexture.blobs(side: side, weight, into: &tone, random: &random)
    }
    let dark = ProceduralTexture.colour(15, 105, &random)
    let bright = ProceduralTexture.colour(150, 245, &random)
    pixels = tone.map { dark + (bright - dark) * min(max($0, 0), 1) }
  }

  /// The colour at a point between pixels, bilinear; coordinates wrap around.
  @inline(__always)
  func sample(_ x: Float, _ y: Float) -> SIMD4<Float> {
    let left = x.rounded(.down)
    let top = y.rounded(.down)
    let mask = side - 1
    let x0 = Int(left) & mask
    let y0 = Int(top) & mask
    let x1 = (x0 + 1) & mask
    let y1 = ((y0 + 1) & mask) * side
    let dx = x - left
    let dy = y - top
    let upper = pixels[y0 * side + x0] * (1 - dx) + pixels[y0 * side + x1] * dx
    let lower = pixels[y1 + x0] * (1 - dx) + pixels[y1 + x1] * dx
    return upper * (1 - dy) + lower * dy
  }

  private static func colour(_ low: Float, _ high: Float, _ random: inout SynthesisRandom) -> SIMD4<Float> {
    SIMD4(random.uniform(low, high), random.uniform(low, high), random.uniform(low, high), 0)
  }

  /// Value noise: random values on lattices of 32, 16, 8 and 4 pixels, interpolated smoothly and added with
  /// halving weights, then stretched about their mean; in 0...1 for the most part.
  private static func noise(side: Int, random: inout SynthesisRandom) -> [Float] {
    var tone = [Float](repeating: 0.5, count: side * side)
    var amplitude: Float = 0.9
    for cell in [32, 16, 8, 4] where cell < side {
      let count = side / cell
      let lattice = (0..<count * count).map { _ in random.uniform(-0.5, 0.5) }
      for y in 0..<side {
        let row = y / cell * count
        let nextRow = (y / cell + 1) % count * count
        let v = smoothStep(Float(y % cell) / Float(cell))
        for x in 0..<side {
          let column = x / cell
          let nextColumn = (column + 1) % count
          let u = smoothStep(Float(x % cell) / Float(cell))
          let upper = lattice[row + column] * (1 - u) + lattice[row + nextColumn] * u
          let lower = lattice[nextRow + column] * (1 - u) + lattice[nextRow + nextColumn] * u
          tone[y * side + x] += amplitude * (upper * (1 - v) + lower * v)
        }
      }
      amplitude *= 0.5
    }
    return tone
  }

  /// Mixes in soft-edged stripes of a random direction and a period of 12 to 24 pixels; or, `crossed` with
  /// themselves at a right angle, checks.
  private static func waves(
    side: Int, crossed: Bool, _ weight: Float, into tone: inout [Float], random: inout SynthesisRandom
  ) {
    // Whole numbers of waves along both sides close the seam.
    let waves = Float(side) / random.uniform(12, 24)
    let direction = random.uniform(0, 1)
    var across = (waves * cosine(turns: direction)).rounded(.toNearestOrEven) / Float(side)
    let down = (waves * sine(turns: direction)).rounded(.toNearestOrEven) / Float(side)
    if across == 0, down == 0 { across = 1 / Float(side) }
    let sharpness = random.uniform(0.8, 1.6)
    for y in 0..<side {
      for x in 0..<side {
        let first = sine(turns: Float(x) * across + Float(y) * down)
        let wave = crossed ? first * sine(turns: Float(y) * across - Float(x) * down) : first
        let value = smoothStep(0.5 + 0.5 * sharpness * wave)
        tone[y * side + x] += weight * (value - tone[y * side + x])
      }
    }
  }

  /// Mixes in round spots, 4 to 11 pixels in radius, about a third of the area.
  private static func blobs(
    side: Int, _ weight: Float, into tone: inout [Float], random: inout SynthesisRandom
  ) {
    var spots = [Float](repeating: 0, count: side * side)
    for _ in 0..<max(1, side * side / 480) {
      let centre = (random.uniform(0, Float(side)), random.uniform(0, Float(side)))
      let radius = random.uniform(4, 11)
      let reach = Int(radius) + 1
      for dy in -reach...reach {
        for dx in -reach...reach {
          let x = Int(centre.0) + dx
          let y = Int(centre.1) + dy
          let offset = (Float(x) - centre.0, Float(y) - centre.1)
          let distance = offset.0 * offset.0 + offset.1 * offset.1
          let place = (y & (side - 1)) * side + (x & (side - 1))
          spots[place] = max(spots[place], smoothStep(2 * (1 - distance / (radius * radius))))
        }
      }
    }
    for place in tone.indices { tone[place] += weight * (spots[place] - tone[place]) }
  }
}
