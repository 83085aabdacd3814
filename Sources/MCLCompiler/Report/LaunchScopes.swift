import MCLGraph

/// The part of the model that each launch belongs to.
///
/// It is the launch's path. Where that is the name of a state it says which state is read or changed, not where: a
/// launch that reads the state, such as one that adds a bias, then belongs to where its largest operand is made; one
/// that makes the state's gradient or its new value to where the state is read.
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
    for (index, launch) in plan.launches.enumerated() where scopes[index].isEmpty {
      if readers[launch.path]?.contains(index) == true, !writes(index, launch.path) {
        scopes[index] = makerOfLargest(index)
      }
    }
    for (index, launch) in plan.launches.enumerated() where scopes[index].isEmpty {
      let users = (readers[launch.path] ?? []).sorted()
      let user =
        users.first { isPlace(plan.launches[$0].path) }
        ?? users.first { plan.launches[$0].path == launch.path && !scopes[$0].isEmpty }
      scopes[index] = user.map { scopes[$0] } ?? makerOfLargest(index)
    }
    for (index, launch) in plan.launches.enumerated().reversed() where scopes[index].isEmpty {
      let made = (launch.buffers.last.map { [$0] } ?? []) + launch.byProducts
      let reader = made.compactMap { values[$0].readers.first { $0 > index } }.min()
      scopes[index] = reader.map { scopes[$0] } ?? ""
      if scopes[index].isEmpty { scopes[index] = launch.path }
    }
  }

  private func isPlace(_ path: String) -> Bool { !path.isEmpty && !states.contains(path) }

  private func writes(_ launch: Int, _ state: String) -> Bool {
    guard let output = plan.launches[launch].buffers.last else { return false }
    return values[output].place == .state(state)
  }

  /// The scope of the earlier launch that makes the largest operand of those that have one; empty where none has.
  private func makerOfLargest(_ launch: Int) -> String {
    let made = plan.launches[launch].buffers.dropLast().filter { buffer in
      values[buffer].maker.map { $0 < launch && !scopes[$0].isEmpty } ?? false
    }
    let largest = made.max { values[$0].byteCount < values[$1].byteCount }
    return largest.flatMap { values[$0].maker }.map { scopes[$0] } ?? ""
  }
}
