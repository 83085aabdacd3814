import MCLGraph
import MCLPasses

extension PlanReport {
  /// Every buffer of a plan, in its order: who makes it, who reads it, and from when to when it is alive.
  static func values(of plan: ExecutionPlan) -> [Value] {
    var maker = [Int?](repeating: nil, count: plan.buffers.count)
    var besides = [Bool](repeating: false, count: plan.buffers.count)
    var readers = [[Int]](repeating: [], count: plan.buffers.count)
    for (index, launch) in plan.launches.enumerated() {
      for buffer in Set(launch.buffers.dropLast() + (launch.base.map { [$0] } ?? [])).sorted() {
        readers[buffer].append(index)
      }
      if let output = launch.buffers.last { maker[output] = index }
      for buffer in launch.byProducts {
        maker[buffer] = index
        besides[buffer] = true
      }
    }
    var kept = [[String]](repeating: [], count: plan.buffers.count)
    for named in plan.outputs { kept[named.buffer].append("output \(named.name)") }
    for named in plan.taps { kept[named.buffer].append("tap \(named.name)") }
    for copy in plan.copies { kept[copy.buffer].append("copied into \(plan.states[copy.state].name)") }
    let end = max(plan.launches.count - 1, 0)
    return plan.buffers.enumerated().map { index, buffer in
      let made = maker[index]
      var last = max(readers[index].last ?? 0, made ?? 0)
      if !plan.launches.isEmpty { last = plan.call(of: last).upperBound - 1 }
      let isPrepared = made.map { $0 < plan.preparationCount } ?? false
      if !kept[index].isEmpty || (isPrepared && last >= plan.preparationCount) { last = end }
      if isPrepared, besides[index] { last = end }
      let (role, place, name): (Value.Role, Value.Place, String)
      switch buffer.storage {
      case .input(let number):
        (role, place, name) = (.input, .input(plan.inputs[number].name), plan.inputs[number].name)
        last = end
      case .state(let number):
        (role, place, name) = (.state, .state(plan.states[number].name), plan.states[number].name)
        last = end
      case .arena(let offset):
        (role, place) = (besides[index] ? .byProduct : .result, .arena(offset: offset))
        name = made.map { Self.name(plan.launches[$0], besides: besides[index]) } ?? ""
      }
      return Value(
        role: role, place: place, name: name, type: buffer.type, byteCount: buffer.type.byteCount,
        maker: made,
        first: role == .input || role == .state ? 0 : made.map { plan.call(of: $0).lowerBound } ?? 0,
        last: last,
        readers: readers[index], keptAs: kept[index])
    }
  }

  /// What a launch's result is called: by the last thing done to it.
  private static func name(_ launch: ExecutionPlan.Launch, besides: Bool) -> String {
    let parts = launch.parts.filter { besides ? $0.role == .byProduct : $0.role != .byProduct }
    let last =
      parts.last { $0.role == .epilogue || $0.role == .byProduct } ?? parts.first { $0.role == .main }
    guard let part = last ?? parts.first else { return launch.path }
    return part.path.isEmpty ? part.operation : "\(part.operation) of \(part.path)"
  }
}
