import MCLGraph
import MCLTestKit
import Testing

/// Integers in the language and in the text form: exact, and nothing else in their place.
@Suite struct IntegerTextTests {
  static func module(_ number: Int64) throws -> Module {
    let context = ProgramContext()
    let state = context.state("s", [2], .int64, initializer: .integer(number))
    let sum = state + Int(number)
    var input = Graph.Input(name: "n", type: TensorType(.int64, []), defaultValue: .integer(number))
    input.defaultValue = .integer(number)
    let leaf = Tensor(InputLeaf(name: "n", type: input.type), [])
    var module = Module(name: "m")
    module.programs = [
      try Graph(
        name: "p", inputs: [input], states: context.states, outputs: [("y", sum + leaf)], updates: [],
        taps: [])
    ]
    return module
  }

  @Test(arguments: RandomValues.edges) func everyIntegerReadsBack(number: Int64) throws {
    let module = try Self.module(number)
    let text = module.text
    let read = try Module(text: text)
    #expect(read.text == text)
    let program = try read.program("p")
    #expect(program.inputs[0].defaultValue == .integer(number))
    #expect(program.states[0].initializer == .integer(number))
    let constants = program.entries.compactMap { ($0.operation as? Constant)?.number }
    #expect(constants == [.integer(number)])
    var interpreter = Interpreter(
      program, states: ["s": Value(TensorType(.int64, [2]), integers: [number, 1])])
    let expected = [number &+ number &+ number, 1 &+ number &+ number]
    #expect(try interpreter.run([:]).outputs["y"]?.integers == expected)
  }

  /// Text of other versions and other hands shows a point.
  @Test func wholeDoublesAreIntegers() throws {
    let text = try Self.module(5).text
    let other = text.replacing("value=5 ", with: "value=5.0 ").replacing("constant(5)", with: "constant(5.0)")
      .replacing(" = 5\n", with: " = 5e0\n")
    #expect(other != text)
    #expect(try Module(text: other).text == text)
  }

  @Test(arguments: ["0.5", "nan", "inf", "9223372036854775808", "-9223372036854775809", "1e30"])
  func otherNumbersAreRefused(number: String) throws {
    let text = try Self.module(5).text
    for (place, changed, what) in [
      ("constant", text.replacing("value=5 ", with: "value=\(number) "), "%"),
      ("start", text.replacing("constant(5)", with: "constant(\(number))"), "state 's' starts as constant("),
      ("default", text.replacing(" = 5\n", with: " = \(number)\n"), "input 'n' has the default "),
    ] {
      #expect(changed != text, "\(place)")
      let error = #expect(throws: ModelError.self, "\(place)") { try Module(text: changed) }
      let message = "\(error.map(String.init(describing:)) ?? "")"
      #expect(message.contains(what) && message.contains("i64 elements "), "\(message)")
    }
  }

  @Test func aStateOfIntegersStartsAsOne() throws {
    func message(_ initializer: Initializer) -> String? {
      let context = ProgramContext()
      let state = context.state("cursor", [], .int64, initializer: initializer)
      return state.diagnostic?.message
    }
    #expect(message(.constant(3)) == nil)
    #expect(message(.integer(.max)) == nil)
    #expect(
      message(.constant(0.5))
        == "state 'cursor' cannot start as constant(0.5): i64 elements hold integers, not 0.5; round the number, or "
        + "convert the tensor to f32")
    #expect(
      message(.normal(deviation: 1))
        == "state 'cursor' cannot start as normal(1.0): i64 elements hold integers and start as one or as a copy, not as "
        + "random numbers")
  }

  @Test func settingsOfIntegersAreIntegers() throws {
    var module = try Self.module(5)
    try module.setDefault("n", "9007199254740993")
    #expect(module.programs[0].inputs[0].defaultValue == 9_007_199_254_740_993)
    for text in ["0.5", "nan", "1e30", "five", "99999999999999999999"] {
      var isRefused = false
      do { try module.setDefault("n", text) } catch { isRefused = error is ShapeError }
      #expect(isRefused, "\(text)")
    }
    #expect(module.programs[0].inputs[0].defaultValue == 9_007_199_254_740_993)
  }

  /// Literals are Doubles where there is a choice, of integers in variables there is none.
  @Test func literalsMeanWhatTheySay() {
    func number(_ tensor: Tensor) -> Scalar? {
      tensor.operands.compactMap { ($0.operation as? Constant)?.number }.first
    }
    let x = Tensor(InputLeaf(name: "x", type: TensorType(.float32, [2])), [])
    let n = Tensor(InputLeaf(name: "n", type: TensorType(.int64, [2])), [])
    let count = 9_007_199_254_740_993
    #expect(number(x * 2) == .float(2))
    #expect(number(x * (1 / 3)) == .float(1.0 / 3))
    #expect(number(1 / x) == .float(1))
    #expect(number(x * count) == .float(9_007_199_254_740_992))
    #expect(number(n * 2) == .integer(2))
    #expect(number(2 * n) == .integer(2))
    #expect(number(n % Double(5)) == .integer(5))
    #expect(number(n + count) == .integer(9_007_199_254_740_993))
    #expect(number(count - n) == .integer(9_007_199_254_740_993))
    #expect(number(maximum(n, count)) == .integer(9_007_199_254_740_993))
    #expect(number(select(n, .less, count, then: n, else: n)) == .integer(9_007_199_254_740_993))
  }
}
