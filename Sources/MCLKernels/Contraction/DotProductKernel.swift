import LLVMBindings
import MCLGraph
import MCLKernelForms

/// The family for products of a matrix with a few vectors, both contiguous along k, such as a linear layer of a small
/// batch: `output[row, column] = sum over k of a[row, k] b[column, k]`.
///
/// Such a product takes as long as reading the matrix once. Lanes lie along k; phase 1 takes some of the matrix's rows
/// with all the vectors at a time and folds the lanes, phase 2 applies the epilogue with the generic kernel.
struct DotProductKernel: KernelFamily {
  let name = "dotProducts"

  /// The most vectors: with more, packing the matrix pays.
  private static let mostVectors = 8
  private static let wantedTasks = 32

  /// One of the two operands: its axis among the output's and how far a step moves.
  private struct Side {
    let operand: LinearAccess
    let count: Int
    let stride: Int
    let outputStride: Int

    init(_ access: LinearAccess, _ axes: [Int], _ problem: ContractionProblem) {
      operand = access
      count = problem.count(axes)
      stride = axes.first.map { access.strides[$0] } ?? 0
      outputStride = axes.first.map { problem.outputStrides[$0] } ?? 0
    }
  }

  private struct Layout {
    let vectors: Side
    let matrix: Side
    let depth: Int
    let lanes: Int
    /// Rows of the matrix at once, and vectors of k at once.
    let rows: Int
    let unroll: Int
    let finish: PartialResults?

    var rowsPerTask: Int {
      let groups = (matrix.count + rows - 1) / rows
      return (groups + DotProductKernel.wantedTasks - 1) / DotProductKernel.wantedTasks * rows
    }
    var taskCount: Int { (matrix.count + rowsPerTask - 1) / rowsPerTask }
  }

  private func layout(_ specification: KernelSpecification, target: TargetDescription) throws -> Layout? {
    guard case .comprehension(let comprehension) = specification.form, specification.byProduct == nil,
      var problem = try ContractionProblem(comprehension, operandElements: specification.operandElements)
    else { return nil }
    problem.merge()
    guard problem.batch.isEmpty, problem.rows.count <= 1, problem.columns.count <= 1,
      problem.a.guards.isEmpty, problem.b.guards.isEmpty, problem.inner.count == 1,
      problem.a.strides[problem.inner[0]] == 1, problem.b.strides[problem.inner[0]] == 1
    else { return nil }
    let sides = [Side(problem.a, problem.rows, problem), Side(problem.b, problem.columns, problem)]
      .sorted { $0.count < $1.count }
    let depth = problem.innerCount
    guard sides[0].count <= Self.mostVectors, depth >= 4 * target.lanes,
      sides[0].count * sides[1].count * depth >= SharedLimits.leastMultiplyAdds
    else { return nil }
    // Sums, one vector of each row of the matrix, and one that is being read.
    func fits(_ rows: Int, _ unroll: Int) -> Bool {
      sides[0].count * rows * unroll + rows * unroll + 1 < target.vectorRegisters
    }
    let rows = [4, 2].first { fits($0, 1) } ?? 1
    let unroll = [4, 2].first { fits(rows, $0) && depth / target.lanes % $0 == 0 } ?? 1
    let output = ArgumentSlot(position: specification.operandElements.count)
    return Layout(
      vectors: sides[0], matrix: sides[1], depth: depth, lanes: target.lanes, rows: rows, unroll: unroll,
      finish: comprehension.epilogue == .accumulator
        ? nil
        : PartialResults(
          inOrder: comprehension, operandElements: specification.operandElements, splits: 1,
          partials: output))
  }

  func plan(
    _ specification: KernelSpecification, symbol: String, target: TargetDescription
  ) throws -> KernelPlan? {
    guard let layout = try layout(specification, target: target) else { return nil }
    var phases = [KernelPlan.Phase(symbol: "\(symbol)_product", taskCount: layout.taskCount)]
    if let finish = layout.finish { phases.append(try finish.phase(symbol: symbol, target: target)) }
    return KernelPlan(
      phases: phases, temporaryBytes: 0, scratchBytes: 0, family: name,
      multiplyAdds: layout.vectors.count * layout.matrix.count * layout.depth)
  }

