/// One made-up video: a textured sprite that moves over a textured background seen by a slowly panning camera.
///
/// It depends on the seed, its number and its size alone, in every bit; not on how many others are made.
package struct SyntheticVideo: Sendable {
  /// Position in the series, from 0. Its motion is the kind `number mod 6`, so classes are balanced.
  package let number: Int
  package let width: Int
  package let height: Int
  package let frameCount: Int
  /// The label.
  package let motion: SyntheticMotion
  private let background: ProceduralTexture
  private let sprite: ProceduralTexture
  private let outline: Outline
  private let radius: Float
  private let poses: [SpritePose]
  private let camera: Camera

  private enum Outline: Int, CaseIterable {
    case disc, roundedSquare, diamond
  }

  /// The camera goes round a wide circle: a steady 0.2 to 0.8 pixels a frame in a slowly changing direction,
  /// never far from where it began.
  private struct Camera {
    var radius: Float
    var turnsPerFrame: Float
    var start: Float

    func position(at frame: Int) -> (x: Float, y: Float) {
      let turns = start + turnsPerFrame * Float(frame)
      return (radius * cosine(turns: turns), radius * sine(turns: turns))
    }
  }

  /// - Precondition: `number` >= 0, `frames` >= 1, `width` and `height` in 16 ... 2048.
  package init(number: Int, seed: UInt64, frames: Int = 64, width: Int = 128, height: Int = 96) {
    precondition(number >= 0 && frames >= 1 && SyntheticVideo.accepts(width: width, height: height))
    self.number = number
    self.width = width
    self.height = height
    frameCount = frames
    let kinds = SyntheticMotion.allCases
    motion = kinds[number % kinds.count]
    // A stream each, so that a change to one part leaves the others as they are.
    func stream(_ part: UInt64) -> SynthesisRandom { SynthesisRandom(seed, UInt64(number), part) }
    var ground = stream(0)
    var skin = stream(1)
    var scene = stream(2)
    var path = stream(3)
    let patterns = ProceduralTexture.Pattern.allCases
    background = ProceduralTexture(
      pattern: patterns[ground.index(patterns.count)],
      side: SyntheticVideo.powerOfTwo(atLeast: max(width, height) + 32), random: &ground)
    radius = Float(min(width, height)) * scene.uniform(0.18, 0.26)
    sprite = ProceduralTexture(
      pattern: patterns[skin.index(patterns.count)],
      side: SyntheticVideo.powerOfTwo(atLeast: Int(2 * radius) + 8), random: &skin)
    outline = Outline.allCases[scene.index(Outline.allCases.count)]
    let period = scene.uniform(48, 96)
    camera = Camera(
      radius: scene.uniform(0.2, 0.8) * period / 6.283_185_307, turnsPerFrame: scene.sign() / period,
      start: scene.uniform(0, 1))
    let room = MotionRoom(
      radius: radius, reachX: max(0, Float(width) / 2 - radius), reachY: max(0, Float(height) / 2 - radius))
    poses = motion.poses(frames: frames, room: room, random: &path)
  }

  /// The picture at `index`, in 0 ..< `frameCount`, before any compression.
  package func frame(_ index: Int) -> VideoFrame {
    let pose = poses[index]
    let eye = camera.position(at: index)
    let middleX = Float(width) / 2 + pose.x - eye.x
    let middleY = Float(height) / 2 + pose.y - eye.y
    // Picture to sprite: the pose undone.
    let across = cosine(turns: pose.turns) / pose.scale
    let down = sine(turns: pose.turns) / pose.scale
    let spriteMiddle = Float(sprite.side / 2)
    let reach = radius * pose.scale * 1.5 + 2
    let pixels = [UInt8](unsafeUninitializedCapacity: 3 * width * height) { buffer, count in
      for y in 0..<height {
        let offsetY = Float(y) - middleY
        for x in 0..<width {
          var colour = background.sample(Float(x) + eye.x, Float(y) + eye.y)
          let offsetX = Float(x) - middleX
          if abs(offsetX) < reach, abs(offsetY) < reach {
            let u = across * offsetX + down * offsetY
            let v = across * offsetY - down * offsetX
            // Covers a pixel fully from half a pixel inside the outline, and none of it half a pixel outside.
            let cover = min(max(0.5 - (distance(u, v) - radius) * pose.scale, 0), 1)
            if cover > 0 { colour += (sprite.sample(u + spriteMiddle, v + spriteMiddle) - colour) * cover }
          }
          // `buffer` holds height * width pixels of three bytes; colours lie in 0...255.
          let place = 3 * (y * width + x)
          buffer[place] = UInt8(colour[0] + 0.5)
          buffer[place + 1] = UInt8(colour[1] + 0.5)
          buffer[place + 2] = UInt8(colour[2] + 0.5)
        }
      }
      count = 3 * width * height
    }
    return VideoFrame(width: width, height: height, pixels: pixels)
  }

  /// `slide/slide_0003.avi`: the class folder, and the number within the class.
  package var relativePath: String {
    let serial = String(number / SyntheticMotion.allCases.count)
    let digits = String(repeating: "0", count: max(0, 4 - serial.count)) + serial
    return "\(motion.rawValue)/\(motion.rawValue)_\(digits).avi"
  }

  static func accepts(width: Int, height: Int) -> Bool {
    (16...2048).contains(width) && (16...2048).contains(height)
  }

  /// How far out a point of the sprite is, in the metric whose ball of size `radius` is the outline.
  @inline(__always)
  private func distance(_ u: Float, _ v: Float) -> Float {
    switch outline {
    case .disc: (u * u + v * v).squareRoot()
    case .roundedSquare: (u * u * u * u + v * v * v * v).squareRoot().squareRoot()
    case .diamond: (abs(u) + abs(v)) * 0.8
    }
  }

  private static func powerOfTwo(atLeast size: Int) -> Int {
    var power = 64
    while power < size { power *= 2 }
    return power
  }
}
