/// The axes of a clip or a feature map [N, C, T, H, W] by name.
public enum ClipAxis: Int, Sendable, CaseIterable {
  case batch, channel, time, height, width
}

extension Tensor {
  /// A mistake made with this tensor; itself where it is one already.
  func poisoned(_ message: String) -> Tensor {
    if isPoisoned { return self }
    return Tensor(
      poisonedBy: Diagnostic(message, path: path, location: nil, operands: [self]), operands: [self])
  }

  /// The same elements in the same order under another shape. Nothing is moved.
  /// The number of elements must stay; another one is a mistake.
  public func reshaped(_ shape: [Int]) -> Tensor {
    shape == self.shape || isPoisoned ? self : Tensor(Reshape(to: shape), [self])
  }

  /// The axes from `axis` on as one.
  public func flattened(from axis: Int) -> Tensor {
    guard axis >= 0, axis < rank else {
      return poisoned("flattened from axis \(axis) of \(type), which has no such axis")
    }
    return reshaped(shape.prefix(axis) + [shape.dropFirst(axis).reduce(1, *)])
  }

  /// Repeats the elements along axes of size 1, so that the result has this shape.
  /// The rank must stay, and each size be equal or 1; anything else is a mistake.
  public func broadcast(to shape: [Int]) -> Tensor {
    shape == self.shape || isPoisoned ? self : Tensor(Broadcast(to: shape), [self])
  }

  /// The axes in another order: axis i of the result is axis `permutation[i]` of this tensor.
  /// Each axis must be named once.
  public func transposed(_ permutation: [Int]) -> Tensor {
    permutation == Array(shape.indices) ? self : Tensor(Transpose(permutation), [self])
  }

  /// The last two axes exchanged.
  public func matrixTransposed() -> Tensor {
    guard rank >= 2 else { return poisoned("a matrix is transposed, but \(type) has fewer than two axes") }
    return transposed(Array(0..<rank - 2) + [rank - 1, rank - 2])
  }

  /// The part `range` along one axis; the other axes stay whole.
  /// The range must lie inside the axis and not be empty.
  public func sliced(axis: Int, _ range: Range<Int>) -> Tensor {
    !isPoisoned && shape.indices.contains(axis) && range == 0..<shape[axis]
      ? self : Tensor(Slice(axis: axis, start: range.lowerBound, end: range.upperBound), [self])
  }

  /// Zeros before and after the tensor along one axis, which grows by `before + after`.
  /// Neither number may be negative.
  public func padded(axis: Int, before: Int, after: Int) -> Tensor {
    before == 0 && after == 0 && shape.indices.contains(axis)
      ? self : Tensor(Pad(axis: axis, before: before, after: after), [self])
  }

  /// The matrix product over the last two axes: [..., M, K] by [..., K, N] gives [..., M, N].
  ///
  /// `result[b, m, n] = sum over k of self[b, m, k] other[b, k, n]`.
  /// Both are f32. Their other axes must be the same, as none is repeated.
  public func matmul(_ other: Tensor) -> Tensor { Tensor(MatrixMultiply(), [self, other]) }

  /// Sums over `axes`, which keep size 1.
  public func sum(_ axes: [Int]) -> Tensor { Tensor(Reduce(.sum, axes), [self]) }
  /// The largest elements over `axes`, which keep size 1; NaN where one is.
  /// The derivative is shared evenly among the places that attain the maximum, as in PyTorch's `amax`.
  public func maximum(_ axes: [Int]) -> Tensor { Tensor(Reduce(.maximum, axes), [self]) }

  /// Averages over `axes`, which keep size 1.
  public func mean(_ axes: [Int]) -> Tensor {
    guard !isPoisoned, axes.allSatisfy(shape.indices.contains) else { return sum(axes) }
    guard type.element == .float32 else {
      return poisoned("mean takes f32 elements, not \(type); convert it first")
    }
    // The number of terms is a float of its own, as its reciprocal seldom is.
    return sum(axes) / Double(axes.map { shape[$0] }.reduce(1, *))
  }

  /// The biased variance over `axes`, which keep size 1, in two passes.
  public func variance(_ axes: [Int]) -> Tensor {
    guard !isPoisoned, axes.allSatisfy(shape.indices.contains) else { return sum(axes) }
    let centred = self - mean(axes).broadcast(to: shape)
    return (centred * centred).mean(axes)
  }

  /// Over every axis: one number, of shape [].
  public func sum() -> Tensor { sum(Array(shape.indices)).reshaped([]) }
  /// The mean of all elements: one f32 number, of shape []. Integers are a mistake; convert them first.
  public func mean() -> Tensor { mean(Array(shape.indices)).reshaped([]) }

  /// Sums over these axes of [N, C, T, H, W], which keep size 1: `x.sum(.time, .height)`.
  public func sum(_ axes: ClipAxis...) -> Tensor { sum(axes.map(\.rawValue)) }
  /// Averages over these axes of [N, C, T, H, W], which keep size 1: `x.mean(.height, .width)`.
  public func mean(_ axes: ClipAxis...) -> Tensor { mean(axes.map(\.rawValue)) }
}

/// Tensors one after the other along `axis`.
public func concatenate(_ tensors: [Tensor], axis: Int) -> Tensor {
  tensors.count == 1 && tensors[0].shape.indices.contains(axis)
    ? tensors[0] : Tensor(Concatenate(axis: axis), tensors)
}
