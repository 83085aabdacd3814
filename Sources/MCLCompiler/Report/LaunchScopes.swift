import MCLGraph

/// The part of the model that each launch belongs to.
///
/// It is the launch's path. Where that is the name of a state it says what was named last, not where: a launch that makes
/// the state's gradient or its new value then belongs to where the state is read, any other, such as one that adds a
/// bias, to where its largest operand is.
struct LaunchScopes {
  private let plan: ExecutionPlan
  private let values: [PlanReport.Value]
  private let states: Set<String>
  /// One a launch.
  private(set) var scopes: [String]

  init(_ plan: ExecutionPlan, _ values: [PlanReport.Value]) {
    self.plan = plan
    self.values = values
    states = Set(plan.states.map(\.name))
    scopes = plan.launches.map { _ in "" }
    for (index, launch) in plan.launches.enumerated() where isPlace(launch.path) {
      scopes[index] = launch.path
    }
    var readers: [String: [Int]] = [:]
    for value in values {
      if case .state(let name) = value.place { readers[name, default: []] += value.readers }
    }
    readers = readers.mapValues { $0.sorted() }
    let changes = changes()
    for (index, launch) in plan.launches.enumerated() where scopes[index].isEmpty && changes[index] {
      if let reader = readers[launch.path]?.first(where: { isPlace(plan.launches[$0].path) }) {
        scopes[index] = plan.launches[reader].path
      }
    }
    for index in plan.launches.indices where scopes[index].isEmpty && !changes[index] {
      scopes[index] = place(ofLargest: index)
    }
    for (index, launch) in plan.launches.enumerated() where scopes[index].isEmpty {
      let user = readers[launch.path]?.first { !scopes[$0].isEmpty }
      scopes[index] = user.map { scopes[$0] } ?? place(ofLargest: index)
    }
    for (index, launch) in plan.launches.enumerated().reversed() where scopes[index].isEmpty {
      let made = (launch.buffers.last.map { [$0] } ?? []) + launch.byProducts
      let reader = made.compactMap { values[$0].readers.first { $0 > index } }.min()
      scopes[index] = reader.map { scopes[$0] } ?? ""
      if scopes[index].isEmpty { scopes[index] = launch.path }
    }
  }

  private func isPlace(_ path: String) -> Bool { !path.isEmpty && !states.contains(path) }

  /// Whether what each launch makes goes into states and nowhere else: gradients of weights, new values.
  private func changes() -> [Bool] {
    let copied = Set(plan.copies.map(\.buffer))
    let named = Set((plan.outputs + plan.taps).map(\.buffer))
    var changes = plan.launches.map { _ in false }
    for (index, launch) in plan.launches.enumerated().reversed() {
      changes[index] = ((launch.buffers.last.map { [$0] } ?? []) + launch.byProducts).allSatisfy { buffer in
        var isState = copied.contains(buffer)
        if case .state = values[buffer].place { isState = true }
        // A state's new value may be used by the same run too; it is a new value all the same.
        if isState { return true }
        let later = values[buffer].readers.filter { $0 > index }
        return !named.contains(buffer) && !later.isEmpty && later.allSatisfy { changes[$0] }
      }
    }
    return changes
  }

  /// The scope of the earlier launch that makes the largest operand; of equals the one made last, as the branch of a
  /// residual block that is added to the shortcut. Where the largest operand is a state, as in a linear layer, the
  /// state's own place, which is its name without the last part. Empty where there is none.
  private func place(ofLargest launch: Int) -> String {
    let operands = plan.launches[launch].buffers.dropLast()
    let largest = operands.max { values[$0].byteCount < values[$1].byteCount }
    if let largest, case .state(let name) = values[largest].place {
      return name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    }
    let made = operands.filter { buffer in
      values[buffer].maker.map { $0 < launch && !scopes[$0].isEmpty } ?? false
    }
    let source = made.max {
      (values[$0].byteCount, values[$0].maker ?? 0) < (values[$1].byteCount, values[$1].maker ?? 0)
    }
    return source.flatMap { values[$0].maker }.map { scopes[$0] } ?? ""
  }
}
