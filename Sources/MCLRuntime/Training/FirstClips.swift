import MCLCompiler

/// The run's first clips, which its pictures show again and again: what changes between two pictures is the model.
struct FirstClips {
  /// The value that says where the query looks, of the shape of the motion; nil where the program has none.
  private let saliency: String?
  private let batches: TubeletBatches

  init(_ batches: TubeletBatches, _ plan: ExecutionPlan) {
    self.batches = batches
    let names = ["mal.predict"]
    saliency = names.first { name in plan.taps.contains { $0.name == name } && plan.makesBeforeUpdates(name) }
  }

  /// What the rows of a picture show.
  var rows: [String] { ["frames", "motion"] + (saliency == nil ? [] : ["saliency"]) }

  private struct Stop: Error {}

  /// Pictures with the states as they are: the program runs on the first batch as far as its updates, and changes nothing.
  ///
  /// Costs the drawing of a batch and most of a step.
  /// - Parameter give: sets the inputs.
  func pictures(_ executor: Executor, give: (ClipBatch) throws -> Void) throws -> [JPEGImage] {
    let batch = try batches.batch(0)
    var seen: [Float]?
    if let saliency {
      try give(batch)
      do {
        try executor.run {
          seen = try executor.value(saliency)
          throw Stop()
        }
      } catch is Stop {}
    }
    func shape(_ name: String) -> [Int] { executor.plan.inputs.first { $0.name == name }?.type.shape ?? [] }
    let policy = batches.sampler.policy
    return try SampleImages.sheets(
      clips: batch.xq, shape: shape("xq"), mean: policy.mean, deviation: policy.standardDeviation,
      motion: batch.mag, motionShape: shape("mag"), saliency: seen)
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
