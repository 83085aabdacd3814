extension Tensor {
  /// A new last axis of size `classes`: 1 at the position that the label names, 0 elsewhere.
  ///
  /// Self: i64 [...]; the result is f32 [..., classes]. A label outside 0 ..< `classes` gives zeros alone.
  public func oneHot(classes: Int) -> Tensor { Tensor(OneHot(classes: classes), [self]) }

  /// This tensor with `rows` in the place of as many of its own, from row `start` on: a queue that takes rows in turn.
  ///
  /// Row `(start + i) mod K` becomes row i of `rows`. Self: [K, ...]; `rows`: [M, ...] with M <= K; `start`: i64 [].
  public func replacingRows(with rows: Tensor, from start: Tensor) -> Tensor {
    Tensor(UpdateRows(), [self, rows, start])
  }

  /// A 3-D convolution with a weight of one's own; the layer `Conv` has its own parameter.
  ///
  /// `result[n, d, t, h, w]` = the sum over c and the kernel's positions k of
  /// `weight[d, c, k] self[n, c, stride (t, h, w) + dilation k - padding]`, zero outside.
  /// - Parameters:
  ///   - weight: f32 [D, C / groups, kT, kH, kW]. Self: f32 [N, C, T, H, W].
  ///   - stride: steps along T, H, W.
  ///   - padding: zeros on both sides along T, H, W.
  ///   - dilation: distances between kernel positions along T, H, W.
  ///   - groups: parts of the channels that are convolved apart.
  public func convolved(
    with weight: Tensor, stride: [Int] = [1, 1, 1], padding: [Int] = [0, 0, 0], dilation: [Int] = [1, 1, 1],
    groups: Int = 1
  ) -> Tensor {
    let geometry = ConvolutionGeometry(stride: stride, padding: padding, dilation: dilation, groups: groups)
    return Tensor(Convolution(geometry), [self, weight])
  }

  /// The largest element of each window of [N, C, T, H, W]; padding never wins. The layer `MaxPooling` does the same.
  /// - Parameters:
  ///   - kernel: sizes of a window along T, H, W.
  ///   - stride: steps along T, H, W.
  ///   - padding: what is added on both sides along T, H, W; at most half the kernel.
  public func maxPooled(kernel: [Int], stride: [Int], padding: [Int] = [0, 0, 0]) -> Tensor {
    Tensor(MaxPool(PoolGeometry(kernel: kernel, stride: stride, padding: padding)), [self])
  }

  /// `(x - mean) / sqrt(variance + epsilon)` with mean and biased variance over `axes`; f32 only. The shape stays.
  public func standardized(_ axes: [Int], epsilon: Double) -> Tensor {
    Tensor(Standardize(axes: axes, epsilon: epsilon), [self])
  }

  /// One number everywhere, of a shape and an element type; of i64, a whole number below 2^53.
  public static func constant(_ value: Double, _ shape: [Int], _ element: ElementType = .float32) -> Tensor {
    Tensor(Constant(value: value, shape: shape, element: element), [])
  }
}
