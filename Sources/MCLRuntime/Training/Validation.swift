import MCLCompiler
import MCLData
import MCLExecution
import MCLGraph
import MCLSupport

/// Measures a classifier on samples that training holds back: a program without updates that watches classes, run on each
/// sample once.
///
/// Not for use from several threads at once.
public final class Validation {
  /// What one measurement of all samples that are held back gave.
  public struct Result: Sendable, Codable, Equatable {
    /// Steps of training done before the measurement.
    public var step: Int
    /// The epoch that the last of these steps began in, from 1.
    public var epoch: Int
    /// Samples that were measured.
    public var samples: Int
    /// The mean cross-entropy of the samples.
    public var loss: Double
    /// The share of samples whose class has the largest score.
    public var top1: Double
    /// The share of samples whose class has one of the five largest scores.
    public var top5: Double
    /// The mean over the classes of the share that is right.
    public var meanClassAccuracy: Double

    /// What TensorBoard shows of it.
    var scalars: [String: Double] {
      ["loss": loss, "top1": top1, "top5": top5, "mean_class_accuracy": meanClassAccuracy]
    }
  }

  private let executor: Executor
  private let source: DeclaredBatches
  private let scores: String
  private let labels: String
  private let classes: Int
  private let workers: Int

  /// A measurement by a compiled program of its own.
  ///
  /// - Parameters:
  ///   - program: what the executor's plan was compiled of, with the scores that it watches.
  ///   - source: the samples as listed.
  ///   - workers: threads that make batches.
  /// - Throws: `UsageError` for a program that measures nothing.
  public init(executor: Executor, program: Graph, source: DeclaredBatches, workers: Int) throws {
    guard let (scores, labels) = program.classification else {
      throw UsageError(
        "program '\(program.name)' watches no classes; give its Step 'watches: [.classes(scores:labels:)]'")
    }
    (self.executor, self.source, self.scores, self.labels) = (executor, source, scores, labels)
    classes = try executor.resultType(scores).shape.last ?? 0
    self.workers = workers
  }

  /// - Parameter trained: whose states are measured.
  /// - Returns: nil where it was stopped.
  func run(_ trained: Executor, step: Int, epoch: Int, shouldStop: () -> Bool) throws -> Result? {
    try executor.copyStates(from: trained)
    let (count, size) = (source.samples.count, source.batchSize)
    let batches = (count + size - 1) / size
    let source = source
    let loader = try BatchLoader(indices: 0..<batches, workers: workers, capacity: workers + 1) {
      try source.batch($0)
    }
    defer { loader.stop() }
    var counted = ClassificationScores(classes: classes)
    for index in 0..<batches {
      if shouldStop() { return nil }
      let batch = try loader.next()
      try executor.give(batch)
      try executor.run()
      let values = try executor.value(scores)
      let right = batch.integers(labels)
      for position in 0..<size {
        // The last batch is filled up, and a sample that failed is replaced: neither counts twice.
        let number = index * size + position
        guard number < count, batch.samples[position] == number else { continue }
        counted.count(values[position * classes..<(position + 1) * classes], label: Int(right[position]))
      }
    }
    return Result(
      step: step, epoch: epoch, samples: counted.count, loss: counted.crossEntropy, top1: counted.top1,
      top5: counted.top5, meanClassAccuracy: counted.meanClassAccuracy)
  }
}

extension Graph {
  /// The scores and labels of the classification that the program watches; nil where it watches none.
  package var classification: (scores: String, labels: String)? {
    for case .classes(let scores, let labels) in watches { return (scores, labels) }
    return nil
  }
}

extension Module {
  /// The program that training runs: one of that name, or of those that update states the one called `step`, else the
  /// first.
  /// - Throws: `UsageError` where there is none.
  package func trainingProgram(_ name: String?) throws -> Graph {
    let all = programs.map { "'\($0.name)'" }.joined(separator: ", ")
    if let name {
      guard let program = programs.first(where: { $0.name == name }) else {
        let nearest = nearestName(to: name, in: programs.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
        throw UsageError("model '\(self.name)' has no program '\(name)' among \(all)\(nearest)")
      }
      guard !program.updates.isEmpty else {
        throw UsageError("program '\(name)' of model '\(self.name)' updates nothing; train one that does")
      }
      return program
    }
    let learning = programs.filter { !$0.updates.isEmpty }
    if let step = learning.first(where: { $0.name == "step" }) { return step }
    guard let first = learning.first else {
      throw UsageError(
        "no program of model '\(self.name)' updates anything, so there is nothing to train (\(all))")
    }
    return first
  }

  /// The program that measures what another has learnt: one without updates that watches classes and has no states but
  /// those of the other. nil where there is none.
  /// - Parameter trained: the other; nil for any.
  package func validationProgram(of trained: Graph? = nil) -> Graph? {
    let known = trained.map { Set($0.states.map(\.name)) }
    return programs.first {
      $0.updates.isEmpty && $0.classification != nil
        && $0.states.allSatisfy { known?.contains($0.name) ?? true }
    }
  }
}
