import MCLDrawing
import MCLExecution
import MCLGraph
import MCLWeights

/// When the states are measured, and what is kept of it.
extension Trainer {
  /// Measures what a signal kept the run from measuring after its last step.
  /// - Returns: false where it was stopped again.
  func catchUp(_ shouldStop: () -> Bool) throws -> Bool {
    guard done > 0 else { return true }
    if isMeasurementDue {
      guard let values = try measure(shouldStop) else { return false }
      var kept = try run.records(through: done)
      if kept.last?.step == done { kept[kept.count - 1].measured = values }
      try run.rewriteLog(kept)
      try description.write(in: run.path)
      try EventFile(folder: run.path, step: done).write(step: done, scalars: EventFile.scalars(values))
    }
    return try !isValidationDue || validation == nil || validate(shouldStop) != nil
  }

  /// Samples of the run before and after the latest step.
  private var samples: (before: Int, after: Int) {
    let perStep = (program.accumulation?.runs ?? 1) * source.batchSize
    return (max(done - 1, 0) * perStep, done * perStep)
  }

  private var isMeasurementDue: Bool {
    guard let stateMeasurement, done > measured, partial.isEmpty else { return false }
    let epochs = (source.epoch(ofSample: samples.before) - 1, source.epoch(ofSample: samples.after) - 1)
    return stateMeasurement.period.isDue(after: done, last: configuration.steps, epochs: epochs)
  }

  /// Measures the states, where it is time to.
  /// - Returns: nil where nothing was to be measured, or it was stopped: then a run that goes on measures first.
  func measure(_ shouldStop: () -> Bool) throws -> [String: Double]? {
    guard isMeasurementDue, let values = try stateMeasurement?.measure(executor, done, shouldStop) else {
      return nil
    }
    measured = done
    return values
  }

  /// Whether samples that are held back are to be measured with the states as they are: after an epoch's last step and the
  /// run's, once.
  private var isValidationDue: Bool {
    let isEpochsLast =
      done > 0 && source.epoch(ofSample: samples.after) > source.epoch(ofSample: samples.before)
    return (isEpochsLast || done == configuration.steps) && done > validated && partial.isEmpty
  }

  /// Measures the samples that are held back, where it is time to; keeps the states where they are the best so far.
  /// - Returns: nil where nothing was to be measured, or it was stopped: then a run that goes on measures first.
  func validate(_ shouldStop: () -> Bool) throws -> Validation.Result? {
    let epoch = source.epoch(ofSample: samples.before)
    guard let validation, isValidationDue,
      let result = try validation.run(executor, step: done, epoch: epoch, shouldStop: shouldStop)
    else { return nil }
    try run.append(try RunFolder.line(result), to: RunFolder.validationFile)
    validated = done
    if result.top1 > best ?? -1 {
      best = result.top1
      try Checkpoint(step: done, metadata: try metadata(), tensors: try executor.stateTensors())
        .write(to: run.file(RunFolder.bestFile))
    }
    return result
  }
}
