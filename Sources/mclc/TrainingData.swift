import MCLCommandSupport
import MCLData
import MCLGraph
import MCLMotion
import MCLRuntime
import MCLSupport

/// What a training draws its batches from: videos, with their motion where the program asks for it, or rows of a file.
struct TrainingData {
  let declaration: DataDeclaration
  let samples: SampleSet
  /// Where flow comes from; nil where the program needs none.
  let flow: FlowSource.Kind?
  let classes: ClassTable?
  /// What the run is validated with.
  let validation: (program: Graph, declaration: DataDeclaration, samples: SampleSet)?
  /// How many videos had to be read, and how many cannot be used.
  private let computed: Int
  private let skipped: Int

  var videos: [PreparedVideo] {
    if case .videos(let videos) = samples { videos } else { [] }
  }

  var validationVideos: [PreparedVideo] {
    if case .videos(let videos)? = validation?.samples { videos } else { [] }
  }

  /// Prepares what is not in the cache yet.
  /// - Parameters:
  ///   - flow: a kind of flow by name; nil for what the cache holds, else TV-L1.
  ///   - program: whose inputs say what is wanted.
  ///   - validating: the program that measures what was learnt.
  /// - Throws: `UsageError` for what cannot be given.
  init(
    _ selection: TrainingSelection, classes: ClassTable?, cache: String, flow: String?, for program: Graph,
    validating: Graph?, signals: SignalWatch, isSilent: Bool
  ) throws {
    declaration = try DataDeclaration(program)
    let needs = declaration.needs
    self.classes = needs.classes == nil ? nil : classes
    switch selection {
    case .rows(let path):
      guard needs.kind != .videos else {
        throw UsageError(
          "program '\(program.name)' takes clips of videos, but --data \(path) is a file; name a folder")
      }
      samples = .rows(try TensorRows(path: path, program: program))
      (self.flow, validation, computed, skipped) = (nil, nil, 0, 0)
    case .videos(let videos, let held):
      guard needs.kind == .videos else {
        throw UsageError(
          "program '\(program.name)' takes rows of a file, but --data is a folder; name a .safetensors")
      }
      self.flow = needs.isMotionNeeded ? try Self.kind(flow, in: MotionCache(directory: cache)) : nil
      if self.flow == .codec, !isSilent { say("motion from the codec's vectors") }
      let prepared = try Self.preparation(needs, cache: cache, flow: self.flow).preparing(
        videos, signals: signals, isSilent: isSilent)
      samples = .videos(prepared.videos)
      (computed, skipped) = (prepared.computed, prepared.skipped.count)
      guard let held else {
        validation = nil
        return
      }
      guard let validating else {
        throw UsageError(
          "--validate: the model has no program to validate with; give it one without updates whose Step watches classes"
        )
      }
      let wanted = try DataDeclaration(validating)
      let own = held.isOtherFolder ? "\(cache)/validation" : cache
      let kept = try Self.preparation(
        wanted.needs, cache: own, flow: wanted.needs.isMotionNeeded ? self.flow ?? .tvl1 : nil
      ).preparing(held.videos, signals: signals, isSilent: isSilent)
      validation = (validating, wanted, .videos(kept.videos))
    }
  }

  private static func preparation(
    _ needs: DataNeeds, cache: String, flow: FlowSource.Kind?
  ) -> any VideoPreparation {
    guard let flow else {
      var catalog = FrameCatalog(directory: cache, minimumFrames: needs.leastFrames)
      catalog.verification = .quickWhereLarge
      return catalog
    }
    var store = MotionStore(
      directory: cache,
      parameters: MotionParameters(
        shortSide: 256, clipSpans: needs.velocitySpans.isEmpty ? [needs.leastFrames] : needs.velocitySpans,
        source: flow == .tvl1 ? .tvl1(TVL1Flow()) : .codec))
    store.verification = .quickWhereLarge
    store.keepsWindows = true
    store.minimumFrames = needs.leastFrames
    return store
  }

  private static func kind(_ name: String?, in cache: MotionCache) throws -> FlowSource.Kind {
    guard let name else { return cache.kinds == [.codec] ? .codec : .tvl1 }
    guard let kind = FlowSource.Kind(rawValue: name) else {
      throw UsageError("--flow takes tvl1 or codec, not '\(name)'")
    }
    return kind
  }

  /// What there is to train on, in a line.
  var summary: String {
    let count = samples.count
    switch samples {
    case .rows(let rows): return "\(count) rows of \(rows.path)"
    case .videos:
      let work = flow == nil ? "\(computed) read for the first time" : "motion of \(computed) computed"
      let held = validation.map { ", \($0.samples.count) more to validate with" } ?? ""
      let classes = classes.map { " of \($0.count) classes" } ?? ""
      return "\(count) videos\(classes), \(work), \(skipped) skipped\(held)"
    }
  }

  /// What the numbers of the run depend on of the data.
  var identity: [String: String] {
    switch samples {
    case .rows(let rows): return ["rows": rows.identity]
    case .videos(let videos):
      var identity = ["videos": RunIdentity.videos(videos), "motion": RunIdentity.motion(videos)]
      if let classes { identity[RunIdentity.classesKey] = classes.description }
      return identity
    }
  }

  /// The batches that a training with these settings draws.
  func batches(
    _ settings: TrainingSettings, onFailure: @escaping @Sendable (String, String) -> Void = { _, _ in }
  ) throws -> DeclaredBatches {
    try DeclaredBatches(
      declaration, from: samples, policy: settings.augmentation.policy, seed: settings.seed, classes: classes,
      decodedBudget: settings.decodedMemory << 20, failureShare: settings.maxFailed, onFailure: onFailure)
  }

  /// The samples to validate with, each once an epoch, as listed.
  func validationBatches(
    _ settings: TrainingSettings, onFailure: @escaping @Sendable (String, String) -> Void = { _, _ in }
  ) throws -> (program: Graph, batches: DeclaredBatches)? {
    guard let validation else { return nil }
    return (
      validation.program,
      try DeclaredBatches(
        validation.declaration, from: validation.samples, policy: settings.augmentation.policy,
        seed: settings.seed, classes: classes, order: .listed, decodedBudget: settings.decodedMemory << 18,
        failureShare: settings.maxFailed, onFailure: onFailure)
    )
  }

  /// - Throws: `UsageError` where a batch takes more samples than there are.
  func expectEnoughSamples() throws {
    guard declaration.batchSize > samples.count else { return }
    let kind = videos.isEmpty ? "rows" : "usable videos"
    throw UsageError(
      "a batch takes \(declaration.batchSize) samples, but there are \(samples.count) \(kind), so that a batch would hold "
        + "one twice; lower the model's batch with --set, or give more")
  }
}
