import MCLEngineTestKit
import MCLGraph
import MCLTestKit
import Testing

/// The fixtures made by PyTorch, through the whole compiler.
@Suite struct LawFixtureTests {
  @Test func compiledProgramsGiveWhatPyTorchGives() throws {
    var worst = (error: 0.0, name: "")
    let fixtures = try Fixture.all()
    for fixture in fixtures {
      let program = try fixture.program()
      let run = try CompiledRun(
        program, inputs: fixture.inputs, states: try fixture.states(of: program), threads: 2)
      // At a mean of 64 float32 itself is only so exact about the mean.
      let tolerance = fixture.name.hasSuffix("far from zero") ? 2e-5 : 5e-6
      let mistakes = fixture.mistakes(
        outputs: run.outputs, states: run.states, tolerance: tolerance, floor: 0.1)
      for sentence in mistakes.sentences { Issue.record("\(sentence)") }
      if tolerance == 5e-6, mistakes.worst > worst.error { worst = (mistakes.worst, fixture.name) }
    }
    print("compiled fixtures: \(fixtures.count) cases; worst \(worst.error), \(worst.name)")
  }
}
