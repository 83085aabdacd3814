extension ProgramContext {
  /// Stochastic gradient descent on every trained parameter whose name starts with `prefix`, with momentum and weight
  /// decay (PyTorch's `SGD`):
  ///
  /// `v = momentum v + (gradient + decay p)`, `p = p - rate v`, the velocity v being a state `velocity.NAME` that starts
  /// at 0; without momentum there is none.
  /// - Parameters:
  ///   - loss: a number.
  ///   - rate: a number, such as a `scalar` that a schedule sets.
  ///   - prefix: all parameters unless given.
  /// - Returns: updates for a `Step`; each gradient can be watched as `grad.NAME`.
  public func descent(
    of loss: Tensor, rate: Tensor, momentum: Double = 0, decay: Double = 0, prefix: String = ""
  ) -> [(state: Tensor, value: Tensor)] {
    let parameters = parameters(prefix)
    var updates: [(state: Tensor, value: Tensor)] = []
    for ((name, parameter), gradient) in zip(parameters, gradient(of: loss, at: parameters.map(\.tensor))) {
      tap("grad.\(name)", gradient)
      let slope = decay == 0 ? gradient : gradient + decay * parameter
      guard momentum != 0 else {
        updates.append((parameter, parameter - rate * slope))
        continue
      }
      let velocity = state("velocity.\(name)", parameter.shape, initializer: .constant(0))
      let moved = momentum * velocity + slope
      updates += [(velocity, moved), (parameter, parameter - rate * moved)]
    }
    return updates
  }
}
