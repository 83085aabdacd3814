/// Where a layer stands while it is applied: its path, whose parameters it uses, and in which mode.
public struct Scope {
  /// The program in which the layers declare their parameters and taps.
  public let context: ProgramContext
  /// The path of the call, for taps: `query.layer1.0`.
  public private(set) var path: String
  /// The path of the parameters: `q.backbone.layer1.0`.
  public private(set) var parameterPath: String
  /// Batch normalisation by the batch's own statistics, which also move the running ones.
  public var isTraining: Bool
  /// Whether parameters are changed by gradient descent.
  public var isTrainable: Bool
  /// Parameters start as copies of those under this path: (`k`, `q`) makes `k.x` start as `q.x`.
  public var copiedFrom: (prefix: String, source: String)?

  /// - Parameters:
  ///   - path: what stands before the layers' names in taps; nothing unless given.
  ///   - parameters: what stands before them in the names of parameters; nothing unless given.
  ///   - isTraining: whether batch norm goes by the batch's own statistics; by the running ones otherwise.
  ///   - isTrainable: whether gradient descent changes the parameters. As an evaluation shares the parameters of its
  ///     training, they are so there too.
  public init(
    _ context: ProgramContext, path: String = "", parameters: String = "", isTraining: Bool,
    isTrainable: Bool = true, copiedFrom: (prefix: String, source: String)? = nil
  ) {
    self.context = context
    self.path = path
    parameterPath = parameters
    self.isTraining = isTraining
    self.isTrainable = isTrainable
    self.copiedFrom = copiedFrom
  }

  /// The scope of a part called `name`, which both paths get behind a point; itself where the name is empty.
  public func entering(_ name: String) -> Scope {
    guard !name.isEmpty else { return self }
    var inner = self
    inner.path = path.isEmpty ? name : "\(path).\(name)"
    inner.parameterPath = parameterPath.isEmpty ? name : "\(parameterPath).\(name)"
    return inner
  }

  /// A parameter of the layer at hand.
  public func parameter(
    _ name: String, _ shape: [Int], _ initializer: Initializer, at location: SourceLocation
  )
    -> Tensor
  {
    let full = parameterPath.isEmpty ? name : "\(parameterPath).\(name)"
    var start = initializer
    if let copiedFrom, full.hasPrefix(copiedFrom.prefix + ".") {
      start = .copy(of: copiedFrom.source + full.dropFirst(copiedFrom.prefix.count))
    }
    return context.state(
      full, shape, initializer: start, isTrainable: isTrainable, file: location.file, line: location.line)
  }

  /// A value the layer keeps that is no parameter, such as running statistics.
  public func buffer(
    _ name: String, _ shape: [Int], _ element: ElementType = .float32, _ start: Double,
    at location: SourceLocation
  ) -> Tensor {
    context.buffer(
      parameterPath.isEmpty ? name : "\(parameterPath).\(name)", shape, element, start, at: location)
  }
}

/// A part of a network: a function of one tensor with its own parameters, whose shapes follow from the input.
///
/// A layer is called like a function, `layer(input, in: scope)`: so it gets its name, and its result can be watched.
public protocol Layer: Sendable {
  /// The layer's own part of the path; empty when it has none.
  var name: String { get }
  /// What the layer computes, in a scope that has its name already. For those who write layers; those who use them call
  /// the layer.
  func expression(of input: Tensor, in scope: Scope) -> Tensor
}

extension Layer {
  /// No name unless a layer has one: its parameters and taps then stand under those of what holds it.
  public var name: String { "" }

  /// Applies the layer under its own name and taps the result there.
  public func callAsFunction(_ input: Tensor, in scope: Scope) -> Tensor {
    let inner = scope.entering(name)
    let result = expression(of: input, in: inner)
    if !name.isEmpty { scope.context.tap(inner.path, result) }
    return result
  }
}

/// A layer made of others.
public protocol Composite: Layer {
  @ChainBuilder var body: Chain { get }
}

