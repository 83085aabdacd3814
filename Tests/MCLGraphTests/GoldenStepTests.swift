import Foundation
import MCLGraph
import MCLTestKit
import Testing

/// Training steps of the tiny network, against numbers of the official code run in Double.
@Suite struct GoldenStepTests {
  @Test func theInterpreterGivesTheGoldenSteps() throws {
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
    var compared = 0
    var worst: [String: (deviation: Double, name: String)] = [:]
    for step in 1...3 {
      let result = try interpreter.run(inputs)
      let prefix = "step\(step)."
      for (name, golden) in expected.values.sorted(by: { $0.key < $1.key }) {
        let actual: Value?
        if name.hasPrefix(prefix) {
          let local = String(name.dropFirst(prefix.count))
          actual = result.outputs[local] ?? interpreter.states[local]
        } else if step > 1 || ["step", "fp32run", "gradnorm", "grad_"].contains(where: name.hasPrefix) {
          continue  // another step, the fp32 run, and parts of the gradient that the step does not give
        } else {
          actual = result.taps[name]
        }
        let value = try #require(actual, "the step gives no '\(name)'")
        let deviation = Deviation(value.elements, from: golden.elements)
        // The goldens are rounded to Float: half a unit in the last place is 6e-8 of the value.
        let gate = golden.type.element == .int64 ? 0 : deviation.largestExpected > 0 ? 2e-7 : 1e-7
        #expect(deviation.relativeToLargest <= gate, "\(name) is off by \(deviation.relativeToLargest)")
        let group = name.split(separator: ".").prefix(name.hasPrefix("step") ? 2 : 1).joined(separator: ".")
        if deviation.relativeToLargest >= worst[group]?.deviation ?? 0 {
          worst[group] = (deviation.relativeToLargest, name)
        }
        compared += 1
      }
    }
    for (group, entry) in worst.sorted(by: { $0.key < $1.key }) {
      print("golden \(group): worst \(entry.deviation) of the largest magnitude, at \(entry.name)")
    }
    print("golden: \(compared) tensors compared")
    // Step 1: 69 gradients, 11 losses and probabilities, 25 features, scores and maps, 242 states; step 2: 11;
    // step 3: 253. A golden that goes missing is a mistake.
    #expect(compared == 69 + 11 + 25 + 242 + 11 + 253)
  }
}
