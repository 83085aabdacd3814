import ArgumentParser
import MCLEvaluation
import MCLSupport

/// How `evaluate` trains classifiers on frozen features.
struct ProbeOptions: ParsableArguments {
  @Option(
    help: "How often linear is trained, by the seed and those after it; the mean and its error are shown.")
  var seeds = 1
  @Option(
    help: "The first learning rate of linear, which falls as a cosine; small sets may need a smaller one.")
  var linearLr = 16.0
  @Option(help: "Epochs of linear.") var linearEpochs = 100
  @Option(
    help: ArgumentHelp(
      "The C of svm; auto takes the best of 4^-5 to 4^5 by cross-validation among the videos to train with.",
      valueName: "number|auto"))
  var svmC = "1"

  /// - Parameter seed: the first.
  /// - Throws: `UsageError` for numbers that nothing can be trained with.
  func options(seed: UInt64) throws -> ProtocolOptions {
    guard (1...1000).contains(seeds) else { throw UsageError("--seeds \(seeds): give 1 to 1000") }
    return ProtocolOptions(
      seeds: (0..<UInt64(seeds)).map { seed &+ $0 },
      linear: try LinearProbe.Settings(checkedRate: linearLr, epochs: linearEpochs),
      svmCost: try SupportVectorCost(svmC))
  }
}
