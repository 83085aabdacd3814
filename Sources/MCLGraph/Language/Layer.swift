/// Where a layer stands while it is applied: its path, whose parameters it uses, and in which mode.
public struct Scope {
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
  public func expression(of input: Tensor, in scope: Scope) -> Tensor {
    body.expression(of: input, in: scope)
  }
}

/// Layers one after the other.
public struct Chain: Layer {
  public var layers: [any Layer]

  public init(_ layers: [any Layer]) { self.layers = layers }
  public init(@ChainBuilder _ content: () -> Chain) { self = content() }

  public func expression(of input: Tensor, in scope: Scope) -> Tensor {
    layers.reduce(input) { $1($0, in: scope) }
  }
}

/// Layers as statements.
@resultBuilder
public enum ChainBuilder {
  public static func buildExpression(_ layer: any Layer) -> [any Layer] { [layer] }
  public static func buildExpression(_ layers: [any Layer]) -> [any Layer] { layers }
  /// A statement that is no layer, such as an assignment or a `print`.
  public static func buildExpression(_ statement: Void) -> [any Layer] { [] }
  public static func buildBlock(_ parts: [any Layer]...) -> [any Layer] { parts.flatMap { $0 } }
  public static func buildOptional(_ part: [any Layer]?) -> [any Layer] { part ?? [] }
  public static func buildEither(first: [any Layer]) -> [any Layer] { first }
  public static func buildEither(second: [any Layer]) -> [any Layer] { second }
  public static func buildArray(_ parts: [[any Layer]]) -> [any Layer] { parts.flatMap { $0 } }
  public static func buildFinalResult(_ layers: [any Layer]) -> Chain { Chain(layers) }
}

/// A chain under a name: its parameters and taps get that part in their paths.
public struct Named: Layer {
  public let name: String
  let content: Chain

  public init(_ name: String, @ChainBuilder _ content: () -> Chain) {
    self.name = name
    self.content = content()
  }

  public func expression(of input: Tensor, in scope: Scope) -> Tensor {
    content.expression(of: input, in: scope)
  }
}

/// `content(x) + shortcut(x)`; an empty shortcut is the identity.
public struct Residual: Layer {
  let content: Chain
  let shortcut: Chain
  let location: SourceLocation

  public init(
    file: String = #filePath, line: Int = #line, @ChainBuilder _ content: () -> Chain,
    @ChainBuilder shortcut: () -> Chain
  ) {
    self.content = content()
    self.shortcut = shortcut()
    location = SourceLocation(file: file, line: line)
  }

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
