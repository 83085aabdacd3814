/// How training draws clips from a video.
public struct ClipDrawing: Sendable, Hashable {
  let feeder: String

  /// Three clips of a video's two halves, where it moves most (reference, section 5): `.first` of one half, `.second` and
  /// `.third` of the other. Crops keep what moves.
  public static let tubelets = ClipDrawing(feeder: "tubelets")
  /// Clips that start anywhere, each moment drawn on its own; crops lie anywhere.
  public static let clips = ClipDrawing(feeder: "clips")

  /// Drawing by a feeder that a program of one's own brings along.
  public static func feeder(_ name: String) -> ClipDrawing { ClipDrawing(feeder: name) }
}

/// A part of a video that a clip begins at. Clips of one moment begin at the same frame.
public struct ClipMoment: Sendable, Hashable, ExpressibleByStringLiteral {
  let name: String
  /// A moment by a name of your own, for `.clips`: two clips `of: "here"` begin at the same frame.
  /// `.tubelets` takes `first`, `second` and `third` alone.
  public init(_ name: String) { self.name = name }
  /// A literal is the moment of that name.
  public init(stringLiteral name: String) { self.name = name }

  /// The clip of one half of the video. With `.tubelets`, the two others lie in the other half.
  public static let first: ClipMoment = "first"
  /// One of the two clips of the other half of the video, of `.tubelets`.
  public static let second: ClipMoment = "second"
  /// The other one of the two clips of that half, of `.tubelets`.
  public static let third: ClipMoment = "third"
}

/// How many classes a model tells apart: a setting that follows the data where the user does not give it.
public struct ClassCount: Sendable, Hashable {
  /// The number of classes, at least 1: how many scores a classifier has.
  public let count: Int
  let setting: String
}

extension Settings {
  /// The number of classes. Training sets it to the number that its videos have.
  public func classes(
    _ key: String, default fallback: Int, file: String = #filePath, line: Int = #line
  ) -> ClassCount {
    ClassCount(
      count: integer(key, default: fallback, in: 1...1 << 20, file: file, line: line), setting: key)
  }
}

/// What training draws from one video for each of a batch's N samples. Every call declares an input of the program.
public struct VideoSample {
  /// How a clip lies in its video.
  public enum Placement: String, Sendable, CaseIterable {
    /// A random start and crop, and the run's augmentation.
    case random
    /// The middle of the video and of the frame, as it is: for evaluation.
    case centre
  }

  let context: ProgramContext
  let drawing: ClipDrawing
  /// Samples in a batch, N.
  public let batch: Int
  /// Frames of a clip, T.
  public let frames: Int
  /// Frames of the video from one frame of a clip to the next.
  public let step: Int
  /// Pixels of a clip.
  public let height: Int
  /// Columns of a frame of a clip, W.
  public let width: Int

  /// A clip: f32 [N, 3, T, H, W], colours less their mean over their deviation.
  /// - Parameters:
  ///   - moment: where it begins; clips without one have a moment of their own.
  ///   - view: what its crop and augmentation are drawn by; clips of one view look alike. A view of its own unless given.
  ///   - frames: frames of this clip, with `step`, where they are others than the sample's.
  public func clip(
    _ name: String, of moment: ClipMoment? = nil, view: String? = nil, frames: Int? = nil, step: Int? = nil,
    placement: Placement = .random, file: String = #filePath, line: Int = #line
  ) -> Tensor {
    var attributes: [String: Attribute] = [
      "moment": .text(moment?.name ?? name), "view": .text(view ?? name), "step": .integer(step ?? self.step),
    ]
    if placement != .random { attributes["placement"] = .text(placement.rawValue) }
    return context.input(
      name, [batch, 3, frames ?? self.frames, height, width],
      from: Graph.Source(drawing.feeder, "clip", attributes), file: file, line: line)
  }

