import LLVMBindings
import MCLGraph
import MCLKernelForms

/// A way to make kernels: decides whether it serves a specification, plans it, and emits its code.
package protocol KernelFamily: Sendable {
  var name: String { get }
  /// Whether its kernels can make an operand themselves (`OperandMap`).
  var makesOperands: Bool { get }

  /// The plan for a specification, its symbols starting with `symbol`; nil where another family must serve it.
  func plan(
    _ specification: KernelSpecification, symbol: String, target: TargetDescription
  ) throws -> KernelPlan?

  /// Emits every phase of the plan.
  func emit(
    _ specification: KernelSpecification, symbol: String, builder: ModuleBuilder, target: TargetDescription
  ) throws
}

extension KernelFamily {
  var makesOperands: Bool { false }
}

/// The one table of kernel families, and the one place where a specification finds its own.
package enum KernelRegistry {
  /// In the order they are asked; the last serves every comprehension.
  package static let families: [any KernelFamily] = [
    RowUpdateKernel(), StencilKernel(), SoftmaxSweepKernel(), DotProductKernel(), WinogradKernel(),
    WinogradGradientKernel(), TapKernel(), ContractionKernel(), LoopKernel(),
  ]

  /// - Parameter excluded: names of families that are not asked.
  static func select(
    _ specification: KernelSpecification, symbol: String, target: TargetDescription, excluded: Set<String>
  ) throws -> (family: any KernelFamily, plan: KernelPlan) {
    for family in families where !excluded.contains(family.name) {
      guard specification.operandMap == nil || family.makesOperands else { continue }
      if let plan = try family.plan(specification, symbol: symbol, target: target) { return (family, plan) }
    }
    throw KernelError("no kernel family serves \(specification.text)")
  }
}
