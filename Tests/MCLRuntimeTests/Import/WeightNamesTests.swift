import Foundation
import MCLCompiler
import MCLDataTestKit
import MCLExecution
import MCLGraph
import MCLSupport
import MCLTestKit
import MCLWeights
import Testing

@Suite struct WeightNamesTests {
  @Test func statesAndStateDictsMeet() {
    func state(_ name: String, _ initializer: Initializer = .constant(0)) -> Graph.State {
      Graph.State(name: name, type: TensorType(.float32, [2]), initializer: initializer, role: .kept)
    }
    let names = WeightNames([
      state("queue"), state("q.backbone.w"), state("k.backbone.w", .copy(of: "q.backbone.w")),
    ])
    #expect(names.original == "q." && names.copy == "k.")
    #expect(names.exported("q.backbone.w") == "backbone.w")
    #expect(names.exportedCopy("k.backbone.w") == "backbone.w")
    for other in ["k.backbone.w", "velocity.backbone.w", "queue"] { #expect(names.exported(other) == nil) }
    let plain = WeightNames([state("stem.0.weight")])
    #expect(plain.exported("stem.0.weight") == "stem.0.weight" && plain.states("x") == ["x"])
    #expect(plain.exportedCopy("k.x") == nil)
    // Whatever the two parts are called.
    let other = WeightNames([state("slow.w", .copy(of: "fast.w"))])
    #expect(other.original == "fast." && other.copy == "slow." && other.states("w") == ["w", "fast.w"])
  }

  @Test func aRunStartsFromAFile() throws {
    let folder = try VideoTestFolder()
    let executor = try TinyStep.executor(threads: 1)
    try executor.initializeStates(seed: 5)
    let start = try executor.stateTensors()
    let own = Set(executor.plan.states.filter(\.isWeight).map(\.name))
    let exported = try ExportedWeights(
      of: start, weights: own, names: WeightNames(executor.plan.states), path: "x")
    var weights = exported.tensors
    #expect(exported.leftOut.map(\.group) == ["k", "queue", "queue_index", "velocity"])
    #expect(weights["backbone.conv1.weight"] == start["q.backbone.conv1.weight"])
    #expect(!weights.keys.contains { $0.hasPrefix("velocity.") || $0 == "queue" || $0.hasPrefix("q.") })
    let key = try ExportedWeights(
      of: start, weights: own, names: WeightNames(executor.plan.states), network: .copy, path: "x"
    ).tensors
    #expect(key["backbone.conv1.weight"] == start["k.backbone.conv1.weight"])
    #expect(key.count == start.keys.count { $0.hasPrefix("k.") } && key["order_classfier.fc.bias"] != nil)
    weights["order_classfier.fc.bias"] = nil
    weights["surplus"] = HostTensor([1], .float32([0]))
    let count = try #require(weights["backbone.bn1.num_batches_tracked"])
    weights["backbone.bn1.num_batches_tracked"] = HostTensor([1], .int64([7]))
    #expect(count.shape.isEmpty)
    let path = folder.path + "/w.safetensors"
    try SafeTensors.write(weights, metadata: [:], to: path)

    let other = try TinyStep.executor(threads: 1)
    try other.initializeStates(seed: 6)
    let before = try other.stateTensors()
    let program = try TinyStep.program.get()
    func sources(ignoring: Bool = false) throws -> StateSources {
      try StateSources(
        program, of: [program], files: [WeightFile(path) { _ in }], ignoringUnknown: ignoring)
    }
    #expect(throws: UsageError.self) { try sources() }
    let found = try sources(ignoring: true)
    try other.setStates(from: found)
    let after = try other.stateTensors()
    #expect(found.unknown == ["surplus"] && found.missing.contains { $0.name == "q.order_classfier.fc.bias" })
    #expect(!found.missing.contains { $0.name == "k.backbone.conv1.weight" })
    for name in ["q.backbone.conv1.weight", "k.backbone.conv1.weight", "q.order_head.head.0.bias"] {
      #expect(after[name] == start[name] && after[name] != before[name], "\(name)")
    }
    #expect(after["q.backbone.bn1.num_batches_tracked"]?.storage == .int64([7]))
    // The momentum encoder copies parameters, not batch statistics.
    #expect(after["k.backbone.bn1.num_batches_tracked"]?.storage == .int64([0]))
    for name in ["queue", "velocity.backbone.conv1.weight", "q.order_classfier.fc.bias"] {
      #expect(after[name] == before[name], "\(name)")
    }

    weights["backbone.conv1.weight"] = HostTensor([1, 2], .float32([1, 2]))
    try SafeTensors.write(weights, metadata: [:], to: path)
    let shape = #expect(throws: UsageError.self) { try sources(ignoring: true) }
    #expect(
      shape?.description.hasPrefix(
        "\(path): 'backbone.conv1.weight' has the shape [1, 2], but the model's 'q.backbone.conv1.weight' is f32[8,3,4,7,7];"
      ) == true, "\(shape?.description ?? "")")
    try SafeTensors.write(["x": HostTensor([1], .float32([1]))], metadata: [:], to: path)
    let nothing = #expect(throws: UsageError.self) { try sources() }
    #expect(nothing?.description.hasPrefix("\(path): the model has no state or input 'x'") == true)
  }
}
