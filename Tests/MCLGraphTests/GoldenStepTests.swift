import Foundation
import MCLGraph
import MCLTestKit
import Testing

/// The first training step of the tiny network, against numbers of the official code run in Double.
@Suite struct GoldenStepTests {
  @Test func theInterpreterGivesTheGoldenStep() throws {
    let start = try GoldenFile.named("mcl_tiny_init")
    let expected = try GoldenFile.named("mcl_tiny_main")
    let module = try projectModel("r2plus1d", settings: expected.settings)
    let program = try module.program("step")

    var states: [String: Value] = [:]
    for state in program.states {
      // The goldens have no momenta: they start at zero.
      states[state.name] =
        try state.name.hasPrefix("velocity.") ? Value(state.type, repeating: 0) : start.value(state.name)
    }
    var inputs: [String: Value] = [:]
    for input in program.inputs where input.defaultValue == nil {
      inputs[input.name] = try start.value(input.name)
    }
    var interpreter = Interpreter(program, states: states)
    let result = try interpreter.run(inputs)

    var compared = 0
    var worst: [String: (deviation: Double, name: String)] = [:]
    for (name, golden) in expected.values.sorted(by: { $0.key < $1.key }) {
      let actual: Value?
      if name.hasPrefix("step1.loss.") || name.hasPrefix("step1.prob.") {
        actual = result.outputs[String(name.dropFirst("step1.".count))]
      } else if name.hasPrefix("step1.") {
        actual = interpreter.states[String(name.dropFirst("step1.".count))]
      } else if ["step", "fp32run", "gradnorm", "grad_"].contains(where: name.hasPrefix) {
        continue  // later steps, the fp32 run, and parts of the gradient that the step does not give
      } else {
        actual = result.taps[name]
      }
      let value = try #require(actual, "the step gives no '\(name)'")
      let deviation = Deviation(value.elements, from: golden.elements)
      // The goldens are rounded to Float: half a unit in the last place is 6e-8 of the value.
      let gate = golden.type.element == .int64 ? 0 : deviation.largestExpected > 0 ? 2e-7 : 1e-7
      #expect(deviation.relativeToLargest <= gate, "\(name) is off by \(deviation.relativeToLargest)")
      let group = name.split(separator: ".").prefix(name.hasPrefix("step1.") ? 2 : 1).joined(separator: ".")
      if deviation.relativeToLargest >= worst[group]?.deviation ?? 0 {
        worst[group] = (deviation.relativeToLargest, name)
      }
      compared += 1
    }
    for (group, entry) in worst.sorted(by: { $0.key < $1.key }) {
      print("golden \(group): worst \(entry.deviation) of the largest magnitude, at \(entry.name)")
    }
    print("golden: \(compared) tensors compared")
    // 69 gradients, 240 network states, 14 losses and probabilities ...: a golden that goes missing is a mistake.
    #expect(compared == 344)
  }
}
