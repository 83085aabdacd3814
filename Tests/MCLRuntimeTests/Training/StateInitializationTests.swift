import MCLCompiler
import MCLExecution
import MCLGraph
import MCLSupport
import MCLWeights
import Testing

@Suite struct StateInitializationTests {
  @Test func theSeedDecidesEveryBit() throws {
    let (first, second) = (try TinyStep.executor(), try TinyStep.executor(threads: 1))
    try first.initializeStates(seed: 4)
    try second.initializeStates(seed: 5)
    let (four, five) = (try first.stateTensors(), try second.stateTensors())
    try second.initializeStates(seed: 4)
    #expect(try second.stateTensors() == four)
    #expect(five != four)
  }

  @Test func statesStartAsDeclared() throws {
    let executor = try TinyStep.executor()
    try executor.initializeStates(seed: 4)
    let tensors = try executor.stateTensors()
    var (copies, normals, uniforms, constants) = (0, 0, 0, 0)
    for state in executor.plan.states {
      let tensor = try #require(tensors[state.name])
      let values = tensor.doubles
      let count = Double(values.count)
      let mean = values.reduce(0, +) / count
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
      switch state.initializer {
      case .copy(let source):
        #expect(tensor == tensors[source], "\(state.name)")
        copies += 1
      case .constant(let value):
        #expect(values.allSatisfy { $0 == Double(Float(value)) }, "\(state.name)")
        constants += 1
      case .integer(let value):
        #expect(tensor.integers?.allSatisfy { $0 == value } == true, "\(state.name)")
        constants += 1
      case .normal(let deviation):
        guard count >= 300 else { continue }
        // Five standard errors of mean and variance.
        #expect(abs(mean) < 5 * deviation / count.squareRoot(), "\(state.name)")
        #expect(abs(variance / (deviation * deviation) - 1) < 5 * (2 / count).squareRoot(), "\(state.name)")
        normals += 1
      case .uniform(let bound):
        #expect(values.allSatisfy { abs($0) <= bound * (1 + 1e-6) }, "\(state.name)")
        guard count >= 300 else { continue }
        #expect(abs(mean) < 5 * bound / (3 * count).squareRoot(), "\(state.name)")
        #expect(abs(variance / (bound * bound / 3) - 1) < 5 * (0.8 / count).squareRoot(), "\(state.name)")
        uniforms += 1
      }
    }
    #expect(copies > 10 && normals > 3 && uniforms > 0 && constants > 10)
    #expect(tensors["k.backbone.conv1.weight"] == tensors["q.backbone.conv1.weight"])
    let drawn = executor.plan.states.filter {
      if case .normal = $0.initializer { return $0.type.count > 1 }
      return false
    }
    #expect(
      Set(drawn.compactMap { tensors[$0.name]?.doubles.first }).count == drawn.count,
      "each state has draws of its own")
  }

  @Test func startsThatAreNoneAreRefused() throws {
    func complaint(_ name: String, _ start: Initializer) throws -> String? {
      var plan = try TinyStep.plan.get()
      let index = try #require(plan.states.firstIndex { $0.name == name })
      plan.states[index].initializer = start
      let executor = try Executor(plan, threads: 1)
      return #expect(throws: ExecutionError.self) { try executor.initializeStates(seed: 1) }?.description
    }
    let whole = "state 'queue_index' holds integers and can only start as a whole constant"
    #expect(try complaint("queue_index", .normal(deviation: 1)) == whole)
    #expect(try complaint("queue_index", .constant(1e30)) == whole)
    #expect(try complaint("queue_index", .constant(.nan)) == whole)
    #expect(
      try complaint("queue", .uniform(bound: -1))
        == "state 'queue' starts uniform in --1.0...-1.0; give a bound of at least 0")
    #expect(
      try complaint("queue", .copy(of: "nobody"))
        == "state 'queue' starts as a copy of 'nobody', which is not there")
    #expect(
      try complaint("queue", .copy(of: "queue"))
        == "state 'queue' starts as a copy of 'queue', which is not there")
  }
}
