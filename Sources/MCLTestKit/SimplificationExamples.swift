import MCLGraph

/// What one draw of an example is made of: random shapes, numbers and inputs.
package final class ExampleDraw {
  private var random: RandomValues
  private let context = ProgramContext()
  package private(set) var inputs: [String: Value] = [:]

  package init(seed: UInt64) { random = RandomValues(seed: seed) }

  package func integer(below bound: Int) -> Int { random.integer(below: bound) }
  package func choice<Element>(_ elements: [Element]) -> Element {
    elements[random.integer(below: elements.count)]
  }
  package var element: ElementType { choice(ElementType.allCases) }
  package func shape(rank: Int? = nil) -> [Int] {
    (0..<(rank ?? random.integer(below: 4))).map { _ in choice([1, 2, 3, 7, 8, 9]) }
  }
  package func permutation(_ rank: Int) -> [Int] { (0..<rank).shuffled(using: &random) }

  /// A float that rules have to be right for: ordinary, huge, tiny, infinite, zero of either sign, NaN.
  package func number() -> Double {
    let special = [0, -0.0, 1, -1, .nan, .infinity, -.infinity, 0x1p-140, 1e30, -1e30, 3, 0.5]
    return Double(Float(random.uniform() < 0.7 ? random.normal() : choice(special)))
  }

  /// A small integer, or one at the edges of 64 bits or of what floats hold.
  package func integer() -> Int64 {
    random.uniform() < 0.5 ? Int64(random.integer(below: 21) - 10) : choice(RandomValues.edges)
  }

  package func input(_ shape: [Int], _ element: ElementType = .float32) -> Tensor {
    let type = TensorType(element, shape)
    let name = "x\(inputs.count)"
    inputs[name] =
      element == .int64
      ? Value(type, integers: (0..<type.count).map { _ in integer() })
      : Value(type, (0..<type.count).map { _ in number() })
    return context.input(name, shape, element)
  }

  package func constant(_ value: Double, _ shape: [Int], _ element: ElementType = .float32) -> Tensor {
    Tensor(Constant(value: value, shape: shape, element: element), [])
  }

  /// A constant of any number that the element type holds.
  package func constant(_ shape: [Int], _ element: ElementType) -> Tensor {
    Tensor(
      Constant(element == .int64 ? .integer(integer()) : .float(number()), TensorType(element, shape)), [])
  }

  /// - Throws: `ModelError` when the example does not hold together.
  package func program(_ result: Tensor) throws -> Graph {
    try Graph(
      name: "example", inputs: context.inputs, states: [], outputs: [("y", result)], updates: [], taps: [])
  }
}

/// One form that a rule of `Simplify` must take, or must leave alone.
package struct SimplificationExample: Sendable {
  /// The rule's name.
  package var rule: String
  package var form: String
  package var fires: Bool
  package var make: @Sendable (ExampleDraw) -> Tensor

  init(
    _ rule: String, _ form: String, fires: Bool = true, _ make: @escaping @Sendable (ExampleDraw) -> Tensor
  ) {
    self.rule = rule
    self.form = form
    self.fires = fires
    self.make = make
  }
}

