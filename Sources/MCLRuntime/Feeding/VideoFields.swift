import MCLData
import MCLGraph
import MCLSupport

/// The fields that every feeder of videos gives, read from a program's inputs.
///
/// | field | attributes | gives |
/// |---|---|---|
/// | `clip` | `moment`, `view`, `step`, `placement` | f32 [N, 3, T, H, W] |
/// | `motion` | `clip`, `frames`, `block` | f32 [N, T/frames, ceil(H/block), ceil(W/block)] of that clip |
/// | `label` | `classes`, `setting` | i64 [N], the number of the video's class |
/// | `number` | | i64 [N], the number of the video |
package struct VideoFields: Sendable {
  package static let names = ["clip", "motion", "label", "number"]

  package struct Clip: Sendable {
    package var input: String
    package var moment: String
    package var view: String
    package var step: Int
    package var placement: VideoSample.Placement
    package var frames: Int
    package var height: Int
    package var width: Int
  }

  package struct Motion: Sendable {
    package var input: String
    /// Which of the clips.
    package var clip: Int
    package var groupLength: Int
    package var block: Int
  }

  package private(set) var clips: [Clip] = []
  package private(set) var motions: [Motion] = []
  package private(set) var labels: [String] = []
  package private(set) var numbers: [String] = []
  package private(set) var classes: DataNeeds.Classes?
  /// What is left to the feeder itself.
  package private(set) var others: [DeclaredInput] = []

  /// - Throws: `UsageError` for an input that is not as its field gives it.
  package init(_ inputs: [DeclaredInput]) throws {
    for input in inputs {
      switch input.source.field {
      case "clip": clips.append(try Self.clip(input))
      case "label":
        try input.expectAttributes(["classes", "setting"])
        try input.expect(.int64, { $0.count == 1 }, "i64 [N]")
        guard let count = try input.integer("classes", in: 1...1 << 20) else {
          throw input.wrong("it does not say how many classes there are; give 'classes'")
        }
        if let classes, classes.count != count {
          throw input.wrong("another label has \(classes.count) classes")
        }
        classes = DataNeeds.Classes(count: count, setting: try input.text("setting"))
        labels.append(input.name)
      case "number":
        try input.expectAttributes([])
        try input.expect(.int64, { $0.count == 1 }, "i64 [N]")
        numbers.append(input.name)
      case "motion": break
      default: others.append(input)
      }
    }
    motions = try inputs.filter { $0.source.field == "motion" }.map(motion)
  }

  private static func clip(_ input: DeclaredInput) throws -> Clip {
    try input.expectAttributes(["moment", "view", "step", "placement"])
    try input.expect(.float32, { $0.count == 5 && $0[1] == 3 }, "f32 [N, 3, T, H, W]")
    let placement = try input.text("placement") ?? VideoSample.Placement.random.rawValue
    guard let place = VideoSample.Placement(rawValue: placement) else {
      let known = VideoSample.Placement.allCases.map(\.rawValue).joined(separator: " and ")
      throw input.wrong("there is no placement '\(placement)'; there are \(known)")
    }
    let shape = input.type.shape
    return Clip(
      input: input.name, moment: try input.text("moment") ?? input.name,
      view: try input.text("view") ?? input.name, step: try input.integer("step", in: 1...1 << 20) ?? 1,
      placement: place, frames: shape[2], height: shape[3], width: shape[4])
  }

  private func motion(_ input: DeclaredInput) throws -> Motion {
    try input.expectAttributes(["clip", "frames", "block"])
    let name = try input.text("clip") ?? ""
    guard let number = clips.firstIndex(where: { $0.input == name }) else {
      let nearest = nearestName(to: name, in: clips.map(\.input)).map { "; did you mean '\($0)'?" } ?? ""
      throw input.wrong("there is no clip '\(name)'\(nearest)")
    }
    let clip = clips[number]
    guard let length = try input.integer("frames", in: 1...clip.frames), clip.frames % length == 0 else {
      throw input.wrong("'frames' divides the clip's \(clip.frames) frames; give such a number")
    }
    guard let block = try input.integer("block", in: 1...1 << 13) else {
      throw input.wrong("it does not say how many pixels a cell has; give 'block'")
    }
    let wanted = [clip.frames / length, (clip.height + block - 1) / block, (clip.width + block - 1) / block]
    try input.expect(
      .float32, { Array($0.dropFirst()) == wanted },
      "f32 [N, \(wanted.map(String.init).joined(separator: ", "))]")
    return Motion(input: input.name, clip: number, groupLength: length, block: block)
  }

  /// - Throws: `UsageError` where clips would be moved against the motion that is taken of them.
  func expectFit(_ policy: AugmentationPolicy) throws {
    guard let augment = policy.randAugment, augment.count > 0, let motion = motions.first else { return }
    throw UsageError(
      "input '\(motion.input)' is the motion of a clip, which RandAugment would move and turn without it; leave out "
        + "rand_augment")
  }

  /// What all feeders of videos want of the data.
  /// - Parameter span: frames of the video that a clip spans.
  package func needs(span: (Clip) -> Int) -> DataNeeds {
    var needs = DataNeeds()
    needs.kind = .videos
    needs.leastFrames = max(clips.map(span).max() ?? 1, 1)
    needs.isMotionNeeded = !motions.isEmpty
    needs.classes = classes
    return needs
  }
}
