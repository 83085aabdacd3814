import MCLSupport

/// How long a run is.
package struct TrainingLength {
  package let steps: Int
  package let stepsPerEpoch: Double
  package let batchesPerStep: Int
  /// Epochs in all, from the steps where these were given.
  package var epochs: Double { Double(steps) / stepsPerEpoch }

  /// - Throws: `UsageError` for more epochs than can be counted.
  package init(_ settings: TrainingSettings, samples count: Int, batch: Int, batchesPerStep: Int) throws {
    self.batchesPerStep = batchesPerStep
    let perStep = batch * batchesPerStep
    // An epoch is one draw a video, so it need not be a whole number of steps.
    stepsPerEpoch = Double(count) / Double(perStep)
    if let steps = settings.steps {
      self.steps = steps
      return
    }
    let (samples, overflow) = (settings.epochs ?? 1).multipliedReportingOverflow(by: count)
    guard !overflow, samples < Int.max - perStep else { throw UsageError("--epochs: give fewer") }
    steps = (samples + perStep - 1) / perStep
  }
}
