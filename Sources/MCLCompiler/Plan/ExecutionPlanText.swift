import MCLGraph
import MCLKernelForms
import MCLPasses

extension ExecutionPlan {
  /// The program as it runs, a launch a line: kernel family, tasks, where operands and result stand, and the formula; a
  /// plus sign stands before launches that run together with the one before.
  public var text: String {
    var lines = ["plan '\(name)' arena \(arenaBytes) bytes"]
    let firsts = Set(calls.map(\.lowerBound))
    for (index, launch) in launches.enumerated() {
      let kernel = kernels[launch.kernel]
      let offsets = launch.operandOffsets + [0]
      let places = zip(launch.buffers, offsets).map { buffer, offset in
        place(buffers[buffer].storage) + (offset == 0 ? "" : " from byte \(offset)")
      }
      let tasks = kernel.phases.map { "\($0.taskCount)" }.joined(separator: "+")
      let besides = launch.byProducts.map { " and \(place(buffers[$0].storage))" }.joined()
      var line =
        "\(firsts.contains(index) ? "" : "+")\(index): \(kernel.family) tasks \(tasks) \(places.last ?? "")\(besides) <- "
      line += places.dropLast().joined(separator: ", ")
      if case .comprehension(let comprehension) = launch.specification.form {
        line += " : \(comprehension.axes) \(comprehension.text)"
      }
      lines.append(launch.path.isEmpty ? line : line + " @\(launch.path)")
    }
    lines += copies.map { "copy '\(states[$0.state].name)' <- \(place(buffers[$0.buffer].storage))" }
    return lines.joined(separator: "\n") + "\n"
  }

  private func place(_ storage: Storage) -> String {
    switch storage {
    case .input(let index): "input '\(inputs[index].name)'"
    case .state(let index): "state '\(states[index].name)'"
    case .arena(let offset): "arena+\(offset)"
    }
  }
}
