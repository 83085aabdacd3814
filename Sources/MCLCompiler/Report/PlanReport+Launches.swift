import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLPasses

extension PlanReport {
  /// The launches of a plan, whose buffers are the values.
  static func launches(of plan: ExecutionPlan, _ values: [Value]) -> [Launch] {
    let scopes = LaunchScopes(plan, values).scopes
    var works: [KernelSpecification: Work] = [:]
    return plan.launches.enumerated().map { index, launch in
      let kernel = plan.kernels[launch.kernel]
      let work = works[launch.specification] ?? Work(launch.specification, kernel)
      works[launch.specification] = work
      let operands = Array(launch.buffers.dropLast())
      // Of a buffer that is read at several offsets, no more than all of it.
      let readBytes = Dictionary(zip(operands, work.readBytes), uniquingKeysWith: +)
      var bytes = readBytes.reduce(work.writtenBytes) { sum, read in
        sum + min(read.value, values[read.key].byteCount)
      }
      bytes += launch.byProducts.reduce(0) { $0 + values[$1].byteCount }
      if let base = launch.base { bytes += 2 * values[base].byteCount }
      let result = launch.buffers.last ?? 0
      let written = ([result] + launch.byProducts).compactMap { buffer -> String? in
        if case .state(let name) = values[buffer].place { name } else { nil }
      }
      return Launch(
        kind: work.kind, family: kernel.family, path: launch.path, scope: scopes[index], parts: launch.parts,
        operands: operands, result: result, byProducts: launch.byProducts,
        sources: Set(operands.compactMap { values[$0].maker }).subtracting([index]).sorted(),
        axes: work.axes, outputRank: work.outputRank,
        formula: work.formula + Self.text(launch.operandOffsets),
        tasks: kernel.phases.map(\.taskCount), temporaryBytes: kernel.temporaryBytes + kernel.commonBytes,
        bytes: bytes, operations: work.operations, isPreparation: index < plan.preparationCount,
        call: plan.call(of: index), statesWritten: written)
    }
  }

  /// Where operands are read from but their start.
  private static func text(_ offsets: [Int]) -> String {
    let moved = offsets.indices.filter { offsets[$0] != 0 }.map { "%\($0) from byte \(offsets[$0])" }
    return moved.isEmpty ? "" : " with " + moved.joined(separator: ", ")
  }

  /// What a kernel has to do at least.
  private struct Work {
    var kind = Kind.map
    var axes: [Int] = []
    var outputRank = 0
    var formula = ""
    var operations = 0
    /// Of each operand, the bytes that are read of it, if it is not smaller.
    var readBytes: [Int]
    var writtenBytes = 0

    init(_ specification: KernelSpecification, _ kernel: KernelPlan) {
      readBytes = specification.operandElements.map { _ in 0 }
      switch specification.form {
      case .comprehension(let comprehension): count(comprehension, specification, kernel)
      case .updateRows(let update):
        kind = .rowUpdate
        axes = [update.updatedRows, update.rowLength]
        outputRank = 2
        formula = "rows start ..< start + \(update.updatedRows) of \(update.rowCount), replaced in place"
        let bytes = update.updatedRows * update.rowLength * update.element.byteCount
        for (operand, moved) in zip(readBytes.indices, [0, bytes, 8]) { readBytes[operand] = moved }
        writtenBytes = bytes
      case .softmaxSweep(let sweep):
        kind = .contraction
        axes = [sweep.rows, sweep.terms, sweep.depth]
        outputRank = 1
        formula = "maximum and sums of exponentials of %0[a0,a2] %1[a1,a2], and of %1 times these"
        operations = 2 * kernel.multiplyAdds
        readBytes = [sweep.rows, sweep.terms].map { 4 * $0 * sweep.depth }
        writtenBytes = 4 * sweep.rows * (sweep.depth + 2)
      case .stencilSweep(let sweep):
        kind = .sweep
        formula = "a sweep over \(sweep.planeCount) planes"
      }
    }

    private mutating func count(
      _ comprehension: Comprehension, _ specification: KernelSpecification, _ kernel: KernelPlan
    ) {
      axes = comprehension.axes
      outputRank = comprehension.outputRank
      formula = comprehension.text
      for access in comprehension.accesses where readBytes.indices.contains(access.operand) {
        let used = axes.indices.filter { axis in
          access.indices.contains { $0.coefficients[axis] != 0 }
        }
        readBytes[access.operand] +=
          used.reduce(1) { $0 * axes[$1] } * specification.operandElements[access.operand].byteCount
      }
      writtenBytes = comprehension.outputCount * comprehension.element.byteCount
      let points = axes.reduce(1, *)
      let body = comprehension.body.operationCount
      let outputs = comprehension.outputCount
      if kernel.multiplyAdds > 0 {
        kind = .contraction
        operations = 2 * (ContractionShape(comprehension)?.validMultiplyAdds ?? kernel.multiplyAdds)
      } else if comprehension.reduction != .none {
        kind = .reduction
        operations = points * (body + 1)
      } else {
        kind = body == 0 ? .copy : .map
        operations = points * body
      }
      if comprehension.reduction != .none {
        operations += outputs * comprehension.epilogue.operationCount
      }
      if let map = specification.operandMap?.map {
        operations += map.outputCount * map.body.operationCount
      }
      switch specification.byProduct {
      case nil: break
      case .squares(let epilogue): operations += 3 * points + outputs * epilogue.operationCount
      case .sum(let body, let epilogue):
        operations += points * (body.operationCount + 1) + outputs * epilogue.operationCount
      case .moments: operations += 4 * outputs
      case .maps(let maps):
        kind = .map
        operations += maps.reduce(0) { $0 + points * $1.operationCount }
      }
    }
  }
}
