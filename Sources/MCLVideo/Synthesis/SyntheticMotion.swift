/// How the sprite of a synthetic video moves: its label, and the name of its class folder.
package enum SyntheticMotion: String, Sendable, CaseIterable {
  /// Along a straight line, bouncing at the border.
  case slide
  /// Round a circle, upright.
  case circle
  /// About its own centre.
  case rotate
  /// Growing and shrinking.
  case zoom
  /// To and fro within a few pixels.
  case shake
  /// Along a path that bends at random, bouncing at the border.
  case wander
}

/// Where the sprite is in one frame.
struct SpritePose {
  /// Offset of its centre from the middle of the scene, pixels.
  var x: Float = 0
  var y: Float = 0
  var turns: Float = 0
  var scale: Float = 1
}

/// What a motion may use of the scene: the sprite's radius, and how far its centre may stray, all in pixels.
struct MotionRoom {
  var radius: Float
  var reachX: Float
  var reachY: Float
}

extension SyntheticMotion {
  /// The sprite's pose in each frame. It moves at 1.2 to 3.6 pixels a frame (rotation and zoom: at its rim) and
  /// rests for a quarter to a half of the time, in one spell or two.
  func poses(frames: Int, room: MotionRoom, random: inout SynthesisRandom) -> [SpritePose] {
    let isMoving = SyntheticMotion.activity(frames: frames, random: &random)
    let speed = random.uniform(1.2, 3.6)
    let heading = random.uniform(0, 1)
    let (alongX, alongY) = (cosine(turns: heading), sine(turns: heading))
    let turning = random.sign()
    let start = SpritePose(
      x: random.uniform(-0.5, 0.5) * room.reachX, y: random.uniform(-0.5, 0.5) * room.reachY,
      turns: random.uniform(0, 1))
    // Rotation and zoom need not go far from the middle; a circle has its middle there.
    let orbit = max(1, min(room.reachX, room.reachY) * random.uniform(0.5, 0.85))
    let swing = random.uniform(2.5, 5)
    var wander = Wanderer(x: start.x, y: start.y, heading: heading, bend: 0)
    var travelled: Float = 0
    return isMoving.map { moves in
      var pose = start
      switch self {
      case .slide:
        pose.x = bounced(start.x + travelled * alongX, within: room.reachX)
        pose.y = bounced(start.y + travelled * alongY, within: room.reachY)
      case .circle:
        let angle = heading + turning * travelled / (6.283_185_307 * orbit)
        pose.x = orbit * cosine(turns: angle)
        pose.y = orbit * sine(turns: angle)
      case .rotate:
        pose.turns += turning * travelled / (6.283_185_307 * room.radius)
      case .zoom:
        pose.scale = 1 + bounced(turning * travelled / room.radius, within: 0.4)
      case .shake:
        let offset = bounced(travelled, within: swing)
        pose.x += offset * alongX
        pose.y += offset * alongY
      case .wander:
        pose.x = wander.x
        pose.y = wander.y
        if moves { wander.advance(speed, room: room, random: &random) }
      }
      if moves { travelled += speed }
      return pose
    }
  }

  /// Whether the sprite moves between each frame and the next.
  private static func activity(frames: Int, random: inout SynthesisRandom) -> [Bool] {
    var isMoving = [Bool](repeating: true, count: frames)
    let resting = Int(random.uniform(0.25, 0.5) * Float(frames))
    let spells = 1 + random.index(2)
    // Spells lie in parts of the video of their own, so that their lengths add up.
    for spell in 0..<spells {
      let part = frames * spell / spells..<frames * (spell + 1) / spells
      let length = min(resting / spells, part.count)
      let first = part.lowerBound + random.index(part.count - length + 1)
      for frame in first..<first + length { isMoving[frame] = false }
    }
    return isMoving
  }
}

/// A point that goes at a steady speed and changes its mind about where.
private struct Wanderer {
  var x: Float
  var y: Float
  var heading: Float
  /// Turns a frame.
  var bend: Float

  mutating func advance(_ speed: Float, room: MotionRoom, random: inout SynthesisRandom) {
    bend = 0.8 * bend + random.uniform(-0.03, 0.03)
    heading += bend
    x += speed * cosine(turns: heading)
    y += speed * sine(turns: heading)
    // At the border: mirrored, position and direction alike.
    if abs(x) > room.reachX {
      x = bounced(x, within: room.reachX)
      heading = 0.5 - heading
    }
    if abs(y) > room.reachY {
      y = bounced(y, within: room.reachY)
      heading = -heading
    }
  }
}
