import MCLGraph

/// What an expected tensor is compared with: a value of a run, and what is made of it.
package struct GoldenSource: Hashable, Sendable {
  package enum Base: Hashable, Sendable {
    /// An output or a tap of the step.
    case result(String)
    /// A state after the step.
    case state(String)
    /// A state after the step less what it was before the first.
    case move(String)
    /// Any input, or a state before the first step.
    case given(String)
    case derivative(Graph.Derivative)
    /// An output or a tap of a program in eval mode, on the states before the first step.
    case evaluation(program: String, result: String)
  }

  package var base: Base
  package var reduction: Reduction = .whole
  package var step = 1
}

/// Finds the source of an expected tensor by its name: the conventions of the goldens.
struct GoldenNames {
  let module: Module
  let program: Graph
  /// For vectors of norms: the parameters in order, without prefix.
  let parameterOrder: [String]
  private let results: Set<String>
  private let states: Set<String>
  private let inputs: Set<String>

  init(module: Module, program: Graph, parameterOrder: [String]) {
    self.module = module
    self.program = program
    self.parameterOrder = parameterOrder
    results = Set((program.outputs + program.taps).map(\.name))
    states = Set(program.states.map(\.name))
    inputs = Set(program.inputs.map(\.name))
  }

  /// The source of `name`; nil when nothing here is called so.
  func source(_ name: String, count: Int) -> GoldenSource? {
    var rest = name[...]
    var step: Int?
    if rest.hasPrefix("step"), let dot = rest.firstIndex(of: "."),
      let number = Int(rest[rest.index(rest.startIndex, offsetBy: 4)..<dot])
    {
      step = number
      rest = rest[rest.index(after: dot)...]
    }
    let local = String(rest)
    if step == nil, count > 1,
      program.outputs.contains(where: { $0.name == local && program.entries[$0.entry].type.count == 1 })
    {
      return GoldenSource(base: .result(local), reduction: .steps, step: count)
    }
    if let source = plain(local, step) { return source }
    for (suffix, reduction) in [
      ("l2", GoldenSource.Reduction.norm), ("sum", .sum), ("first16", .first16), ("sample", .sample),
    ] {
      for separator in [".", "_"] where local.hasSuffix(separator + suffix) {
        guard var source = plain(String(local.dropLast(suffix.count + 1)), step) else { continue }
        guard source.reduction == .whole else { return nil }
        source.reduction = reduction
        return source
      }
    }
    return nil
  }

  private func plain(_ name: String, _ step: Int?) -> GoldenSource? {
    if let step {
      if states.contains(name) { return GoldenSource(base: .state(name), step: step) }
      if let moved = stripped(name, "moved."), states.contains(moved) {
        return GoldenSource(base: .move(moved), step: step)
      }
      return results.contains(name) ? GoldenSource(base: .result(name), step: step) : nil
    }
    if let running = stripped(name, "running."), states.contains(running) {
      return GoldenSource(base: .state(running))
    }
    if results.contains(name) { return GoldenSource(base: .result(name)) }
    if inputs.contains(name) || states.contains(name) { return GoldenSource(base: .given(name)) }
    if let source = derivative(name) { return source }
    let evaluated = stripped(name, "eval.") ?? (name.hasSuffix("_eval") ? String(name.dropLast(5)) : nil)
    return evaluated.flatMap(evaluation)
  }

  private func stripped(_ name: String, _ prefix: String) -> String? {
    name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
  }

  /// `grad_mal.NAME`, `gradnorm_mal.NAME`, `gradnorms_mal` and `grad_xq`.
  private func derivative(_ name: String) -> GoldenSource? {
    let total = program.outputs.contains { $0.name == "loss.total" } ? "loss.total" : "loss"
    if let input = stripped(name, "grad_"), inputs.contains(input) {
      return GoldenSource(base: .derivative(Graph.Derivative(of: total, at: input)))
    }
    func parameter(_ local: String) -> String? { ["q." + local, local].first(where: states.contains) }
    func component(_ part: Substring) -> String? {
      let output = "loss.\(part)"
      return program.outputs.contains { $0.name == output } ? output : nil
    }
    if let rest = stripped(name, "gradnorms_"), let output = component(rest[...]) {
      let parameters = parameterOrder.compactMap(parameter)
      guard !parameters.isEmpty, parameters.count == parameterOrder.count else { return nil }
      let bases = parameters.map { GoldenSource.Base.derivative(Graph.Derivative(of: output, at: $0)) }
      return GoldenSource(base: bases[0], reduction: .norms(bases))
    }
    for (prefix, reduction) in [("grad_", GoldenSource.Reduction.whole), ("gradnorm_", .norm)] {
      guard let rest = stripped(name, prefix), let dot = rest.firstIndex(of: "."),
        let output = component(rest[..<dot]), let leaf = parameter(String(rest[rest.index(after: dot)...]))
      else { continue }
      return GoldenSource(base: .derivative(Graph.Derivative(of: output, at: leaf)), reduction: reduction)
    }
    return nil
  }

  /// A value of another program that changes nothing: by its name, or as the end of one tap's path.
  private func evaluation(_ name: String) -> GoldenSource? {
    for other in module.programs where other.name != program.name && other.updates.isEmpty {
      let names = (other.outputs + other.taps).map(\.name)
      let ends = names.filter { $0.hasSuffix("." + name) }
      guard let found = names.contains(name) ? name : ends.count == 1 ? ends[0] : nil else { continue }
      return GoldenSource(base: .evaluation(program: other.name, result: found))
    }
    return nil
  }
}
