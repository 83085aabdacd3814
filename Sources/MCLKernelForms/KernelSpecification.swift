import MCLGraph

/// What a kernel computes: all that its code depends on besides the target. Equal specifications share one kernel.
package struct KernelSpecification: Hashable, Sendable {
  package enum Form: Hashable, Sendable {
    case comprehension(Comprehension)
    case updateRows(RowUpdate)
    case stencilSweep(StencilSweep)
    case softmaxSweep(SoftmaxSweep)
  }

  package var form: Form
  /// The element type of each operand, in the order of the kernel's arguments.
  package var operandElements: [ElementType]
  /// What the kernel makes besides its result.
  package var byProduct: ByProduct?
  /// An operand that the kernel makes before it reads it; as such it goes to the argument after the by-products.
  package var operandMap: OperandMap?

  package init(
    _ comprehension: Comprehension, operandElements: [ElementType], byProduct: ByProduct? = nil
  ) {
    form = .comprehension(comprehension)
    self.operandElements = operandElements
    self.byProduct = byProduct
  }

  /// Where the pointer to the memory in common stands among a kernel's arguments.
  package var commonPosition: Int {
    operandElements.count + 2 + (byProduct?.resultCount ?? 0) + (operandMap == nil ? 0 : 1)
  }

  /// The elements of all that accesses may read: the operands, then the maps made besides.
  package var readElements: [ElementType] {
    guard case .comprehension(let comprehension) = form, case .maps(let maps) = byProduct else {
      return operandElements
    }
    return operandElements + maps.map { _ in comprehension.element }
  }

  /// Operands: the base, the rows, the int64 start.
  package init(_ update: RowUpdate) {
    form = .updateRows(update)
    operandElements = [update.element, update.element, .int64]
  }

  /// Operands: the rows, the terms.
  package init(_ sweep: SoftmaxSweep) {
    form = .softmaxSweep(sweep)
    operandElements = [.float32, .float32]
  }

  /// Operands: the planes.
  package init(_ sweep: StencilSweep) {
    form = .stencilSweep(sweep)
    operandElements = [ElementType](repeating: .float32, count: sweep.planeCount)
  }
}

/// An operand of a contraction that its own tasks make, each for the rows that it reads, and leave behind for others.
///
/// So batch norm's scale and shift, a shortcut's sum and a ReLU need no sweep of their own: a task has just made in its
/// caches what it multiplies, and while one waits for memory another multiplies.
package struct OperandMap: Hashable, Sendable {
  /// The operand's number; the argument in its place is not read as such.
  package var operand: Int
  /// The map that gives it, of operands by their numbers.
  package var map: Comprehension

  package init(operand: Int, map: Comprehension) {
    self.operand = operand
    self.map = map
  }
}

/// What a kernel makes on the way, which goes to the arguments after the temporary: sums over the values that it reads or
/// makes, in float64 until they are stored, in an order that depends on the specification and the target alone; or maps.
package enum ByProduct: Hashable, Sendable {
  /// Of a kernel that sums x: `epilogue(sum of (x - mean)^2)`, in the shape of the result.
  case squares(epilogue: ScalarExpression)
  /// Of a kernel that sums: `epilogue(sum of body)` over the same points, in the shape of the result. Loads are of the
  /// comprehension's accesses.
  case sum(body: ScalarExpression, epilogue: ScalarExpression)
  /// Of a contraction's results x along all output axes but those kept: `sum(sum of x)` and
  /// `squares(sum of (x - mean)^2)`, row-major over the axes kept.
  case moments(kept: [Int], sum: ScalarExpression, squares: ScalarExpression)
  /// Of a map: others over the same points, made before it, in the shape and with the elements of the result. Of an access
  /// to an operand past the kernel's, the first one past them is what the first of these gives, and so on: it is read at the
  /// point itself, as it is stored, by those after it and by the map.
  case maps([ScalarExpression])
}

extension ByProduct {
  /// How many arguments it goes to.
  package var resultCount: Int {
    switch self {
    case .squares, .sum: 1
    case .moments: 2
    case .maps(let maps): maps.count
    }
  }
}

/// Rows `(start + i) mod rowCount` of a base replaced by row i of another tensor, in place on the output: the
/// caller copies the base there first unless the two are one buffer. The base itself is not read.
package struct RowUpdate: Hashable, Sendable {
  /// Rows of the base.
  package var rowCount: Int
  /// Rows that replace some, at most `rowCount`.
  package var updatedRows: Int
  /// Elements a row.
  package var rowLength: Int
  package var element: ElementType

  package init(rowCount: Int, updatedRows: Int, rowLength: Int, element: ElementType = .float32) {
    self.rowCount = rowCount
    self.updatedRows = updatedRows
    self.rowLength = rowLength
    self.element = element
  }
}

/// How a kernel is run: its phases one after the other, each a number of tasks that any thread may take in any order.
///
/// Task counts depend on the specification and the target alone, and so do the results, bit for bit.
package struct KernelPlan: Hashable, Sendable {
  package struct Phase: Hashable, Sendable {
    package var symbol: String
    package var taskCount: Int
    /// Whether it reads `commonOperands` alone and writes the common memory alone.
    package var isCommon = false

    package init(symbol: String, taskCount: Int, isCommon: Bool = false) {
      self.symbol = symbol
      self.taskCount = taskCount
      self.isCommon = isCommon
    }
  }

  /// All tasks of a phase are done before the next phase starts.
  package var phases: [Phase]
  /// Bytes of memory, 64-byte aligned, shared by all tasks and alive from the first phase to the last: the pointer
  /// after the output's. 0 where none is needed; the argument may then be nil or missing.
  package var temporaryBytes: Int
  /// Bytes of memory, 64-byte aligned, that the common phases, which come first, fill: the last argument. Launches of one
  /// kernel on the same common operands may share it, and the first does these phases for all.
  package var commonBytes = 0
  package var commonOperands: [Int] = []
  /// Bytes of memory, 64-byte aligned, that each running thread brings; its content need not survive a task.
  package var scratchBytes: Int
  /// The family that made the kernel, such as `loop` or `contraction`.
  package var family: String
  /// Multiply-adds, for the kernels whose work is that; 0 for the others.
  package var multiplyAdds: Int

  package init(
    phases: [Phase], temporaryBytes: Int, commonBytes: Int = 0, commonOperands: [Int] = [], scratchBytes: Int,
    family: String, multiplyAdds: Int
  ) {
    self.phases = phases
    self.temporaryBytes = temporaryBytes
    self.commonBytes = commonBytes
    self.commonOperands = commonOperands
    self.scratchBytes = scratchBytes
    self.family = family
    self.multiplyAdds = multiplyAdds
  }

  /// How the work is cut.
  package var text: String {
    "\(family) \(phases.map { "\($0.symbol) \($0.taskCount)" }.joined(separator: ", ")), \(temporaryBytes), \(commonBytes) and "
      + "\(scratchBytes) bytes"
  }
}
