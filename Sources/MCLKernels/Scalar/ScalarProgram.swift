import MCLGraph
import MCLKernelForms

/// Scalar expressions as a flat list of typed nodes, arguments before uses, equal nodes once.
struct ScalarProgram {
  enum Operation: Hashable {
    case load(Int)
    /// The bits of a `Double`, so that NaN equals itself.
    case constant(UInt64)
    /// An int64.
    case integer(Int)
    case index(Int)
    case accumulator
    case unary(UnaryFunction, Int)
    case binary(BinaryFunction, Int, Int)
    case select(Comparison, Int, Int, Int, Int)
    case convert(Int)
  }

  struct Node: Hashable {
    var operation: Operation
    var element: ElementType
  }

  private(set) var nodes: [Node] = []
  private var positions: [Node: Int] = [:]
  private let loads: [ElementType]
  private let accumulator: ElementType

  /// - Parameters:
  ///   - loads: the element type of each access.
  ///   - accumulator: the type of the reduced value.
  init(loads: [ElementType], accumulator: ElementType = .float32) {
    self.loads = loads
    self.accumulator = accumulator
  }

  /// The type of a tree; nil for a constant, which takes its sibling's.
  static func element(of tree: ScalarExpression, loads: [ElementType], accumulator: ElementType)
    -> ElementType?
  {
    tree.element(loads: loads, accumulator: accumulator)
  }

  /// Adds a tree and gives the position of its root; constants without a typed sibling take `expected`.
  mutating func append(_ tree: ScalarExpression, expected: ElementType) throws -> Int {
    let own = Self.element(of: tree, loads: loads, accumulator: accumulator)
    let type = own ?? expected
    switch tree {
    case .load(let access): return position(.load(access), type)
    case .constant(let value) where type == .int64:
      return position(.integer(Int(Int64(saturating: value))), .int64)
    case .constant(let value): return position(.constant(value.bitPattern), type)
    case .integer(let value): return position(.integer(value), .int64)
    case .index(let axis): return position(.index(axis), .int64)
    case .accumulator: return position(.accumulator, accumulator)
    case .unary(let function, let a):
      if type == .int64, function != .negate, function != .absolute {
        throw KernelError(
          "\(function.rawValue) of int64 elements is not defined; convert them to float32 first")
      }
      return position(.unary(function, try append(a, expected: type)), type)
    case .binary(let function, let a, let b):
      if function == .remainder, type != .int64 {
        throw KernelError("remainder of float32 elements is not defined; convert them to int64 first")
      }
      return position(
        .binary(function, try append(a, expected: type), try append(b, expected: type)), type)
    case .select(let comparison, let a, let b, let yes, let no):
      let compared =
        Self.element(of: a, loads: loads, accumulator: accumulator)
        ?? Self.element(of: b, loads: loads, accumulator: accumulator) ?? .float32
      return position(
        .select(
          comparison, try append(a, expected: compared), try append(b, expected: compared),
          try append(yes, expected: type), try append(no, expected: type)), type)
    case .convert(let target, let a):
      let source = Self.element(of: a, loads: loads, accumulator: accumulator) ?? .float32
      let inner = try append(a, expected: source)
      return source == target ? inner : position(.convert(inner), target)
    }
  }

  private mutating func position(_ operation: Operation, _ element: ElementType) -> Int {
    let node = Node(operation: operation, element: element)
    if let known = positions[node] { return known }
    nodes.append(node)
    positions[node] = nodes.count - 1
    return nodes.count - 1
  }

  /// The nodes a node uses directly.
  func arguments(_ node: Int) -> [Int] {
    switch nodes[node].operation {
    case .load, .constant, .integer, .index, .accumulator: []
    case .unary(_, let a), .convert(let a): [a]
    case .binary(_, let a, let b): [a, b]
    case .select(_, let a, let b, let c, let d): [a, b, c, d]
    }
  }
}
