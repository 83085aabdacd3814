/// A value in a model: an immutable node of an expression. Two tensors are the same value when they are the same
/// object; there is no current graph, an expression simply keeps what it is made of.
///
/// A mistake does not trap: it gives a *poisoned* tensor that carries its diagnostic, everything made from it is
/// poisoned too, and freezing the model throws all diagnostics at once.
public final class Tensor: @unchecked Sendable {
  package let operation: any Operation
  /// The element type and the shape; f32[] where the tensor is poisoned.
  public let type: TensorType
  /// The place in the model, such as `query.layer1.0.conv1`.
  public let path: String
  package let location: SourceLocation?
  /// The mistake made at this very tensor; nil where there is none.
  /// A tensor that is only made of a poisoned one has none of its own.
  public let diagnostic: Diagnostic?
  /// Whether this tensor, or one that it is made of, is a mistake.
  public let isPoisoned: Bool

  /// Written only in `init` and, when nothing else holds this object any more, in `deinit`; hence the unchecked
  /// conformance to Sendable.
  private var storedOperands: [Tensor]
  package var operands: [Tensor] { storedOperands }

  /// The size along each axis, in the order [N, C, T, H, W] for clips; [] for a scalar or a poisoned tensor.
  public var shape: [Int] { type.shape }
  /// The number of axes: 0 for a scalar or a poisoned tensor.
  public var rank: Int { type.rank }
  /// The number of elements: the product of the sizes; 1 for a scalar or a poisoned tensor.
  public var count: Int { type.count }

  /// The result of `operation` on `operands`; poisoned when the shapes do not fit.
  package init(
    _ operation: any Operation, _ operands: [Tensor], path: String = "", location: SourceLocation? = nil
  ) {
    self.operation = operation
    storedOperands = operands
    self.path = path.isEmpty ? operands.last { !$0.path.isEmpty }?.path ?? "" : path
    let place = location ?? operands.last { $0.location != nil }?.location
    self.location = place
    if operands.contains(where: \.isPoisoned) {
      type = TensorType(.float32, [])
      diagnostic = nil
      isPoisoned = true
      return
    }
    do {
      type = try checkedLeafType(operation.infer(operands.map(\.type)), operation.name)
      diagnostic = nil
      isPoisoned = false
    } catch {
      type = TensorType(.float32, [])
      let mistake = Diagnostic("\(error)", path: self.path, location: location, operands: operands)
      ModelProcess.note(mistake)
      diagnostic = mistake
      isPoisoned = true
    }
  }

  /// A tensor that stands for a mistake.
  public init(poisonedBy diagnostic: Diagnostic, operands: [Tensor] = []) {
    operation = Constant(value: 0, shape: [])
    storedOperands = operands
    type = TensorType(.float32, [])
    path = diagnostic.path
    location = diagnostic.location
    var mistake = diagnostic
    if mistake.location == nil && mistake.calls == nil { mistake.calls = ModelProcess.calls() }
    ModelProcess.note(mistake)
    self.diagnostic = mistake
    isPoisoned = true
  }

  /// Releases a long chain with a loop: the default would recurse once a node and overflow the stack.
  deinit {
    var pending = storedOperands
    storedOperands = []
    while var last = pending.popLast() {
      if isKnownUniquelyReferenced(&last) {
        pending.append(contentsOf: last.storedOperands)
        last.storedOperands = []
      }
    }
  }
}

extension Tensor: Hashable {
  /// Whether two tensors are the same object. Their numbers are not compared.
  public static func == (a: Tensor, b: Tensor) -> Bool { a === b }
  /// Hashes which object it is, as `==` compares.
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// All tensors that `roots` are made of, operands before their users, each once; without recursion.
package func topologicalOrder(_ roots: [Tensor]) -> [Tensor] {
  var order: [Tensor] = []
  var seen = Set<ObjectIdentifier>()
  var stack: [(tensor: Tensor, next: Int)] = []
  for root in roots where seen.insert(ObjectIdentifier(root)).inserted {
    stack.append((root, 0))
    while let (tensor, next) = stack.last {
      let operands = tensor.operands
      guard next < operands.count else {
        order.append(tensor)
        stack.removeLast()
        continue
      }
      stack[stack.count - 1].next += 1
      let operand = operands[next]
      if seen.insert(ObjectIdentifier(operand)).inserted { stack.append((operand, 0)) }
    }
  }
  return order
}
