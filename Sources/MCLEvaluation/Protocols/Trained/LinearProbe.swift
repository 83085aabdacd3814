import Foundation
import MCLCompiler
import MCLExecution
import MCLGraph
import MCLSupport

/// A linear layer on frozen features, trained by a compiled program.
///
/// With x a feature [D] over its L2 norm, the logits of C classes are W x + b. The loss is the mean cross-entropy of a
/// batch; its gradient g moves v = momentum v + g, and W, b by -rate v. The rate of step s of S, from 0, is
/// final + (rate - final) (1 + cos(pi s / S)) / 2.
///
/// Results are the same bits for any number of threads. Not for use from several threads at once.
package final class LinearProbe {
  /// The published ones unless told.
  package struct Settings: Sendable, Equatable {
    package var rate: Double
    package var finalRate = 1e-6
    package var momentum = 0.9
    package var epochs: Int
    /// Videos in a batch, or all where there are fewer.
    package var batch = 128
    /// Of the normal distribution that the weights are drawn from; biases start at 0.
    package var deviation = 0.01

    /// - Throws: `UsageError` for a rate or a number of epochs that nothing can be trained with.
    package init(checkedRate rate: Double, epochs: Int) throws {
      guard rate.isFinite, rate > 0 else {
        throw UsageError("--linear-lr \(rate): give a learning rate above 0, such as 16")
      }
      guard (1...100_000).contains(epochs) else {
        throw UsageError("--linear-epochs \(epochs): give 1 to 100000")
      }
      self.init(rate: rate, epochs: epochs)
    }

    package init(rate: Double = 16, epochs: Int = 100) { (self.rate, self.epochs) = (rate, epochs) }
  }

  /// What is trained.
  package struct Parameters: Sendable, Equatable {
    /// W, [C, D].
    package var weight: [Float]
    /// b, [C].
    package var bias: [Float]

    package init(weight: [Float], bias: [Float]) { (self.weight, self.bias) = (weight, bias) }
  }

  private let settings: Settings
  private let width: Int
  private let classes: Int
  /// Rows of a batch.
  package let batch: Int
  private let step: Executor
  private let scores: Executor
  private static let scoredRows = 256

  /// - Parameters:
  ///   - width: D.
  ///   - classes: C.
  ///   - videos: to train with; a batch has as many rows where they are fewer than it takes.
  ///   - threads: as for `Executor`.
  /// - Throws: errors of the compiler and the executor.
  package init(
    width: Int, classes: Int, videos: Int, settings: Settings = Settings(), threads: Int? = nil
  ) throws {
    (self.settings, self.width, self.classes) = (settings, width, classes)
    let batch = max(min(settings.batch, videos), 1)
    self.batch = batch
    @Sendable func logits(_ context: ProgramContext, rows: Int) -> Tensor {
      let features = context.input("features", [rows, width])
      let weight = context.state(
        "weight", [classes, width], initializer: .normal(deviation: settings.deviation), isTrainable: true)
      let bias = context.state("bias", [classes], initializer: .constant(0), isTrainable: true)
      return features.normalized(axis: 1).matmul(weight.matrixTransposed()) + bias.reshaped([1, classes])
    }
    let model = Model("linear") { _ in
      Program("step") { context in
        let scores = logits(context, rows: batch)
        let loss = scores.crossEntropy(labels: context.input("labels", [batch], .int64))
        let rate = context.scalar("rate", default: settings.rate)
        return Step(
          outputs: [("loss", loss)],
          updates: context.descent(of: loss, rate: rate, momentum: settings.momentum))
      }
      Program("scores") { context in
        Step(outputs: [("logits", logits(context, rows: Self.scoredRows))])
      }
    }
    let module = try model.module()
    step = try Executor(ProgramCompiler().compile(try module.program("step")).plan, threads: threads)
    scores = try Executor(ProgramCompiler().compile(try module.program("scores")).plan, threads: threads)
  }

  /// The parameters that training starts with, drawn by a seed.
  package func start(seed: UInt64) throws -> Parameters {
    try step.initializeStates(seed: seed)
    return try parameters()
  }

  private func parameters() throws -> Parameters {
    Parameters(weight: try step.stateFloats("weight"), bias: try step.stateFloats("bias"))
  }

  /// Trains for all epochs.
  /// - Parameters:
  ///   - rows: features [count, D].
  ///   - labels: of each row, 0 ..< C.
  ///   - order: the rows of an epoch, from 0, in their order, in batches; what fills no batch is dropped.
  ///   - progress: told before each step the share that is done; what it throws ends the work.
  /// - Throws: `UsageError` where the loss is not finite, which a smaller rate mends; `ExecutionError` for other sizes.
  package func fit(
    _ rows: [Float], labels: [Int], from start: Parameters, order: (Int) -> [Int],
    progress: (Double) throws -> Void = { _ in }
  ) throws -> Parameters {
    // Velocities start at 0.
    try step.initializeStates(seed: 0)
    try step.setState("weight", floats: start.weight)
    try step.setState("bias", floats: start.bias)
    var (steps, all) = (0, 0)
    for epoch in 0..<settings.epochs {
      let numbers = order(epoch)
      let batches = numbers.count / batch
      if epoch == 0 { all = batches * settings.epochs }
      guard batches > 0, batches * settings.epochs == all else {
        throw ExecutionError("linear: epoch \(epoch) has \(numbers.count) rows, which other epochs have not")
      }
      for number in 0..<batches {
        try progress(Double(steps) / Double(all))
        try give(rows, labels, numbers[number * batch..<(number + 1) * batch])
        try step.setInput("rate", floats: [Float(rate(steps, of: all))])
        try step.run {
          let loss = try self.step.value("loss").first ?? .nan
          guard loss.isFinite else {
            throw UsageError(
              "linear: the loss is not finite at step \(steps + 1) of \(all); give a smaller --linear-lr than \(settings.rate)"
            )
          }
        }
        steps += 1
      }
    }
    return try parameters()
  }

  private func rate(_ step: Int, of steps: Int) -> Double {
    let (high, low) = (settings.rate, settings.finalRate)
    return low + (high - low) * (1 + cos(Double.pi * Double(step) / Double(steps))) / 2
  }

  private func give(_ rows: [Float], _ labels: [Int], _ batch: ArraySlice<Int>) throws {
    var features: [Float] = []
    features.reserveCapacity(batch.count * width)
    for row in batch {
      guard labels.indices.contains(row), (row + 1) * width <= rows.count else {
        throw ExecutionError("linear: there is no row \(row) among \(labels.count)")
      }
      features += rows[row * width..<(row + 1) * width]
    }
    try step.setInput("features", floats: features)
    try step.setInput("labels", integers: batch.map { Int64(labels[$0]) })
  }

  /// The logits of rows, [count, C].
  /// - Parameter rows: features [count, D].
  package func logits(of rows: [Float], _ parameters: Parameters) throws -> [Float] {
    try scores.setState("weight", floats: parameters.weight)
    try scores.setState("bias", floats: parameters.bias)
    let count = rows.count / max(width, 1)
    var logits: [Float] = []
    logits.reserveCapacity(count * classes)
    for first in stride(from: 0, to: count, by: Self.scoredRows) {
      let part = first..<min(first + Self.scoredRows, count)
      var block = Array(rows[part.lowerBound * width..<part.upperBound * width])
      block += repeatElement(0, count: (Self.scoredRows - part.count) * width)
      try scores.setInput("features", floats: block)
      try scores.run()
      logits += try scores.value("logits").prefix(part.count * classes)
    }
    return logits
  }
}
