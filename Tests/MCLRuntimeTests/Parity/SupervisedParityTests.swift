import Foundation
import MCLFrontend
import MCLGraph
import MCLParity
import MCLSupport
import MCLTestKit
import MCLWeights
import Testing

/// That the goldens of supervised training tell PyTorch's rules from their neighbours: each rule is changed alone.
@Suite struct SupervisedParityTests {
  /// `supervised_narrow` with settings changed, or with the model of a file.
  private func outcome(
    _ settings: [String: String] = [:], model path: String? = nil, steps: Int? = nil
  ) throws -> ParityCheck.Outcome {
    let expected = try SafeTensors(
      path: GoldenParityTests.core.appendingPathComponent("supervised_narrow.safetensors").path)
    let files = ParityFiles(start: .formula, expected: expected, isOneFile: false)
    let module = try ModelLoader().load(
      path: path ?? repositoryFolder.appendingPathComponent("models/r2plus1d_18.mcl").path,
      settings: files.settings(given: settings))
    return try ParityCheck(module: module, files: files, steps: steps).run(.compiled)
  }

  /// The outcome of the model with its text changed.
  private func outcome(steps: Int, changing: (String) -> String) throws -> ParityCheck.Outcome {
    let text = try String(
      contentsOf: repositoryFolder.appendingPathComponent("models/r2plus1d_18.mcl"), encoding: .utf8)
    let changed = changing(text)
    try #require(changed != text, "the model has no such rule any more")
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("rules-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("r2plus1d_18.mcl")
    try Data(changed.utf8).write(to: file)
    return try outcome(model: file.path, steps: steps)
  }

  /// The run's own rows that are off, by the step that they are of.
  private func off(_ outcome: ParityCheck.Outcome, _ step: Int, _ part: String = "") -> [String] {
    outcome.rows.filter { !$0.isWithin && $0.run == "as trained" }.map(\.name)
      .filter { $0.hasPrefix("step\(step).") && (part.isEmpty || $0.contains(part)) }
  }

  @Test func anotherMomentumShowsFromTheSecondStep() throws {
    let outcome = try outcome(["sgd_momentum": "0.8"])
    #expect(off(outcome, 1).isEmpty)
    #expect(off(outcome, 2, ".velocity.").count > 20)
    #expect(off(outcome, 5, ".moved.").count > 20)
  }

  @Test func missingWeightDecayShowsInTheFirstStep() throws {
    let outcome = try outcome(["weight_decay": "0"])
    #expect(off(outcome, 1, ".velocity.").count > 20)
    #expect(off(outcome, 1, ".running_").isEmpty)
  }

  @Test func anotherRateShows() throws {
    let outcome = try outcome(["sgd_lr": "0.001"], steps: 2)
    #expect(off(outcome, 1, ".velocity.").isEmpty)
    #expect(off(outcome, 1, ".moved.").contains("step1.moved.fc.bias"))
  }

  /// The model with its descent written out, so that a rule of it can be another one.
  private func descending(
    _ text: String, slope: String = "gradient + decay * parameter", step: String = "moved"
  ) -> String {
    text.replacing(
      """
      context.descent(
              of: loss, rate: learningRate, momentum: momentum, decay: decay, clipNorm: clipNorm, batches: accumulate)
      """, with: "descent(context, loss, learningRate, momentum: momentum, decay: decay)")
        + """

        func descent(
          _ context: ProgramContext, _ loss: Tensor, _ rate: Tensor, momentum: Double, decay: Double
        ) -> [(state: Tensor, value: Tensor)] {
          let parameters = context.parameters("")
          return zip(parameters, gradient(of: loss, at: parameters.map(\\.tensor))).flatMap { named, gradient in
            let parameter = named.tensor
            let velocity = context.state("velocity.\\(named.name)", parameter.shape, initializer: .constant(0))
            let moved = momentum * velocity + (\(slope))
            return [(state: velocity, value: moved), (state: parameter, value: parameter - rate * (\(step)))]
          }
        }
        """
  }

  /// What the other rules are changed in: with none changed, all is within its gate.
  @Test(.enabled(if: soakFactor > 1, "each builds a model of its own: see make soak"))
  func theDescentWrittenOutIsTheSame() throws {
    let outcome = try outcome(steps: 2) { descending($0) }
    #expect(off(outcome, 1).isEmpty && off(outcome, 2).isEmpty)
  }

  @Test(.enabled(if: soakFactor > 1, "each builds a model of its own: see make soak"))
  func batchNormWithoutWeightDecayShows() throws {
    let outcome = try outcome(steps: 1) {
      descending($0, slope: "parameter.rank > 1 ? gradient + decay * parameter : gradient")
    }
    let names = off(outcome, 1, ".velocity.")
    #expect(names.count > 10)
    #expect(
      names.allSatisfy { !$0.hasSuffix(".l2") && !$0.hasSuffix(".sample") && !$0.contains("fc.weight") })
  }

  @Test(.enabled(if: soakFactor > 1, "each builds a model of its own: see make soak"))
  func anotherBatchNormMomentumShowsInEveryStatistic() throws {
    let outcome = try outcome(steps: 2) {
      $0.replacing(#/BatchNorm\("([^"]+)"\)/#) { "BatchNorm(\"\($0.1)\", momentum: 0.11)" }
    }
    let statistics = Set(outcome.rows.map(\.name).filter { $0.contains(".running_") })
    #expect(statistics.count == 2 * 2 * 25)
    #expect(Set(off(outcome, 1) + off(outcome, 2)) == statistics)
  }

  @Test(.enabled(if: soakFactor > 1, "each builds a model of its own: see make soak"))
  func nesterovsMomentumShows() throws {
    let outcome = try outcome(steps: 1) {
      descending($0, step: "gradient + decay * parameter + momentum * moved")
    }
    #expect(off(outcome, 1, ".velocity.").isEmpty)
    #expect(off(outcome, 1, ".moved.").count > 20)
  }

  /// `VideoResNet.__init__`: Kaiming's normal by fan-out, batch norm 1 and 0, N(0, 0.01) before the classes.
  @Test func theNetworkStartsAsTorchvisionsDoes() throws {
    let program = try projectModel("r2plus1d_18", settings: ["num_classes": "7"]).program("classify")
    var kinds: [String: Int] = [:]
    for state in program.states {
      let kind = state.name.split(separator: ".").last.map(String.init) ?? ""
      let expected: Initializer
      switch (kind, state.type.rank) {
      case _ where state.name.hasPrefix("velocity."): expected = .constant(0)
      case ("num_batches_tracked", _): expected = .integer(0)
      case ("weight", 5):
        let fan = Double(state.type.shape[0] * state.type.shape.dropFirst(2).reduce(1, *))
        expected = .normal(deviation: (2 / fan).squareRoot())
      case ("weight", 2): expected = .normal(deviation: 0.01)
      case ("weight", _), ("running_var", _): expected = .constant(1)
      default: expected = .constant(0)
      }
      #expect(state.initializer == expected, "\(state.name)")
      kinds[kind, default: 0] += 1
    }
    // 37 convolutions, 37 norms and the classes, with a velocity for each parameter.
    #expect(
      kinds == [
        "weight": 2 * 75, "bias": 2 * 38, "running_mean": 37, "running_var": 37, "num_batches_tracked": 37,
      ])
  }

  /// Labels are there for five steps; a sixth has none.
  @Test func aStepWithoutLabelsIsAnError() throws {
    let error = #expect(throws: UsageError.self) { try outcome(steps: 6) }
    #expect("\(try #require(error))".contains("it has 'batch1.labels' but none for step 6; give --steps 5"))
  }
}