  /// Where a clip moves: f32 [N, t, h, w], how much its flow changes from place to place (reference, section 6).
  /// - Parameters:
  ///   - clip: what `clip` gave.
  ///   - shape: [t, h, w]; t divides the clip's frames, h and w are its sides over 32, or over a power of two, rounded up.
  public func motion(
    _ name: String, of clip: Tensor, shape: [Int], file: String = #filePath, line: Int = #line
  ) -> Tensor {
    func mistake(_ what: String) -> Tensor {
      context.mistake("the motion '\(name)' \(what)", SourceLocation(file: file, line: line))
    }
    if clip.isPoisoned { return clip }
    guard let source = context.source(of: clip), source.feeder == drawing.feeder, source.field == "clip"
    else { return mistake("is of a value that is no clip of this sample; pass what 'clip' gave") }
    let (frames, height, width) = (clip.shape[2], clip.shape[3], clip.shape[4])
    guard shape.count == 3, shape.allSatisfy({ $0 > 0 }) else {
      return mistake("has the shape \(shape); give [t, h, w]")
    }
    guard frames % shape[0] == 0 else {
      return mistake("has \(shape[0]) times for \(frames) frames; give a number that divides them")
    }
    func fits(_ block: Int) -> Bool {
      (height + block - 1) / block == shape[1] && (width + block - 1) / block == shape[2]
    }
    let blocks = [32, 1, 2, 4, 8, 16, 64, 128, 256, 512, 1024]
    guard let block = blocks.first(where: fits) else {
      return mistake(
        "has maps of \(shape[1])x\(shape[2]) cells for clips of \(height)x\(width) pixels; give their sides over a power "
          + "of two, such as \((height + 31) / 32)x\((width + 31) / 32)")
    }
    return context.input(
      name, [batch] + shape,
      from: Graph.Source(
        drawing.feeder, "motion",
        ["clip": .text(clip.path), "frames": .integer(frames / shape[0]), "block": .integer(block)]),
      file: file, line: line)
  }

  /// The video's class: i64 [N], from 0, in the order of the classes' names.
  public func label(
    _ name: String, of classes: ClassCount, file: String = #filePath, line: Int = #line
  ) -> Tensor {
    context.input(
      name, [batch], .int64,
      from: Graph.Source(
        drawing.feeder, "label",
        ["classes": .integer(classes.count), "setting": .text(classes.setting)]), file: file, line: line)
  }

  /// The video's number in the data set: i64 [N], from 0.
  public func number(_ name: String, file: String = #filePath, line: Int = #line) -> Tensor {
    context.input(name, [batch], .int64, from: Graph.Source(drawing.feeder, "number"), file: file, line: line)
  }

  /// 1 where the first clip comes before the others, else 0: i64 [N]; of tubelets.
  public func order(_ name: String, file: String = #filePath, line: Int = #line) -> Tensor {
    context.input(name, [batch], .int64, from: Graph.Source(drawing.feeder, "order"), file: file, line: line)
  }
}

/// What training takes from one row of a file of tensors for each of a batch's N samples.
public struct RowSample {
  let context: ProgramContext
  /// Samples in a batch, N.
  public let batch: Int

  /// Rows of a tensor of the file: [N] + `shape`.
  /// - Parameter tensor: its name in the file; the input's own unless given.
  public func tensor(
    _ name: String, _ shape: [Int], _ element: ElementType = .float32, named tensor: String? = nil,
    file: String = #filePath, line: Int = #line
  ) -> Tensor {
    context.input(
      name, [batch] + shape, element,
      from: Graph.Source("rows", "tensor", ["name": .text(tensor ?? name)]), file: file, line: line)
  }
}

extension ProgramContext {
  /// Videos as samples: `context.sample(.clips, batch: 8, frames: 16, step: 2, size: (112, 112))`.
  /// - Parameters:
  ///   - step: frames of the video from one frame of a clip to the next.
  ///   - size: pixels of a clip.
  public func sample(
    _ drawing: ClipDrawing, batch: Int, frames: Int, step: Int = 2, size: (height: Int, width: Int)
  ) -> VideoSample {
    VideoSample(
      context: self, drawing: drawing, batch: batch, frames: frames, step: step, height: size.height,
      width: size.width)
  }

  /// Rows of a file of tensors as samples.
  public func rows(batch: Int) -> RowSample { RowSample(context: self, batch: batch) }

  /// The numbers 0 ..< count in an order drawn anew for each batch: i64 [count].
  /// - Parameter purpose: what the draws depend on beside seed and batch; the input's name unless given.
  public func permutation(
    _ name: String, of count: Int, purpose: String? = nil, file: String = #filePath, line: Int = #line
  ) -> Tensor {
    input(
      name, [count], .int64,
      from: Graph.Source("random", "permutation", ["purpose": .text(purpose ?? name)]), file: file, line: line
    )
  }

  /// Numbers drawn anew for each batch, uniform in [0, 1): what dropout compares with its share.
  /// - Parameter purpose: as for `permutation`.
  public func uniform(
    _ name: String, _ shape: [Int], purpose: String? = nil, file: String = #filePath, line: Int = #line
  ) -> Tensor {
    input(
      name, shape, from: Graph.Source("random", "uniform", ["purpose": .text(purpose ?? name)]), file: file,
      line: line)
  }
}
