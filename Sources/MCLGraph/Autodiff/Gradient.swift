/// The derivative of a scalar with respect to each of `targets`, as new expressions: they can be differentiated
/// again, to any order. A target that the scalar does not depend on gets zeros.
///
/// Reverse mode: from the scalar back, each operation's rule turns the derivative of its result into those of its
/// operands, and several uses of one value add up. Only what lies between the targets and the scalar is visited.
public func gradient(of scalar: Tensor, at targets: [Tensor]) -> [Tensor] {
  if scalar.isPoisoned { return targets.map { _ in scalar } }
  guard scalar.count == 1 else {
    let diagnostic = Diagnostic(
      "the gradient is taken of \(scalar.type); take it of one number, such as its sum()", path: scalar.path,
      location: nil, operands: [scalar])
    return targets.map { _ in Tensor(poisonedBy: diagnostic, operands: [scalar]) }
  }
  guard scalar.type.element == .float32 else {
    let diagnostic = Diagnostic(
      "the gradient is taken of \(scalar.type), but integers have none; convert it to f32", path: scalar.path,
      location: nil, operands: [scalar])
    return targets.map { _ in Tensor(poisonedBy: diagnostic, operands: [scalar]) }
  }
  let order = topologicalOrder([scalar])
  var reaches = Set<ObjectIdentifier>(targets.map { ObjectIdentifier($0) })
  for tensor in order where tensor.operands.contains(where: { reaches.contains(ObjectIdentifier($0)) }) {
    if !(tensor.operation is Detach) { reaches.insert(ObjectIdentifier(tensor)) }
  }
  var contributions: [ObjectIdentifier: Tensor] = [ObjectIdentifier(scalar): scalar.filled(with: 1)]
  for tensor in order.reversed() {
    let operands = tensor.operands
    guard let upstream = contributions[ObjectIdentifier(tensor)], !operands.isEmpty,
      operands.contains(where: { reaches.contains(ObjectIdentifier($0)) })
    else { continue }
    let gradients = tensor.operation.gradient(operands: operands, result: tensor, upstream: upstream)
    for (operand, gradient) in zip(operands, gradients) {
      guard let gradient, reaches.contains(ObjectIdentifier(operand)) else { continue }
      let key = ObjectIdentifier(operand)
      contributions[key] = contributions[key].map { $0 + gradient } ?? gradient
    }
  }
  return targets.map { contributions[ObjectIdentifier($0)] ?? $0.filled(with: 0) }
}

/// The derivative of a scalar with respect to one tensor.
public func gradient(of scalar: Tensor, at target: Tensor) -> Tensor { gradient(of: scalar, at: [target])[0] }
