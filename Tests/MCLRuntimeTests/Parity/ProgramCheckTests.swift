import MCLCompiler
import MCLDataTestKit
import MCLGraph
import MCLKernels
import MCLParity
import MCLTestKit
import Testing

/// What `MCL_CHECK=2` does once a program is compiled.
@Suite struct ProgramCheckTests {
  /// A loss with a maximum in it, and a step down its gradient; `share` of the gradient is what a fault would take.
  private static func program(share: Double = 1) throws -> Graph {
    try Model("m") { _ in
      Program("step") { context in
        let weight = context.state("w", [4, 33], initializer: .normal(deviation: 1), isTrainable: true)
        let x = context.input("x", [4, 33])
        let y = x * weight * 0.1
        let loss = (y.maximum([1]) - y.mean([1])).sum()
        let slope = gradient(of: loss, at: weight) * share
        return Step(outputs: [("loss", loss)], updates: [(weight, weight - slope)])
      }
    }.module().program("step")
  }

  private static let compiler = ProgramCompiler(KernelCompiler(cache: ObjectCache(directory: nil)))

  @Test func whatIsCompiledPasses() throws {
    let graph = try Self.program()
    try ProgramCheck(graph, compiler: Self.compiler).run(Self.compiler.compile(graph).plan)
  }

  @Test func aStepOfTheProjectsModelPasses() throws {
    let small = ["size": "32", "frames": "8", "batch": "2", "queue_size": "16", "widths": "8,8,8,8"]
    let graph = try projectModel("tiny", settings: small).program("step")
    try ProgramCheck(graph, compiler: Self.compiler).run(Self.compiler.compile(graph).plan)
  }

  @Test(arguments: [0.5, .nan, .infinity])
  func aStateThatIsAnotherIsNamed(share: Double) throws {
    let plan = try Self.compiler.compile(Self.program(share: share)).plan
    let error = #expect(throws: ModelError.self) {
      try ProgramCheck(Self.program(), compiler: Self.compiler).run(plan)
    }
    let message = "\(error.map(String.init(describing:)) ?? "")"
    let beginning = "program 'step' on random inputs: as trained, the change of state 'w' is "
    #expect(message.contains(beginning), "\(message)")
  }
}

/// Derivatives checked by differences, of programs in which something is held fast.
@Suite struct DetachedGradientTests {
  /// Programs of two views [N, D] that are trained on what they have in common.
  static let programs: [(name: String, loss: @Sendable (ProgramContext) -> Tensor)] = [
    (
      "SimSiam",
      { context in
        let (p, z) = projections(context)
        func term(_ a: Tensor, _ b: Tensor) -> Tensor {
          -(a.normalized(axis: 1).dot(b.detached().normalized(axis: 1), axis: 1).mean())
        }
        return (term(p[0], z[1]) + term(p[1], z[0])) * 0.5
      }
    ),
    (
      "BYOL",
      { context in
        let (p, _) = projections(context)
        let target = context.state("target", [6, 5], initializer: .normal(deviation: 0.5))
        let z = context.input("b", [4, 6]).matmul(target).detached().normalized(axis: 1)
        let difference = p[0].normalized(axis: 1) - z
        return (difference * difference).sum([1]).mean()
      }
    ),
    (
      "SwAV",
      { context in
        let (p, z) = projections(context)
        let codes = (z[1] * 10).softmax(axis: 1).detached()
        return -((codes * p[0].logSoftmax(axis: 1)).sum([1]).mean())
      }
    ),
    (
      "straight-through",
      { context in
        let (p, _) = projections(context)
        let soft = p[0].softmax(axis: 1)
        let largest = soft.maximum([1]).broadcast(to: soft.shape)
        let hard = select(soft, .equal, largest, then: soft.filled(with: 1), else: soft.filled(with: 0))
        return ((hard - soft).detached() + soft).dot(p[1], axis: 1).mean()
      }
    ),
    (
      "seven classes",
      { context in
        let (p, _) = projections(context)
        let head = context.state("head", [5, 7], initializer: .normal(deviation: 0.5), isTrainable: true)
        return p[0].matmul(head).crossEntropy(labels: context.input("labels", [4], .int64))
      }
    ),
  ]

  private static func projections(_ context: ProgramContext) -> ([Tensor], [Tensor]) {
    let weight = context.state("w", [6, 5], initializer: .normal(deviation: 0.5), isTrainable: true)
    let head = context.state("h", [5, 5], initializer: .normal(deviation: 0.5), isTrainable: true)
    let z = ["a", "b"].map { context.state("view \($0)", [4, 6], initializer: .normal(deviation: 1)) }
      .map { $0.matmul(weight) }
    return (z.map { $0.matmul(head) }, z)
  }

  @Test(arguments: programs.map(\.name)) func derivativesAgreeWithDifferences(name: String) throws {
    let loss = try #require(Self.programs.first { $0.name == name }).loss
    let graph = try Model("m") { _ in
      Program("step") { Step(outputs: [("objective", loss($0))]) }
    }.module().program("step")
    let outcomes = try ProgramGradientCheck(graph, seed: 3).outcomes()
    #expect(outcomes.map(\.order) == [1, 2])
    for outcome in outcomes {
      #expect(outcome.isWithin, "order \(outcome.order): \(outcome.symbolic), not \(outcome.numeric)")
    }
  }

  /// Inputs of any rank are differentiated at, and labels lie in their range.
  @Test func labelsTakeEveryClass() throws {
    let graph = try Model("m") { _ in
      Program("step") { context in
        let x = context.input("x", [64, 7])
        let labels = context.input("labels", [64, 1], .int64)
        return Step(outputs: [("loss", x.crossEntropy(labels: labels.reshaped([64])))])
      }
    }.module().program("step")
    #expect(graph.integerBounds() == ["labels": 7])
    let outcomes = try ProgramGradientCheck(graph, seed: 1).outcomes()
    #expect(outcomes.count == 2 && outcomes.allSatisfy { $0.isWithin && $0.symbolic != 0 })
  }
}
