extension Tensor {
  /// `x - max - log(sum(exp(x - max)))` along `axis`.
  public func logSoftmax(axis: Int) -> Tensor {
    let largest = maximum([axis]).detached()
    let shifted = self - largest
    return shifted - shifted.exponential().sum([axis]).logarithm()
  }

  /// `exp(x - max) / sum(exp(x - max))` along `axis`.
  public func softmax(axis: Int) -> Tensor {
    let exponentials = (self - maximum([axis]).detached()).exponential()
    return exponentials / exponentials.sum([axis])
  }

  /// `x / max(norm, 1e-12)` with the L2 norm along `axis`. Zeros stay zeros, and so does their derivative:
  /// the bound is taken of the squared norm, whose root is never differentiated at 0.
  public func normalized(axis: Int) -> Tensor {
    let squaredNorm = (self * self).sum([axis])
    return self * MCLGraph.maximum(squaredNorm, 1e-24).squareRoot().reciprocal()
  }

  /// The dot product along `axis`, which goes.
  public func dot(_ other: Tensor, axis: Int) -> Tensor {
    let product = (self * other).sum([axis])
    var shape = product.shape
    if shape.indices.contains(axis) { shape.remove(at: axis) }
    return product.reshaped(shape)
  }

  /// The mean over rows of `-log(softmax(row))[label]`. Self: logits [N, classes]; labels i64 [N].
  public func crossEntropy(labels: Tensor) -> Tensor {
    guard !isPoisoned, rank == 2 else { return logSoftmax(axis: 1) }
    let chosen = logSoftmax(axis: 1) * Tensor(OneHot(classes: shape[1]), [labels])
    return -(chosen.sum([1]).mean())
  }

  /// `crossEntropy` where every row's label is class 0, as in InfoNCE.
  public func crossEntropyOfFirst() -> Tensor { -(logSoftmax(axis: 1).sliced(axis: 1, 0..<1).mean()) }

  /// The mean over rows of the softmax probability of class 0.
  public func probabilityOfFirst() -> Tensor { softmax(axis: 1).sliced(axis: 1, 0..<1).mean() }

  /// The share of rows whose class 0 is larger than every other; a tie is no success. Self: logits [N, classes].
  public func accuracyOfFirst() -> Tensor {
    guard !isPoisoned, rank == 2, shape[1] > 1 else { return logSoftmax(axis: 1) }
    return sliced(axis: 1, 0..<1).shareLarger(than: sliced(axis: 1, 1..<shape[1]).maximum([1]))
  }

  /// The share of rows whose label is larger than every other class. Self: logits [N, classes]; labels i64 [N].
  public func accuracy(labels: Tensor) -> Tensor {
    guard !isPoisoned, rank == 2 else { return logSoftmax(axis: 1) }
    let marks = Tensor(OneHot(classes: shape[1]), [labels])
    let others = select(
      marks, .equal, 1, then: filled(with: -Double(Float.greatestFiniteMagnitude)), else: self)
    return (self * marks).sum([1]).shareLarger(than: others.maximum([1]))
  }

  private func shareLarger(than other: Tensor) -> Tensor {
    select(self, .greater, other, then: filled(with: 1), else: filled(with: 0)).mean()
  }
}
