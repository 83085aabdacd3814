import MCLGraph
import MCLTestKit
import Testing

/// `evaluate` and the derivatives of order 1 and 2 against numbers that PyTorch made in float64.
@Suite struct FixtureTests {
  @Test func theInterpreterGivesWhatPyTorchGives() throws {
    var compared = 0
    var worst = (error: 0.0, name: "")
    let fixtures = try Fixture.all()
    for fixture in fixtures {
      let program = try fixture.program()
      var interpreter = Interpreter(program, states: try fixture.states(of: program))
      let result = try interpreter.run(fixture.inputs)
      let mistakes = fixture.mistakes(
        outputs: result.outputs, states: interpreter.states, tolerance: 1e-12, floor: 1e-3)
      for sentence in mistakes.sentences { Issue.record("\(sentence)") }
      if mistakes.worst > worst.error { worst = (mistakes.worst, fixture.name) }
      compared += fixture.expected.count
    }
    print("fixtures: \(compared) tensors of \(fixtures.count) cases; worst \(worst.error), \(worst.name)")
    #expect(Set(fixtures.map(\.kind)) == Set(FixtureFunctions.table.keys))
    #expect(fixtures.count >= 116 && compared >= 560)
  }

  /// A fixture whose numbers are wrong must be found out.
  @Test func aWrongNumberIsSeen() throws {
    var fixture = try #require(try Fixture.all().first { $0.name == "conv3d/1x3x3" })
    fixture.expected["ddweight"]?.elements[5] += 1e-9
    fixture.expected["dx"]?.elements[3] = .nan
    fixture.expected["dq"] = fixture.expected["y"]
    let program = try fixture.program()
    var interpreter = Interpreter(program, states: try fixture.states(of: program))
    let outputs = try interpreter.run(fixture.inputs).outputs
    let mistakes = fixture.mistakes(outputs: outputs, states: [:], tolerance: 1e-12, floor: 1e-3)
    #expect(mistakes.sentences.count == 3)
    #expect(
      mistakes.sentences.first
        == "conv3d/1x3x3: ddweight is off by \(largest(fixture, outputs)) of the largest"
    )
    #expect(mistakes.sentences.dropFirst().first == "conv3d/1x3x3: there is no dq")
    #expect(mistakes.sentences.last == "conv3d/1x3x3: dx is off by inf of the largest")
  }

  private func largest(_ fixture: Fixture, _ outputs: [String: Value]) -> Double {
    largestError(
      outputs["ddweight"]?.elements ?? [], from: fixture.expected["ddweight"]?.elements ?? [], floor: 1e-3)
  }
}