/// The examples by which the rules of `Simplify` test themselves; a test fails while a rule has none of either kind.
package enum SimplificationExamples {
  package static let all: [SimplificationExample] = folding + zeros + neutral + views + other

  private static let folding: [SimplificationExample] = {
    let rule = "fold constants"
    return [
      SimplificationExample(rule, "unary(c)") { draw in
        let exact: [UnaryFunction] = [.negate, .absolute, .squareRoot, .reciprocal]
        return Tensor(Unary(draw.choice(exact)), [draw.constant(draw.shape(), .float32)])
      },
      SimplificationExample(rule, "what kernels approximate", fires: false) { draw in
        Tensor(
          Unary(draw.choice([.exponential, .logarithm])), [draw.constant(draw.shape(), .float32)])
      },
      SimplificationExample(rule, "0.3 * 0.7, which f32 rounds to another number", fires: false) { draw in
        let shape = draw.shape()
        return draw.constant(0.3, shape) * draw.constant(0.7, shape)
      },
      SimplificationExample(rule, "binary(c, d)") { draw in
        let function = draw.choice(BinaryFunction.allCases)
        let element = function == .remainder ? .int64 : draw.element
        let shape = draw.shape()
        return Tensor(Binary(function), [draw.constant(shape, element), draw.constant(shape, element)])
      },
      SimplificationExample(rule, "select(c, d, e, f)") { draw in
        let (shape, compared, chosen) = (draw.shape(), draw.element, draw.element)
        return Tensor(
          Select(draw.choice(Comparison.allCases)),
          [compared, compared, chosen, chosen].map { draw.constant(shape, $0) })
      },
      SimplificationExample(rule, "convert(c)") { draw in
        let value = Double(draw.integer(below: 4001) - 2000) / 64
        return draw.constant(value, draw.shape()).converted(to: draw.element)
      },
      SimplificationExample(rule, "broadcast(c)") { draw in
        let shape = draw.shape()
        return Tensor(
          Broadcast(to: shape), [draw.constant(shape.map { draw.choice([1, $0]) }, draw.element)])
      },
      SimplificationExample(rule, "reshape(c)") { draw in
        let shape = draw.shape()
        return Tensor(Reshape(to: shape + [1]), [draw.constant(shape, draw.element)])
      },
      SimplificationExample(rule, "transpose(c)") { draw in
        Tensor(Transpose(draw.permutation(3)), [draw.constant(draw.shape(rank: 3), draw.element)])
      },
      SimplificationExample(rule, "slice(c)") { draw in
        let shape = draw.shape(rank: 2)
        let start = draw.integer(below: shape[1])
        return Tensor(
          Slice(axis: 1, start: start, end: start + 1 + draw.integer(below: shape[1] - start)),
          [draw.constant(shape, draw.element)])
      },
      SimplificationExample(rule, "c times an input", fires: false) { draw in
        let shape = draw.shape()
        return draw.input(shape) * draw.constant(shape, .float32)
      },
      SimplificationExample(rule, "padding puts zeros beside c", fires: false) { draw in
        Tensor(Pad(axis: 0, before: 1, after: 0), [draw.constant(draw.shape(rank: 2), .float32)])
      },
      SimplificationExample(rule, "a sum of c is another number", fires: false) { draw in
        draw.constant(draw.shape(rank: 2), .float32).sum([0, 1])
      },
    ]
  }()

  private static let zeros: [SimplificationExample] = {
    let rule = "a sum of zeros is zero"
    return [
      SimplificationExample(rule, "sum(0)") { draw in
        draw.constant(draw.choice([0, -0.0]), draw.shape(rank: 2), .float32).sum([draw.integer(below: 2)])
      },
      SimplificationExample(rule, "a maximum of zeros is left alone", fires: false) { draw in
        draw.constant(0, draw.shape(rank: 2), .float32).maximum([1])
      },
      SimplificationExample(rule, "a sum of ones is their number", fires: false) { draw in
        draw.constant(1, draw.shape(rank: 2), .float32).sum([1])
      },
    ]
  }()

  private static let neutral: [SimplificationExample] = {
    let rule = "x + -0, x - 0, x * 1, x / 1 are x"
    func form(
      _ text: String, _ function: BinaryFunction, _ number: Double, constantFirst: Bool = false,
      element: ElementType? = nil, fires: Bool = true
    ) -> SimplificationExample {
      SimplificationExample(rule, text, fires: fires) { draw in
        let shape = draw.shape()
        let element = element ?? (number.rounded() != number ? .float32 : draw.element)
        let (x, c) = (draw.input(shape, element), draw.constant(number, shape, element))
        return Tensor(Binary(function), constantFirst ? [c, x] : [x, c])
      }
    }
    return [
      form("x + 0 of integers", .add, 0, element: .int64), form("x + -0", .add, -0.0),
      form("-0 + x", .add, -0.0, constantFirst: true),
      form("0 + x of integers", .add, 0, constantFirst: true, element: .int64),
      form("x + 0, which is 0 of -0", .add, 0, element: .float32, fires: false),
      form("x - -0, which is 0 of -0", .subtract, -0.0, element: .float32, fires: false),
      form("x - 0", .subtract, 0), form("x * 1", .multiply, 1),
      form("1 * x", .multiply, 1, constantFirst: true), form("x / 1", .divide, 1),
      form("0 - x", .subtract, 0, constantFirst: true, fires: false),
      form("1 / x", .divide, 1, constantFirst: true, fires: false),
      form("0 * x, which is NaN of an infinity", .multiply, 0, constantFirst: true, fires: false),
      form("x * 0", .multiply, 0, fires: false), form("0 / x", .divide, 0, constantFirst: true, fires: false),
      form("x + 1", .add, 1, fires: false), form("x * -1", .multiply, -1, fires: false),
      form("x / -1", .divide, -1, fires: false), form("maximum(x, 0)", .maximum, 0, fires: false),
      form("minimum(x, 1)", .minimum, 1, fires: false),
      form("x * nearly 1", .multiply, 1 + 0x1p-23, fires: false),
      SimplificationExample(rule, "x - x, which is NaN of NaN", fires: false) { draw in
        let x = draw.input(draw.shape())
        return x - x
      },
      SimplificationExample(rule, "x / x", fires: false) { draw in
        let x = draw.input(draw.shape())
        return x / x
      },
    ]
  }()

  private static let views: [SimplificationExample] = [
    SimplificationExample("a view that changes nothing", "reshape to its own shape") { draw in
      let shape = draw.shape()
      return Tensor(Reshape(to: shape), [draw.input(shape, draw.element)])
    },
    SimplificationExample("a view that changes nothing", "broadcast to its own shape") { draw in
      let shape = draw.shape()
      return Tensor(Broadcast(to: shape), [draw.input(shape, draw.element)])
    },
    SimplificationExample("a view that changes nothing", "a longer shape", fires: false) { draw in
      let shape = draw.shape()
      return Tensor(Reshape(to: shape + [1]), [draw.input(shape, draw.element)])
    },
    SimplificationExample("a view that changes nothing", "a row for every row", fires: false) { draw in
      let width = draw.choice([1, 3, 8])
      return Tensor(Broadcast(to: [2, width]), [draw.input([1, width])])
    },
    SimplificationExample("a view that changes nothing", "a square's transpose", fires: false) { draw in
      Tensor(Transpose([1, 0]), [draw.input([3, 3])])
    },
    SimplificationExample("a reshape of a reshape", "to one axis, then to another shape") { draw in
      let shape = draw.shape(rank: 3)
      let flat = Tensor(Reshape(to: [shape.reduce(1, *)]), [draw.input(shape, draw.element)])
      return Tensor(Reshape(to: [shape[0] * shape[1], shape[2]]), [flat])
    },
    SimplificationExample("a reshape of a reshape", "a transpose between", fires: false) { draw in
      let flat = Tensor(Reshape(to: [2, 6]), [draw.input([3, 4])])
      return Tensor(Reshape(to: [12]), [Tensor(Transpose([1, 0]), [flat])])
    },
    SimplificationExample("a reshape of a reshape", "one alone", fires: false) { draw in
      Tensor(Reshape(to: [12]), [draw.input([3, 4])])
    },
    SimplificationExample("a transpose of a transpose", "any two permutations") { draw in
      let inner = Tensor(Transpose(draw.permutation(4)), [draw.input(draw.shape(rank: 4), draw.element)])
      return Tensor(Transpose(draw.permutation(4)), [inner])
    },
    SimplificationExample("a transpose of a transpose", "there and back") { draw in
      let permutation = draw.permutation(3)
      let inner = Tensor(Transpose(permutation), [draw.input(draw.shape(rank: 3))])
      return Tensor(Transpose((0..<3).map { permutation.firstIndex(of: $0) ?? 0 }), [inner])
    },
    SimplificationExample("a transpose of a transpose", "one alone", fires: false) { draw in
      Tensor(Transpose([2, 0, 1]), [draw.input(draw.shape(rank: 3))])
    },
    SimplificationExample("a transpose of a transpose", "a map between", fires: false) { draw in
      let inner = Tensor(Transpose([1, 2, 0]), [draw.input(draw.shape(rank: 3))])
      return Tensor(Transpose([2, 0, 1]), [-inner])
    },
  ]

  private static let other: [SimplificationExample] = [
    SimplificationExample("-(-x) is x", "-(-x)") { draw in -(-draw.input(draw.shape())) },
    SimplificationExample("-(-x) is x", "-x", fires: false) { draw in -draw.input(draw.shape()) },
    SimplificationExample("-(-x) is x", "-|x|", fires: false) { draw in
      -draw.input(draw.shape()).magnitude()
    },
    SimplificationExample("-(-x) is x", "|-x|", fires: false) { draw in
      (-draw.input(draw.shape())).magnitude()
    },
    SimplificationExample("-(-x) is x", "1 / (1 / x)", fires: false) { draw in
      draw.input(draw.shape()).reciprocal().reciprocal()
    },
    SimplificationExample("select between equals", "a ? x : x") { draw in
      let (shape, element) = (draw.shape(), draw.element)
      let (a, b, x) = (draw.input(shape), draw.input(shape), draw.input(shape, element))
      return Tensor(Select(draw.choice(Comparison.allCases)), [a, b, x, x])
    },
    SimplificationExample("select between equals", "a ? x : z", fires: false) { draw in
      let shape = draw.shape()
      let operands = (0..<4).map { _ in draw.input(shape) }
      return Tensor(Select(draw.choice(Comparison.allCases)), operands)
    },
    SimplificationExample("select between equals", "x = x ? y : z, false of NaN", fires: false) { draw in
      let shape = draw.shape()
      let x = draw.input(shape)
      return Tensor(Select(.equal), [x, x, draw.input(shape), draw.input(shape)])
    },
  ]
}
