import Foundation
import MCLCompiler
import MCLEngineTestKit
import MCLExecution
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLTestKit
import Testing

/// Code for AArch64, run under an emulator: a whole training step (convolutions and their gradients, batch norm, pooling,
/// losses, second derivatives, updates) gives what this machine gives.
@Suite(.enabled(if: ArmProgram.hasTools || ProcessInfo.processInfo.environment["MCL_REQUIRE_ARM"] != nil))
struct ArmTests {
  private static func folder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "mclc-arm-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  @Test func aTrainingStepGivesTheSameNumbers() throws {
    let start = try GoldenFile.named("mcl_tiny_init")
    let module = try projectModel("r2plus1d", settings: GoldenFile.named("mcl_tiny_main").settings)
    let program = try module.program("step")
    let compiler = KernelCompiler(target: ArmProgram.target, cache: ObjectCache(directory: nil))
    let plan = try ProgramCompiler(compiler).compile(program).plan
    #expect(plan.launches.contains { plan.kernels[$0.kernel].family == "contraction" })
    #expect(plan.launches.contains { !$0.byProducts.isEmpty })

    let starts = StateStarts(program.states, seed: 1)
    var states: [String: Value] = [:]
    for state in program.states { states[state.name] = try start.values[state.name] ?? starts.value(state) }
    let inputs = start.values.filter { name, _ in program.inputs.contains { $0.name == name } }
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let found = try ArmProgram(plan, folder: folder).run(inputs: inputs, states: states)

    let own = try CompiledRun(program, inputs: inputs, states: states)
    var worst = (error: 0.0, name: "")
    for (name, expected) in own.outputs.merging(
      own.states.map { ("state \($0.key)", $0.value) }, uniquingKeysWith: { first, _ in first })
    {
      let value = try #require(found[name], "\(name)")
      let largest = max(expected.elements.map { abs($0) }.max() ?? 0, 1e-6)
      for (a, b) in zip(expected.elements, value.elements) {
        let error = abs(a - b) / largest
        if !(error <= worst.error) { worst = (error, name) }
      }
    }
    let changed = states.count { found["state \($0.key)"] != $0.value }
    #expect(changed > 100, "\(changed) of \(states.count) states changed")
    print("AArch64 step, \(plan.launches.count) launches: worst difference \(worst.error), \(worst.name)")
    #expect(worst.error <= 1e-4, "\(worst.name)")
  }

  /// Winograd's filtering, which a step as small as the one above does not come to.
  @Test func aLargeConvolutionGivesTheSameNumbers() throws {
    let graph = try WinogradTests.shapes[0].program()
    var random = RandomValues(seed: 4)
    let inputs = TapContractionTests.inputs(graph, &random)
    let compiler = KernelCompiler(target: ArmProgram.target, cache: ObjectCache(directory: nil))
    let plan = try ProgramCompiler(compiler).compile(graph).plan
    let families = Set(plan.launches.map { plan.kernels[$0.kernel].family })
    #expect(families.isSuperset(of: ["winograd", "winogradGradient"]), "\(families.sorted())")
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let found = try ArmProgram(plan, folder: folder).run(inputs: inputs, states: [:])
    let own = try TapContractionTests.run(graph, inputs, threads: 1).values
    for (name, expected) in own {
      let value = try #require(found[name])
      let deviation = Deviation(value.elements, from: expected.map { Double($0) })
      #expect(deviation.relativeToLargest < 4e-6, "\(name), \(deviation)")
    }
  }
}
