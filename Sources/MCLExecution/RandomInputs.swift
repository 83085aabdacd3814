import MCLCompiler
import MCLGraph
import MCLSupport
import MCLWeights

extension Executor {
  /// Fills every input that has no default with numbers that its name and the seed determine: floats from 0 to 2, as
  /// clips are, and integers 0 and 1, which are labels of every task of two classes or more.
  ///
  /// - Parameter keepsValues: whether to return them; a copy takes as much memory as the inputs.
  /// - Returns: what was filled in, by name; nothing unless asked for.
  /// - Throws: `ExecutionError` where an input does not take it.
  @discardableResult
  public func fillRandomInputs(
    seed: UInt64 = 1, keepsValues: Bool = false
  ) throws -> [String: HostTensor] {
    var result: [String: HostTensor] = [:]
    for input in plan.inputs where input.defaultValue == nil {
      var random = CounterRandom(seed: seed, purpose: CounterRandom.Purpose("bench \(input.name)"))
      if input.type.element == .int64 {
        let values = (0..<input.type.count).map { _ in Int64(random.integer(below: 2)) }
        try setInput(input.name, integers: values)
        if keepsValues { result[input.name] = HostTensor(input.type.shape, .int64(values)) }
      } else {
        let values = (0..<input.type.count).map { _ in Float(random.uniform()) * 2 }
        try setInput(input.name, floats: values)
        if keepsValues { result[input.name] = HostTensor(input.type.shape, .float32(values)) }
      }
    }
    return result
  }
}
