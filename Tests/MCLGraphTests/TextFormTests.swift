import MCLGraph
import MCLTestKit
import Testing

/// The text form: exact both ways, and never a trap, whatever it holds.
@Suite struct TextFormTests {
  @Test(arguments: [
    ("r2plus1d", [:]), ("r2plus1d", ["depth": "18", "size": "96x80", "mlp_layers": "3"]), ("tiny", [:]),
  ])
  func modelsReadBackExactly(name: String, settings: [String: String]) throws {
    let text = try projectModel(name, settings: settings).text
    let read = try Module(text: text)
    #expect(read.text == text)
    #expect(
      read.programs.map(\.name) == ["step", "encode", "embed"]
        + (name == "tiny" ? [] : ["finetune", "validate"]))
    #expect(try read.program("step").entries.count > 500)
  }

  /// A module with every sample of every operation, and names and numbers that are hard to write.
  static func everything() throws -> Module {
    let context = ProgramContext()
    var outputs: [(name: String, tensor: Tensor)] = []
    for (index, sample) in OperationSamples.all.enumerated() where !(sample.operation is any Leaf) {
      let operands = sample.operands.enumerated().map { position, type in
        context.input(
          "x\(index).\(position)", type.shape, type.element, file: "a \"b\"\\\n\u{1}é.mcl", line: index)
      }
      outputs.append(("y\(index)", Tensor(sample.operation, operands, path: "layer \(index)\t\"x\"")))
    }
    let rate = context.scalar("rate", default: 1e-300)
    let state = context.state("w", [2, 3], initializer: .normal(deviation: 0.1), isTrainable: true)
    let copy = context.state("k", [2, 3], initializer: .copy(of: "w"))
    _ = context.state("u", [], .int64, initializer: .constant(-0.0))
    _ = context.state("v", [1], initializer: .uniform(bound: 1.0 / 3))
    for number in [Double.infinity, -.infinity, .leastNonzeroMagnitude, .pi, 1e16, -1e22] {
      outputs.append(("\(number)", rate * number))
    }
    var graph = try Graph(
      name: "every\u{7f}thing", inputs: context.inputs, states: context.states, outputs: outputs,
      updates: [("w", state - copy)], taps: [("tap \u{1F600}", state)])
    graph.chances = ["-inf": 1.0 / 3, "inf": -1e-300, "1e+16": 0]
    var module = Module(name: "model \"quoted\"")
    module.settings = [("a", "b\nc"), ("\r\n", "")]
    module.programs = [graph]
    return module
  }

  @Test func everyOperationReadsBackExactly() throws {
    let module = try Self.everything()
    let text = module.text
    let read = try Module(text: text)
    #expect(read.text == text)
    #expect(read.name == module.name)
    #expect(read.settings.map(\.value) == ["b\nc", ""])
    #expect(read.programs.first?.states == module.programs.first?.states)
    #expect(read.programs.first?.inputs == module.programs.first?.inputs)
    #expect(read.programs.first?.chances == ["-inf": 1.0 / 3, "inf": -1e-300, "1e+16": 0])
  }

  @Test(arguments: [
    ("chance=nan", "program 'p': the chance value of the output 'y' is nan; give a finite number"),
    ("chance=inf", "program 'p': the chance value of the output 'y' is inf; give a finite number"),
    ("luck=1.0", "'chance' or the end of the line is expected"), ("chance 1.0", "'=' is expected"),
    ("chance=1.0 2", "the line should end here"),
  ])
  func aWrongChanceValueIsRefused(end: String, message: String) throws {
    let context = ProgramContext()
    let graph = try Graph(
      name: "p", inputs: context.inputs, states: [],
      outputs: [("y", Tensor(Constant(value: 1, shape: []), []))], updates: [], taps: [])
    let text = "mclgraph 1\nmodel \"m\"\n" + graph.text
    func read(_ end: String) throws -> Module {
      try Module(text: text.replacing("output \"y\" %0", with: "output \"y\" %0 \(end)"))
    }
    #expect(try read("chance=0.25").programs[0].chances == ["y": 0.25])
    let error = try #require(throws: ModelError.self) { try read(end) }
    #expect("\(error)".contains(message), "\(error)")
  }

  /// Reads damaged text: it is refused with a `ModelError`, or what it gives can be written and read again.
  private func survive(_ bytes: [UInt8]) -> Bool {
    do {
      let module = try Module(text: String(decoding: bytes, as: UTF8.self))
      return try Module(text: module.text).text == module.text
    } catch is ModelError { return true } catch { return false }
  }

  @Test func truncatedTextIsRefused() throws {
    let bytes = Array(try Self.everything().text.utf8)
    for length in stride(from: 0, to: bytes.count - 1, by: 499) {
      #expect(throws: ModelError.self, "cut after \(length) bytes") {
        // Only between the header and the first program can a cut leave a whole module.
        let module = try Module(text: String(decoding: bytes[..<length], as: UTF8.self))
        if module.programs.isEmpty { throw ModelError([]) }
      }
    }
  }

  @Test func damagedTextNeverTraps() throws {
    let lines = try Self.everything().text.split(separator: "\n").map { Array($0.utf8) }
    // The whole text is long: most damage is done to one that holds every twelfth line and so is refused late.
    var random = RandomValues(seed: 20_261_123)
    let whole = Array(lines.joined(separator: [10]))
    for _ in 0..<150 * soakFactor {
      var bytes = whole
      for _ in 0...random.integer(below: 3) {
        bytes[random.integer(below: bytes.count)] ^= UInt8(1) << UInt8(random.integer(below: 8))
      }
      #expect(survive(bytes))
    }
  }

  @Test func hostileNumbersNeverTrap() throws {
    let numbers = [
      "9223372036854775807", "-9223372036854775808", "4611686018427387904", "1099511627776", "-1", "0",
      "1e308",
      "nan", "inf", "99999999999999999999", "1048576", "2",
    ]
    let samples = OperationSamples.all.filter { !($0.operation is any Leaf) }
    var random = RandomValues(seed: 7)
    var refused = 0
    for (index, sample) in samples.enumerated() where index % 2 == 0 {
      let context = ProgramContext()
      let operands = sample.operands.enumerated().map {
        context.input("x\($0.offset)", $0.element.shape, $0.element.element)
      }
      let graph = try Graph(
        name: "p", inputs: context.inputs, states: [], outputs: [("y", Tensor(sample.operation, operands))],
        updates: [], taps: [])
      let text = "mclgraph 1\nmodel \"m\"\n" + graph.text
      for _ in 0..<12 {
        // Replaces one run of digits, or all equal ones, by a number of the list.
        let bytes = Array(text.utf8)
        let starts = bytes.indices.filter {
          (48...57).contains(bytes[$0]) && $0 > 20 && !(48...57).contains(bytes[$0 - 1])
        }
        let start = starts[random.integer(below: starts.count)]
        let end = bytes[start...].firstIndex { !(48...57).contains($0) } ?? bytes.count
        let number = numbers[random.integer(below: numbers.count)]
        let old = String(decoding: bytes[start..<end], as: UTF8.self)
        let mutated =
          random.integer(below: 2) == 0
          ? String(decoding: bytes[..<start], as: UTF8.self) + number
            + String(decoding: bytes[end...], as: UTF8.self)
          : text.split(separator: "[", omittingEmptySubsequences: false).joined(separator: "[").replacing(
            "[\(old)", with: "[\(number)")
        do { _ = try Module(text: mutated) } catch is ModelError { refused += 1 }
      }
    }
    #expect(refused > 500)
  }

  @Test(arguments: [
    ("", "error: this is no graph text: it must begin with 'mclgraph 1'"),
    ("mclgraph 2\n", "error: this is no graph text: it must begin with 'mclgraph 1'"),
    ("mclgraph 1\nprogram \"p\"\n", "error: program 'p' of the graph text has no end"),
    (
      "mclgraph 1\nprogram \"p\"\n%0 = inptu() : f32[]\nend\n",
      "error: line 3, column 11 of the graph text: no operation is called 'inptu'; did you mean 'input'?"
    ),
    (
      "mclgraph 1\nprogram \"p\"\n%0 = unary(%0) function=\"negate\" : f32[]\nend\n",
      "error: line 3, column 15 of the graph text: an operand refers to a value that is not defined before"
    ),
    (
      "mclgraph 1\nprogram \"p\"\n%0 = input() name=\"x\" element=\"f32\" shape=[2] : f32[3]\nend\n",
      "error: %0 (input) says f32[3] but is f32[2]"
    ),
    (
      "mclgraph 1\nprogram \"p\"\n%0 = input() name=\"x\" element=\"f32\" shape=[2] : f32[2]\noutput \"y\" %0\nend\n",
      "error: program 'p': %0 reads the input 'x', which is not declared as f32[2]"
    ),
    (
      "mclgraph 1\nprogram \"p\"\nstate \"k\" : f32[2] kept copy(\"k\")\nend\n",
      "error: program 'p': state 'k' starts as a copy of 'k', which is a copy itself"
    ),
    (
      "mclgraph 1\nprogram \"p\"\ninput \"x\" : f32[1099511627776,2]\nend\n",
      "error: line 3, column 33 of the graph text: 'type' has the shape [1099511627776, 2], which is more elements "
        + "than any memory holds"
    ),
  ])
  func refusalsAreSentences(text: String, expected: String) {
    #expect(throws: ModelError.self) { try Module(text: text) }
    do { _ = try Module(text: text) } catch { #expect("\(error)" == expected) }
  }
}
