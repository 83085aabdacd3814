import MCLGraph

/// A state that takes new rows in turn, the oldest first (`UpdateRows`): it begins with random rows.
package struct RowQueue {
  package let state: String
  package let capacity: Int
  /// Rows that one run of the program writes.
  package let rows: Int

  /// The queues of a program.
  package static func all(in program: Graph) -> [RowQueue] {
    program.updates.compactMap { update in
      let entry = program.entries[update.entry]
      guard entry.operation is UpdateRows, entry.operands.count > 1,
        let rows = program.entries[entry.operands[1]].type.shape.first,
        let capacity = entry.type.shape.first, rows > 0
      else { return nil }
      return RowQueue(state: update.name, capacity: capacity, rows: rows)
    }
  }

  /// The step with which the queue is full of rows that were written.
  /// - Parameter runsPerStep: of the program.
  package func fullStep(runsPerStep: Int) -> Int {
    let runs = (capacity + rows - 1) / rows
    return (runs + runsPerStep - 1) / runsPerStep
  }

  /// What a user should know of a run that ends before the queue is full; nil where it does not.
  /// - Parameters:
  ///   - setting: the model's setting that gives the capacity.
  ///   - samples: a batch's.
  package func warning(steps: Int, runsPerStep: Int, samples: Int, videos: Int, setting: String?) -> String? {
    let full = fullStep(runsPerStep: runsPerStep)
    guard full > steps else { return nil }
    let anEpoch = max(videos / max(samples, 1), 1) * rows
    let fitting = max(min(anEpoch, steps * runsPerStep * rows / 2) / rows, 1) * rows
    let remedy = setting.map { "--set \($0)=\(fitting)" } ?? "\(fitting) rows"
    return
      "'\(state)' of \(capacity) rows takes \(rows * runsPerStep) a step and is full at step \(full), but the run has "
      + "\(steps): until then it holds random rows; an epoch of these videos gives \(anEpoch), so that \(remedy) would fit"
  }
}
