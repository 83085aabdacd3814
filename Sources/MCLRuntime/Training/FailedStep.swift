import Foundation
import MCLCompiler
import MCLExecution
import MCLGraph
import MCLSupport
import MCLWeights

/// The batch and the states of a step that gave a number that is not finite, in one file that `mclc run` takes.
enum FailedStep {
  static func fileName(_ step: Int) -> String {
    let digits = String(step)
    return "failed-step-\(String(repeating: "0", count: max(0, 8 - digits.count)))\(digits).safetensors"
  }

  /// Stops a step whose outputs of one number are not all finite, before it changes a state: keeps what it was given
  /// and throws.
  /// - Parameters:
  ///   - step: from 1.
  ///   - replay: the command that runs the program on the file.
  /// - Throws: `ExecutionError` naming the step, the output and the file, or why that could not be written.
  static func expectFinite(_ executor: Executor, step: Int, in run: RunFolder, replay: String) throws {
    let outputs = try executor.scalarOutputs().filter { !$0.value.isFinite }
    // A program's first output is its whole loss, which is not finite because a part is not: the part says more.
    let parts = outputs.filter { $0.key != executor.plan.outputs.first?.name }
    guard let bad = (parts.isEmpty ? outputs : parts).min(by: { $0.key < $1.key }) else { return }
    let file = run.file(fileName(step))
    do {
      try SafeTensors.write(
        try executor.inputTensors().merging(try executor.stateTensors()) { first, _ in first },
        metadata: ["program": executor.plan.name, "step": String(step), "not finite": bad.key], to: file)
    } catch {
      throw ExecutionError(
        "step \(step): \(bad.key) is \(bad.value), and nothing of the step was applied; its batch is not kept: \(error)"
      )
    }
    throw ExecutionError(
      "step \(step): \(bad.key) is \(bad.value), and nothing of the step was applied; its batch and states are kept, and "
        + "this command names the first value that is not finite: \(replay) --program "
        + "\(ShellText.quoted(executor.plan.name)) --unfused --tensors \(ShellText.quoted(file))")
  }
}

extension Executor {
  /// Every input that was given or has a default, by name.
  func inputTensors() throws -> [String: HostTensor] {
    var tensors: [String: HostTensor] = [:]
    for input in plan.inputs {
      tensors[input.name] = HostTensor(
        input.type.shape,
        input.type.element == .float32
          ? .float32(try inputFloats(input.name)) : .int64(try inputIntegers(input.name)))
    }
    return tensors
  }
}
