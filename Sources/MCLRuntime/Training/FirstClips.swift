import MCLCompiler
import MCLData
import MCLDrawing
import MCLExecution
import MCLGraph
import MCLVideo

/// The run's first clips, which its pictures show again and again: what changes between two pictures is the model.
struct FirstClips {
  private let source: any BatchSource
  /// The input whose clips are shown, and its motion where the program takes it.
  private let clip: Graph.Input
  private let motion: Graph.Input?
  /// The value that says where the network looks; nil where the program has none that is known before its updates.
  private let saliency: String?
  private let policy: AugmentationPolicy

  /// - Parameter policy: whose mean and deviation the clips were normalised by.
  /// - Returns: nil where the program takes no clips.
  init?(_ source: any BatchSource, _ program: Graph, _ plan: ExecutionPlan, _ policy: AugmentationPolicy) {
    let watched = program.watches.lazy.compactMap { watch -> (value: String, clip: String)? in
      if case .saliency(let value, let clip) = watch { (value, clip) } else { nil }
    }.first
    let clips = program.inputs.filter { $0.source?.field == "clip" && $0.type.rank == 5 }
    guard let clip = clips.first(where: { $0.name == watched?.clip }) ?? clips.first else { return nil }
    (self.source, self.clip, self.policy) = (source, clip, policy)
    motion = program.inputs.first {
      $0.source?.field == "motion" && $0.source?.attributes["clip"] == .text(clip.name)
    }
    saliency = watched.flatMap { watched in
      let isKnown =
        plan.taps.contains { $0.name == watched.value } && plan.makesBeforeUpdates(watched.value)
      return isKnown ? watched.value : nil
    }
  }

  /// What the rows of a picture show.
  var rows: [String] {
    ["frames"] + (motion == nil ? [] : ["motion"]) + (saliency == nil ? [] : ["saliency"])
  }

  private struct Stop: Error {}

  /// Pictures with the states as they are: the program runs on the first batch as far as its updates, and changes nothing.
  ///
  /// Costs the drawing of a batch and most of a step.
  func pictures(_ executor: Executor) throws -> [JPEGImage] {
    let batch = try source.batch(0)
    var maps: [SampleImages.Maps] = []
    if let motion {
      maps.append(SampleImages.Maps(values: batch.floats(motion.name), shape: motion.type.shape))
    }
    if let saliency {
      try executor.give(batch)
      do {
        try executor.run {
          maps.append(
            SampleImages.Maps(
              values: try executor.value(saliency), shape: try executor.resultType(saliency).shape))
          throw Stop()
        }
      } catch is Stop {}
    }
    return try SampleImages.sheets(
      clips: batch.floats(clip.name), shape: clip.type.shape, mean: policy.mean,
      deviation: policy.standardDeviation, maps: maps)
  }
}

extension ExecutionPlan {
  /// Whether an output or a tap is known when no state has changed yet.
  package func makesBeforeUpdates(_ name: String) -> Bool {
    guard let buffer = (outputs + taps).first(where: { $0.name == name })?.buffer else { return false }
    let makers = launches.indices.filter {
      launches[$0].buffers.last == buffer || launches[$0].byProducts.contains(buffer)
    }
    return makers.allSatisfy { $0 < launchesBeforeUpdates }
  }
}