  func emit(
    _ specification: KernelSpecification, symbol: String, builder: ModuleBuilder, target: TargetDescription
  ) throws {
    guard let layout = try layout(specification, target: target) else { return }
    let output = ArgumentSlot(position: specification.operandElements.count)
    let function = KernelFunction("\(symbol)_product", builder: builder)
    let first = builder.multiply(function.task, layout.rowsPerTask)
    let count = builder.constant(layout.matrix.count)
    let end = builder.minimum(builder.add(first, layout.rowsPerTask), count)
    func base(_ side: Side) -> IRValue {
      let pointer = function.argument(ArgumentSlot(position: side.operand.operand))
      return builder.address(pointer, builder.constant(side.operand.offset * 4))
    }
    let (vectors, matrix, result) = (base(layout.vectors), base(layout.matrix), function.argument(output))
    builder.loop(from: first, to: end, step: layout.rows) { row in
      // The last rows are taken twice where they do not fill a group.
      let places = (0..<layout.rows).map { number in
        builder.minimum(builder.add(row, number), builder.add(count, -1))
      }
      let rows = places.map {
        builder.element(matrix, builder.multiply($0, layout.matrix.stride), bytes: 4)
      }
      let sums = Self.sums(rows, vectors, layout, builder, target)
      for vector in 0..<layout.vectors.count {
        for (number, place) in places.enumerated() {
          let position = builder.add(
            builder.multiply(place, layout.matrix.outputStride), vector * layout.vectors.outputStride)
          builder.store(
            sums[vector * layout.rows + number], builder.element(result, position, bytes: 4), alignment: 4)
        }
      }
    }
    builder.endFunction()
    try layout.finish?.emit(symbol: symbol, builder: builder, target: target)
  }

  /// The products of each vector with each of the rows, vector by vector.
  private static func sums(
    _ rows: [IRValue], _ vectors: IRValue, _ layout: Layout, _ builder: ModuleBuilder,
    _ target: TargetDescription
  ) -> [IRValue] {
    let (lanes, count) = (layout.lanes, layout.vectors.count)
    let scalar = ScalarEmitter(builder: builder, hasFusedMultiplyAdd: target.hasFusedMultiplyAdd)
    let accumulation = Accumulation(.sum, element: .float32, scalar: scalar)
    let type = builder.vector(builder.f32, lanes)
    /// The sums with the terms from a place in k on, those of part `part` of the sums.
    func added(_ sums: [IRValue], _ place: IRValue, part: Int, _ load: (IRValue) -> IRValue) -> [IRValue] {
      var sums = sums
      let factors = rows.map { load(builder.element($0, place, bytes: 4)) }
      for vector in 0..<count {
        let position = builder.add(place, vector * layout.vectors.stride)
        let value = load(builder.element(vectors, position, bytes: 4))
        for (row, factor) in factors.enumerated() {
          let own = (part * count + vector) * rows.count + row
          sums[own] = scalar.multiplyAdd(factor, value, sums[own])
        }
      }
      return sums
    }
    let whole = layout.depth / lanes * lanes
    let zeros = [IRValue](repeating: builder.zero(type), count: layout.unroll * count * rows.count)
    var sums = builder.loop(
      from: builder.constant(0), to: builder.constant(whole), step: lanes * layout.unroll, carrying: zeros
    ) { place, sums in
      (0..<layout.unroll).reduce(sums) { sums, part in
        added(sums, builder.add(place, part * lanes), part: part) {
          builder.load(type, $0, alignment: 4)
        }
      }
    }
    if whole < layout.depth {
      let mask = builder.constantVector(
        (0..<lanes).map { builder.constant($0 < layout.depth - whole ? -1 : 0, builder.i1) })
      sums = added(sums, builder.constant(whole), part: 0) {
        builder.maskedLoad(type, $0, mask: mask, other: builder.zero(type), alignment: 4)
      }
    }
    let single = count * rows.count
    return (0..<single).map { own in
      let parts = (0..<layout.unroll).map { sums[$0 * single + own] }
      return accumulation.fold(parts.dropFirst().reduce(parts[0], accumulation.combine))
    }
  }
}
