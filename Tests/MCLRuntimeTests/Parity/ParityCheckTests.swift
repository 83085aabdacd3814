import Foundation
import MCLDataTestKit
import MCLGraph
import MCLParity
import MCLSupport
import MCLTestKit
import MCLWeights
import Testing

/// What the comparison itself must notice.
@Suite struct ParityCheckTests {
  /// The tiny golden with `change` made to what is expected.
  private static func outcome(
    _ change: (inout [String: HostTensor]) -> Void, steps: Int? = 1
  ) throws -> ParityCheck.Outcome {
    let original = try SafeTensors(
      path: GoldenParityTests.core.appendingPathComponent("mcl_tiny_main.safetensors").path)
    let kept = original.entries.keys.filter { name in
      [
        "step1.loss.", "step2.loss.", "feat.q.", "step1.q.backbone.bn1.", "fp32run.step1",
        "grad_mal.backbone.bn1",
      ]
      .contains(where: name.hasPrefix)
    }
    var tensors = Dictionary(
      try kept.map { ($0, try original.tensor($0)) }, uniquingKeysWith: { first, _ in first })
    change(&tensors)
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(
      "\(UUID().uuidString).safetensors"
    ).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try SafeTensors.write(tensors, metadata: original.metadata, to: path)
    let start = try SafeTensors(
      path: GoldenParityTests.core.appendingPathComponent("mcl_tiny_init.safetensors").path)
    let files = ParityFiles(start: .file(start), expected: try SafeTensors(path: path), isOneFile: false)
    let module = try projectModel("r2plus1d", settings: files.settings(given: [:]))
    return try ParityCheck(module: module, files: files, steps: steps).run(.compiled)
  }

  private static let wrongNumbers = [
    "step1.loss.total", "feat.q.inter", "step1.q.backbone.bn1.weight", "grad_mal.backbone.bn1.weight",
  ]
  private static let notFinite = "step1.loss.order"
  private static let ofAnotherShape = "step1.q.backbone.bn1.bias"
  private static let meaningless = "feat.q.outer"

  /// All that must be noticed, in one run: no gate of this golden depends on another expectation.
  private static let wrong = Result<ParityCheck.Outcome, any Error> {
    try outcome { tensors in
      for name in wrongNumbers {
        guard var floats = tensors[name]?.floats, let shape = tensors[name]?.shape else { continue }
        floats[0] += 0.01 * (abs(floats[0]) + 0.01)
        tensors[name] = HostTensor(shape, .float32(floats))
      }
      tensors[notFinite] = HostTensor([1], .float32([.nan]))
      tensors[ofAnotherShape] = HostTensor([7], .float32([Float](repeating: 0, count: 7)))
      tensors[meaningless] = HostTensor([1], .float32([0]))
    }
  }

  /// The outcome if nothing but `name` were wrong.
  private static func isWithin(but name: String?) throws -> Bool {
    var outcome = try wrong.get()
    outcome.rows.removeAll { !$0.isWithin && $0.name != name }
    if name != meaningless {
      outcome.unknown.removeAll { $0 == meaningless }
      outcome.expected -= 1
    }
    return outcome.isWithin
  }

  @Test func whatIsRightPassesBothWays() throws {
    let outcome = try Self.outcome { _ in }
    let isWithin = outcome.isWithin
    #expect(isWithin)
    let runs = Dictionary(grouping: outcome.rows, by: \.name).mapValues { Set($0.map(\.run)) }
    #expect(runs["step1.loss.total"] == ["watched", "unfused", "as trained"])
    #expect(runs["step1.q.backbone.bn1.weight"] == ["watched", "unfused", "as trained"])
    #expect(runs["grad_mal.backbone.bn1.weight"] == ["watched", "unfused"])
    #expect(outcome.ignored.filter { $0.rule == "after step 1" }.count == 9)
    #expect(outcome.ignored.filter { $0.rule == "fp32run.* is no expectation" }.count == 9)
  }

  @Test func whatIsWrongIsOffAndNothingElse() throws {
    let outcome = try Self.wrong.get()
    let off = Set(outcome.rows.filter { !$0.isWithin }.map(\.name))
    #expect(off == Set(Self.wrongNumbers + [Self.notFinite, Self.ofAnotherShape]))
    #expect(outcome.unknown == [Self.meaningless])
    let rest = try Self.isWithin(but: nil)
    #expect(rest)
  }

  @Test(arguments: wrongNumbers + [notFinite, ofAnotherShape, meaningless])
  func oneThingThatIsWrongIsEnough(name: String) throws {
    let isWithin = try Self.isWithin(but: name)
    #expect(!isWithin)
  }

  @Test func theFormulaGivesTheDocumentedNumbers() {
    let formula = FormulaTensors()
    func state(_ name: String, _ shape: [Int]) -> [Double]? {
      formula.state(
        Graph.State(
          name: name, type: TensorType(.float32, shape), initializer: .constant(0), isTrainable: true))?
        .elements
    }
    let stem = state("stem.0.weight", [45, 3, 1, 7, 7])
    #expect(stem?.first == Double(Float(0x1.539a000000000p-4)))
    #expect(stem?[6614] == Double(Float(-0x1.2322740000000p-3)))
    #expect(state("fc.bias", [400])?[3] == Double(Float(-0x1.9a75860000000p-5)))
    #expect(state("q.backbone.bn1.running_var", [64])?[5] == Double(Float(1 + 0.5 * 0.5201636552810669)))
    let clip = formula.input(Graph.Input(name: "input", type: TensorType(.float32, [1, 3, 1, 1, 1])))
    #expect(clip?.elements.first == -0x1.9bd5840000000p+0)
  }

  @Test func aTinyProgramsDerivativesAgreeWithDifferences() throws {
    let program = try projectModel(
      "tiny", settings: ["size": "32", "frames": "8", "batch": "2", "widths": "4,4,8,8"]
    )
    .program("step")
    let outcomes = try ProgramGradientCheck(program, seed: 3).outcomes()
    #expect(outcomes.map(\.order) == [1, 2])
    for outcome in outcomes { #expect(outcome.isWithin, "order \(outcome.order) is off by \(outcome.error)") }
  }
}
