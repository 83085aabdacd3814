import MCLGraph
import MCLRuntime

/// What a training draws its batches from: videos with their motion, and the shape of the clips.
struct TrainingData {
  let prepared: MotionStore.Prepared
  let shape: TubeletBatches.ClipShape
  let flow: FlowSource.Kind

  var videos: [PreparedVideo] { prepared.videos }

  /// Frames of the video from one frame of a clip to the next.
  private static let frameStep = 2

  /// Computes the motion that the cache does not have yet.
  /// - Parameters:
  ///   - flow: a kind of flow by name; nil for what the cache holds, else TV-L1.
  ///   - program: whose inputs say which clips are wanted.
  /// - Throws: `UsageError` for a kind of flow or clips that do not exist.
  init(
    _ dataset: VideoDataset, cache: String, flow: String?, for program: Graph, signals: SignalWatch,
    isSilent: Bool
  ) throws {
    shape = try Self.clipShape(program)
    self.flow = try Self.kind(flow, in: MotionCache(directory: cache))
    if self.flow == .codec, !isSilent { say("motion from the codec's vectors") }
    var store = MotionStore(
      directory: cache,
      parameters: MotionParameters(
        shortSide: 256, clipSpans: [shape.frames * Self.frameStep],
        source: self.flow == .tvl1 ? .tvl1(TVL1Flow()) : .codec))
    store.verification = .quickWhereLarge
    store.keepsWindows = true
    prepared = try store.preparing(dataset, signals: signals, isSilent: isSilent)
  }

  private static func kind(_ name: String?, in cache: MotionCache) throws -> FlowSource.Kind {
    guard let name else { return cache.kinds == [.codec] ? .codec : .tvl1 }
    guard let kind = FlowSource.Kind(rawValue: name) else {
      throw UsageError("--flow takes tvl1 or codec, not '\(name)'")
    }
    return kind
  }

  private static func clipShape(_ graph: Graph) throws -> TubeletBatches.ClipShape {
    guard let clip = graph.inputs.first(where: { $0.name == "xq" })?.type.shape, clip.count == 5,
      let motion = graph.inputs.first(where: { $0.name == "mag" })?.type.shape, motion.count == 4
    else {
      throw UsageError("the model's step takes no clips 'xq' [N, 3, T, H, W] and motion 'mag' [N, t, h, w]")
    }
    let shape = TubeletBatches.ClipShape(
      batch: clip[0], frames: clip[2], height: clip[3], width: clip[4], motion: Array(motion.dropFirst()))
    guard clip[1] == 3, shape.frames % 4 == 0,
      shape.motion == [shape.frames / 4, (shape.height + 31) / 32, (shape.width + 31) / 32]
    else {
      throw UsageError(
        "clips of \(shape.frames) frames give motion maps \([shape.frames / 4, (shape.height + 31) / 32, (shape.width + 31) / 32]), "
          + "but the model wants \(shape.motion); give a multiple of 4 frames and a backbone that divides the size by 32"
      )
    }
    return shape
  }

  /// The batches that a training with these settings draws.
  func batches(
    _ settings: TrainingSettings, onFailure: @escaping @Sendable (String, String) -> Void = { _, _ in }
  ) throws -> TubeletBatches {
    try TubeletBatches(
      videos: videos, shape: shape, step: Self.frameStep, policy: settings.augmentation.policy,
      seed: settings.seed, decodedBudget: settings.decodedMemory << 20, failureShare: settings.maxFailed,
      onFailure: onFailure)
  }

  /// - Throws: `UsageError` where a batch takes more samples than there are videos.
  func expectEnoughVideos() throws {
    guard shape.batch > videos.count else { return }
    throw UsageError(
      "a batch takes \(shape.batch) samples, but there are \(videos.count) usable videos, so that a batch would hold one "
        + "twice; lower the model's batch with --set, or give more videos")
  }
}
