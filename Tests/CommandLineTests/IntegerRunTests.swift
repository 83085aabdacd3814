import Foundation
import MCLGraph
import MCLTestKit
import MCLWeights
import Testing

/// `mclc run` on integers: read, computed, printed and written exactly, by both engines.
@Suite struct IntegerRunTests {
  static let edges = RandomValues.edges

  private static func model() throws -> String {
    let context = ProgramContext()
    let type = TensorType(.int64, [edges.count])
    let n = context.input("n", type.shape, .int64)
    let x = context.input("x", [5])
    let counter = context.state("counter", [2], .int64, initializer: .integer(9_007_199_254_740_993))
    var module = Module(name: "integers")
    module.programs = [
      try Graph(
        name: "p", inputs: context.inputs, states: context.states,
        outputs: [
          ("same", n), ("square", n * n), ("half", n / 2), ("sum", n.sum()),
          ("integer", x.converted(to: .int64)),
          ("float", n.converted(to: .float32)),
        ], updates: [("counter", counter + 1)], taps: [])
    ]
    let path = CommandLineTests.folder.appendingPathComponent("integers-\(UUID().uuidString).mclc").path
    try Data(module.text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test(arguments: ["compiled", "reference"]) func integersPassExactly(engine: String) throws {
    let model = try Self.model()
    let inputs = CommandLineTests.folder.appendingPathComponent("in-\(engine).safetensors").path
    let out = CommandLineTests.folder.appendingPathComponent("out-\(engine).safetensors").path
    try SafeTensors.write(
      [
        "n": HostTensor([Self.edges.count], .int64(Self.edges)),
        "x": HostTensor([5], .float32([.nan, 1e30, -.infinity, -0.5, 16_777_216])),
      ], metadata: [:], to: inputs)
    let run = try CommandLineTests().mclc([
      "run", model, "--program", "p", "--tensors", inputs, "--initialize", "--engine", engine, "--states",
      "--json",
      "--out", out,
    ])
    #expect(run.code == 0, "\(run.errors)")
    let file = try SafeTensors(path: out)
    for name in ["same", "square", "half", "sum", "integer", "counter"] {
      #expect(try file.entry(name).element == .int64, "\(name)")
    }
    #expect(try file.integers("same") == Self.edges)
    #expect(try file.integers("square") == Self.edges.map { $0 &* $0 })
    #expect(try file.integers("half") == Self.edges.map { $0 >> 1 })
    #expect(try file.integers("sum") == [Self.edges.reduce(0, &+)])
    #expect(try file.integers("integer") == [0, .max, .min, 0, 16_777_216])
    #expect(try file.integers("counter") == [9_007_199_254_740_994, 9_007_199_254_740_994])
    #expect(try file.floats("float") == Self.edges.map { Float($0) })
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: [String: Any]])
    #expect(object["same"]?["type"] as? String == "I64")
    #expect((object["same"]?["values"] as? [NSNumber])?.map(\.int64Value) == Self.edges)
    for number in ["9007199254740993", "-9223372036854775808", "9223372036854775807"] {
      #expect(run.output.contains(number), "\(number)")
    }

    // What was written serves as an input.
    let again = CommandLineTests.folder.appendingPathComponent("again-\(engine).safetensors").path
    try SafeTensors.write(
      [
        "n": try file.tensor("same"), "x": HostTensor([5], .float32([0, 1, 2, 3, 4])),
        "counter": try file.tensor("counter"),
      ],
      metadata: [:], to: again)
    let second = try CommandLineTests().mclc([
      "run", model, "--program", "p", "--tensors", again, "--engine", engine, "--states", "--out", out,
    ])
    #expect(second.code == 0, "\(second.errors)")
    #expect(try SafeTensors(path: out).integers("same") == Self.edges)
    #expect(try SafeTensors(path: out).integers("counter") == [9_007_199_254_740_995, 9_007_199_254_740_995])
  }

  @Test func fractionsAreRefused() throws {
    let model = try Self.model()
    let inputs = CommandLineTests.folder.appendingPathComponent("fractions.safetensors").path
    try SafeTensors.write(
      [
        "n": HostTensor([Self.edges.count], .float32([Float](repeating: 0.5, count: Self.edges.count))),
        "x": HostTensor([5], .float32([0, 0, 0, 0, 0])),
      ], metadata: [:], to: inputs)
    let run = try CommandLineTests().mclc([
      "run", model, "--program", "p", "--tensors", inputs, "--initialize", "--json",
    ])
    #expect(run.code == 2)
    #expect(
      run.errors
        == "mclc: \(inputs): tensor 'n' holds numbers that are no integers of 64 bits, but the program takes "
        + "i64[\(Self.edges.count)]; round them in the file\n")
  }
}
