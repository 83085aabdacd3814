import LLVMBindings
import MCLGraph
import MCLKernelForms

/// The last phase of a contraction whose results are not yet in their places: joins the splits of k, which lie one after
/// the other in the temporary, brings the sums to their places and applies the epilogue.
struct PartialResults {
  private let comprehension: Comprehension
  private let elements: [ElementType]
  private let operands: [ArgumentSlot]

  /// - Parameters:
  ///   - space: the axes of the contraction.
  ///   - order: the axes of `space` in the order of the partial results, outermost first, row-major; those of a group in
  ///     the order of the output.
  ///   - byteOffset: where the partial results stand in the temporary.
  init(
    _ comprehension: Comprehension, operandElements: [ElementType], space: IterationSpace, order: [[Int]],
    splits: Int, byteOffset: Int
  ) {
    let shape = comprehension.outputShape
    let rank = shape.count
    // An axis that was merged is where the next one is.
    let places = shape.indices.map { axis in
      shape[axis] == 1 ? nil : (axis..<rank).compactMap { shape[$0] == 1 ? nil : space.places[$0] }.first
    }
    let order = order.flatMap { group in
      shape.indices.filter { axis in places[axis].map { group.contains($0) } ?? false }
    }
    self.init(
      comprehension, operandElements, order: order, splits: splits,
      partials: ArgumentSlot(position: operandElements.count + 1, byteOffset: byteOffset))
  }

  /// Results in the order of the output, in `splits` copies one after the other.
  init(
    inOrder comprehension: Comprehension, operandElements: [ElementType], splits: Int, partials: ArgumentSlot
  ) {
    self.init(
      comprehension, operandElements, order: Array(comprehension.outputShape.indices), splits: splits,
      partials: partials)
  }

  private init(
    _ comprehension: Comprehension, _ operandElements: [ElementType], order: [Int], splits: Int,
    partials: ArgumentSlot
  ) {
    let shape = comprehension.outputShape
    let rank = shape.count
    var kept: [Access] = []
    var numbers: [Int: Int] = [:]
    let epilogue = comprehension.epilogue.mapLeaves { leaf in
      guard case .load(let access) = leaf else { return leaf }
      if numbers[access] == nil {
        var copy = comprehension.accesses[access]
        for index in copy.indices.indices {
          copy.indices[index].coefficients = Array(copy.indices[index].coefficients.prefix(rank)) + [0]
        }
        numbers[access] = kept.count
        kept.append(copy)
      }
      return .load(numbers[access] ?? 0)
    }
    let source = Access(
      operand: operandElements.count,
      [AffineIndex.axis(rank, of: rank + 1, extent: splits)]
        + order.map { .axis($0, of: rank + 1, extent: shape[$0]) })
    var joined = Comprehension(
      axes: shape + [splits], outputRank: rank, accesses: kept + [source], body: .load(kept.count),
      reduction: .sum, epilogue: epilogue)
    if splits == 1 {
      joined.outputRank += 1
      joined.body = epilogue.mapLeaves { $0 == .accumulator ? .load(kept.count) : $0 }
      joined.reduction = .none
      joined.epilogue = .accumulator
    }
    self.comprehension = joined
    elements = operandElements + [.float32]
    operands = operandElements.indices.map { ArgumentSlot(position: $0) } + [partials]
  }

  func phase(symbol: String, target: TargetDescription) throws -> KernelPlan.Phase {
    let space = try IterationSpace(comprehension, operandElements: elements)
    let loop = LoopPlan(space, comprehension: comprehension, target: target)
    return KernelPlan.Phase(symbol: "\(symbol)_finish", taskCount: loop.taskCount)
  }

  func emit(symbol: String, builder: ModuleBuilder, target: TargetDescription) throws {
    try LoopEmitter.emit(
      comprehension, operandElements: elements, operands: operands,
      output: ArgumentSlot(position: elements.count - 1), symbol: "\(symbol)_finish", builder: builder,
      target: target)
  }
}
