import MCLGraph

/// A comprehension as an operation: what every computing entry is after lowering, and what fusion makes larger.
package struct Compute: Operation {
  package static let name = "compute"
  package let comprehension: Comprehension
  package let shape: [Int]
  /// The operations it carries out, for people: what it computes does not depend on them.
  package let parts: [Part]

  package init(_ comprehension: Comprehension, shape: [Int], parts: [Part] = []) {
    self.comprehension = comprehension
    self.shape = shape
    self.parts = parts
  }

  /// An operation of the program that a computation carries out, alone or with others.
  package struct Part: Sendable, Hashable {
    /// How it came into the computation.
    package enum Role: String, Sendable, Hashable, CaseIterable {
      /// What the computation was before anything was put into it.
      case main
      /// Computed in place of a read.
      case prologue
      /// Applied to the results of a reduction.
      case epilogue
      /// Made on the way, besides the result.
      case byProduct
    }

    package var operation: String
    package var path: String
    package var type: TensorType
    package var role: Role

    package init(_ operation: String, path: String, type: TensorType, role: Role = .main) {
      self.operation = operation
      self.path = path
      self.type = type
      self.role = role
    }

    package func with(_ role: Role) -> Part { Part(operation, path: path, type: type, role: role) }
  }

  /// What the computation was before anything was put into it.
  var mainOperation: String { parts.first { $0.role == .main }?.operation ?? Self.name }

  package init(from attributes: AttributeReader) throws {
    throw ShapeError("compute stands only in compiled graphs, which are not read back")
  }

  package var attributes: [(String, Attribute)] {
    [
      ("axes", .integers(comprehension.axes)), ("shape", .integers(shape)),
      ("rule", .text(comprehension.text)),
    ]
  }

  package func infer(_ operands: [TensorType]) throws -> TensorType {
    for access in comprehension.accesses {
      guard operands.indices.contains(access.operand),
        access.indices.map(\.extent).reduce(1, *) == operands[access.operand].count
      else { throw ShapeError("an access of a computation does not fit its operand") }
    }
    guard shape.reduce(1, *) == comprehension.outputCount else {
      throw ShapeError("a computation of \(comprehension.outputShape) cannot have the shape \(shape)")
    }
    return TensorType(comprehension.element, shape)
  }

  package func evaluate(_ operands: [Value], result: TensorType) -> Value {
    comprehension.evaluate(operands).with(result)
  }

  /// None: differentiation is over.
  package func gradient(operands: [Tensor], result: Tensor, upstream: Tensor) -> [Tensor?] {
    operands.map { _ in nil }
  }

  package func lower(_ operands: [Tensor], result: TensorType) -> Lowering { .comprehension(comprehension) }
}