extension Composite {
  /// What `body` computes, one layer after the other.
  public func expression(of input: Tensor, in scope: Scope) -> Tensor {
    body.expression(of: input, in: scope)
  }
}

/// Layers one after the other.
public struct Chain: Layer {
  package var layers: [any Layer]

  /// The layers of an array, one after the other; with none, the input itself.
  public init(_ layers: [any Layer]) { self.layers = layers }
  /// The layers of a closure, one below the other, where `if`, `for` and `switch` may stand.
  public init(@ChainBuilder _ content: () -> Chain) { self = content() }

  /// Each layer applied to the result of the one before it.
  public func expression(of input: Tensor, in scope: Scope) -> Tensor {
    layers.reduce(input) { $1($0, in: scope) }
  }
}

/// Layers as statements.
@resultBuilder
public enum ChainBuilder {
  /// A statement that is one layer.
  public static func buildExpression(_ layer: any Layer) -> [any Layer] { [layer] }
  /// A statement that is an array of layers, such as the result of a function.
  public static func buildExpression(_ layers: [any Layer]) -> [any Layer] { layers }
  /// A statement that is no layer, such as an assignment or a `print`.
  public static func buildExpression(_ statement: Void) -> [any Layer] { [] }
  /// The layers of all statements, in their order.
  public static func buildBlock(_ parts: [any Layer]...) -> [any Layer] { parts.flatMap { $0 } }
  /// The layers of an `if` without `else`; none where it does not hold.
  public static func buildOptional(_ part: [any Layer]?) -> [any Layer] { part ?? [] }
  /// The layers of the first branch of an `if` or `switch`.
  public static func buildEither(first: [any Layer]) -> [any Layer] { first }
  /// The layers of the other branch of an `if` or `switch`.
  public static func buildEither(second: [any Layer]) -> [any Layer] { second }
  /// The layers of all iterations of a `for`, in their order.
  public static func buildArray(_ parts: [[any Layer]]) -> [any Layer] { parts.flatMap { $0 } }
  /// The chain of all layers of the closure.
  public static func buildFinalResult(_ layers: [any Layer]) -> Chain { Chain(layers) }
}

/// A chain under a name: its parameters and taps get that part in their paths.
public struct Named: Layer {
  /// The part of the path that the layers within it get.
  public let name: String
  let content: Chain

  /// Layers under a name: `Named("block0") { Conv("space", …) }` has the parameter `block0.space.weight`.
  public init(_ name: String, @ChainBuilder _ content: () -> Chain) {
    self.name = name
    self.content = content()
  }

  /// The layers applied one after the other.
  public func expression(of input: Tensor, in scope: Scope) -> Tensor {
    content.expression(of: input, in: scope)
  }
}

/// `content(x) + shortcut(x)`; an empty shortcut is the identity.
public struct Residual: Layer {
  let content: Chain
  let shortcut: Chain
  let location: SourceLocation

  /// Two chains whose results are added: both must have one type (He et al. 2016).
  /// - Parameters:
  ///   - file: the caller's file, for mistakes.
  ///   - line: the caller's line, for mistakes.
  ///   - content: the layers of the main path.
  ///   - shortcut: the layers of the other path; an empty closure passes the input on.
  public init(
    file: String = #filePath, line: Int = #line, @ChainBuilder _ content: () -> Chain,
    @ChainBuilder shortcut: () -> Chain
  ) {
    self.content = content()
    self.shortcut = shortcut()
    location = SourceLocation(file: file, line: line)
  }

  /// The sum of both paths; poisoned where their types differ.
  public func expression(of input: Tensor, in scope: Scope) -> Tensor {
    let result = content.expression(of: input, in: scope)
    let passed = shortcut.expression(of: input, in: scope)
    let sum = result + passed
    guard sum.isPoisoned, !result.isPoisoned, !passed.isPoisoned else { return sum }
    return Tensor(
      poisonedBy: Diagnostic(
        "the content of Residual gives \(result.type) but its shortcut \(passed.type); make both one type",
        path: scope.path, location: location), operands: [result, passed])
  }
}
