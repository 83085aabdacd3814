import MCLGraph
import MCLKernelForms

/// An operation of a lowered graph that a kernel carries out; all others store values or only name them.
package protocol LaunchedOperation: Operation {
  func specification(_ operands: [TensorType]) -> KernelSpecification
}

extension Compute: LaunchedOperation {
  package func specification(_ operands: [TensorType]) -> KernelSpecification {
    KernelSpecification(comprehension, operandElements: operands.map(\.element))
  }
}

extension UpdateRows: LaunchedOperation {
  package func specification(_ operands: [TensorType]) -> KernelSpecification {
    let (base, rows) = (operands[0], operands[1])
    return KernelSpecification(
      RowUpdate(
        rowCount: base.shape[0], updatedRows: rows.shape[0],
        rowLength: base.count / max(base.shape[0], 1), element: base.element))
  }
}

extension ExponentialSums: LaunchedOperation {
  func specification(_ operands: [TensorType]) -> KernelSpecification {
    KernelSpecification(
      SoftmaxSweep(
        rows: operands[0].shape[0], terms: operands[1].shape[0], depth: operands[0].shape[1], scale: scale))
  }
}
