extension ProgramContext {
  /// Stochastic gradient descent on every trained parameter whose name starts with `prefix`, with momentum and weight
  /// decay (PyTorch's `SGD`):
  ///
  /// `s = gradient + decay p`, `v = momentum v + s`, `p = p - rate v`, the velocity v being a state `velocity.NAME` that
  /// starts at 0; without momentum there is none and `p = p - rate s`. With Nesterov's momentum `p = p - rate (s +
  /// momentum v)`.
  ///
  /// With a `clipNorm` above 0 the gradients, before the decay, are multiplied by min(1, clipNorm / (norm + 1e-6)), with
  /// the L2 norm over all of them (`clip_grad_norm_`); the norm can be watched as `gradient_norm`. With several `batches`
  /// so many runs make a step: gradients are averaged over them, and clipped once, before the last run's update. The
  /// step then needs no `accumulation`.
  /// - Parameters:
  ///   - loss: a number.
  ///   - rate: a number, such as a `scalar` that a schedule sets.
  ///   - momentum: the share of the velocity that is kept.
  ///   - decay: the weight decay.
  ///   - isNesterov: whether the step looks ahead along the velocity (Sutskever et al. 2013); needs a momentum.
  ///   - clipNorm: the largest norm of the gradients; 0 is no limit.
  ///   - batches: runs of a step, at least 1.
  ///   - prefix: all parameters unless given.
  ///   - scope: what stands before `.velocity.NAME` and `.accumulated` in the names of the descent's own states; nothing
  ///     unless given. A program that goes on with another's weights, but not with its velocities, gives one.
  ///   - file: the caller's file, for mistakes.
  ///   - line: the caller's line, for mistakes.
  /// - Returns: updates for a `Step`; each gradient of a run can be watched as `grad.NAME`.
  public func descent(
    of loss: Tensor, rate: Tensor, momentum: Double = 0, decay: Double = 0, isNesterov: Bool = false,
    clipNorm: Double = 0, batches: Int = 1, prefix: String = "", states scope: String = "",
    file: String = #filePath, line: Int = #line
  ) -> [(state: Tensor, value: Tensor)] {
    let location = SourceLocation(file: file, line: line)
    if isNesterov, momentum <= 0 {
      mistake("Nesterov's momentum is asked for with a momentum of \(momentum); give one above 0", location)
    }
    if !(clipNorm >= 0) {
      mistake("gradients cannot be clipped to a norm of \(clipNorm); give 0 or more", location)
    }
    let average = BatchAverage(batches: batches, states: scope, self, file: file, line: line)
    let parameters = parameters(prefix)
    let gradients = zip(parameters, gradient(of: loss, at: parameters.map(\.tensor))).map {
      parameter, gradient in
      tap("grad.\(parameter.name)", gradient)
      return average.including(gradient, named: parameter.name)
    }
    let (slopes, norm) = clipped(gradients, toNorm: clipNorm)
    if let norm { tap("gradient_norm", norm) }
    var updates = average.updates
    for ((name, parameter), gradient) in zip(parameters, slopes) {
      func update(_ state: Tensor, to value: Tensor) {
        updates.append((state, average.whenWhole(value, else: state)))
      }
      let slope = decay == 0 ? gradient : gradient + decay * parameter
      guard momentum != 0 else {
        update(parameter, to: parameter - rate * slope)
        continue
      }
      let velocity = state(
        (scope.isEmpty ? "" : scope + ".") + "velocity.\(name)", parameter.shape, initializer: .constant(0),
        file: file, line: line)
      let moved = momentum * velocity + slope
      update(velocity, to: moved)
      update(parameter, to: parameter - rate * (isNesterov ? slope + momentum * moved : moved))
    }
    accumulation = average.accumulation ?? accumulation
    return updates
  }
}
