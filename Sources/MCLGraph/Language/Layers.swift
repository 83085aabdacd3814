extension Tensor {
  fileprivate var isFloat: Bool { type.element == .float32 }
}

private func unusable(_ what: String, _ input: Tensor, _ scope: Scope, _ location: SourceLocation) -> Tensor {
  if input.isPoisoned { return input }
  return Tensor(
    poisonedBy: Diagnostic("\(what), not \(input.type)", path: scope.path, location: location),
    operands: [input])
}

/// 3-D convolution without bias over [N, C, T, H, W]; the input's channels follow from the input.
/// Padding is half the kernel unless given. Starts He normal, fan-out.
public struct Conv: Layer {
  /// The part of the path under which `weight` stands.
  public let name: String
  let kernel: [Int]
  let channels: Int
  let geometry: ConvolutionGeometry
  let location: SourceLocation

  /// A convolution with `channels` output channels D and a kernel [kT, kH, kW].
  /// - Parameters:
  ///   - name: the part of the path under which `weight` stands.
  ///   - kernel: sizes along T, H, W.
  ///   - channels: D, a multiple of `groups`.
  ///   - stride: steps along T, H, W.
  ///   - padding: zeros on both sides along T, H, W; half the kernel, rounded down, unless given.
  ///   - dilation: distances between kernel positions along T, H, W.
  ///   - groups: parts of the channels that are convolved apart; it divides the input's channels.
  ///   - file: the caller's file, for mistakes.
  ///   - line: the caller's line, for mistakes.
  public init(
    _ name: String, _ kernel: [Int], _ channels: Int, stride: [Int] = [1, 1, 1], padding: [Int]? = nil,
    dilation: [Int] = [1, 1, 1], groups: Int = 1, file: String = #filePath, line: Int = #line
  ) {
    self.name = name
    self.kernel = kernel
    self.channels = channels
    geometry = ConvolutionGeometry(
      stride: stride, padding: padding ?? kernel.map { $0 / 2 }, dilation: dilation, groups: groups)
    location = SourceLocation(file: file, line: line)
  }

  /// f32 [N, C, T, H, W] to [N, D, T', H', W'].
  ///
  /// T' = (T + 2 padding - dilation (kT - 1) - 1) / stride + 1, rounded down; H' and W' likewise.
  /// The parameter `weight` is [D, C/groups, kT, kH, kW]. It starts normal around 0, with the deviation
  /// sqrt(2 / (D kT kH kW)) (He et al. 2015, fan-out).
  public func expression(of input: Tensor, in scope: Scope) -> Tensor {
    guard input.rank == 5, kernel.count == 3 else {
      return unusable(
        "Conv takes [N, C, T, H, W] and a kernel of three sizes, here \(kernel)", input, scope, location)
    }
    guard geometry.groups >= 1, input.shape[1] % geometry.groups == 0 else {
      return unusable(
        "Conv in \(geometry.groups) groups takes a multiple of as many channels", input, scope, location)
    }
    let weight = scope.parameter(
      "weight", [channels, input.shape[1] / geometry.groups] + kernel,
      .normal(deviation: (2 / Double(channels * kernel.reduce(1, *))).squareRoot()), at: location)
    return Tensor(Convolution(geometry), [input, weight], path: scope.path, location: location)
  }
}

/// Batch normalisation over N, T, H, W (and within `groups` equal parts of the batch), with scale and shift.
/// In training mode by the batch's biased variance, moving the running statistics (unbiased variance); otherwise
/// by the running ones.
public struct BatchNorm: Layer {
  /// The part of the path under which parameters and running statistics stand.
  public let name: String
  let epsilon: Double
  let momentum: Double
  let groups: Int
  let location: SourceLocation

  /// Batch normalisation (Ioffe and Szegedy 2015).
  /// - Parameters:
  ///   - name: the part of the path under which parameters and running statistics stand.
  ///   - epsilon: what is added to the variance.
  ///   - momentum: running statistics become `(1 - momentum) running + momentum batch`.
  ///   - groups: equal parts of the batch, each normalised by itself; N must be a multiple of it.
  ///   - file: the caller's file, for mistakes.
  ///   - line: the caller's line, for mistakes.
  public init(
    _ name: String, epsilon: Double = 1e-5, momentum: Double = 0.1, groups: Int = 1, file: String = #filePath,
    line: Int = #line
  ) {
    self.name = name
    self.epsilon = epsilon
    self.momentum = momentum
    self.groups = groups
    location = SourceLocation(file: file, line: line)
  }

  /// `(x - mean) / sqrt(variance + epsilon) weight + bias` for each channel of f32 [N, C, T, H, W].
  ///
  /// The shape stays. In a training scope, mean and biased variance are the batch's. The running ones then
  /// move once for each group, with the unbiased variance. Otherwise mean and variance are the running ones.
  ///
  /// The parameters `weight` and `bias` are [C] and start as 1 and 0. The buffers are `running_mean` [C],
  /// `running_var` [C] and `num_batches_tracked`, i64 [], as in PyTorch.
  public func expression(of input: Tensor, in scope: Scope) -> Tensor {
    guard input.rank == 5, input.isFloat, groups >= 1, input.shape[0] % groups == 0 else {
      return unusable(
        "BatchNorm takes f32 [N, C, T, H, W] with N a multiple of its groups", input, scope, location)
    }
    let channels = input.shape[1]
    let weight = scope.parameter("weight", [channels], .constant(1), at: location)
    let bias = scope.parameter("bias", [channels], .constant(0), at: location)
    let runningMean = scope.buffer("running_mean", [channels], .float32, 0, at: location)
    let runningVariance = scope.buffer("running_var", [channels], .float32, 1, at: location)
    let tracked = scope.buffer("num_batches_tracked", [], .int64, 0, at: location)
    func perChannel(_ tensor: Tensor) -> Tensor { tensor.reshaped([1, channels, 1, 1, 1]) }

    let standardized: Tensor
    if scope.isTraining {
      let parts =
        groups == 1 ? input : input.reshaped([groups, input.shape[0] / groups] + input.shape.dropFirst())
      let axes = groups == 1 ? [0, 2, 3, 4] : [1, 3, 4, 5]
      standardized = Tensor(
        Standardize(axes: axes, epsilon: epsilon), [parts], path: scope.path, location: location
      ).reshaped(input.shape)
      track(parts.detached(), axes, runningMean, runningVariance, tracked, scope)
    } else {
      let deviation = (perChannel(runningVariance) + epsilon).squareRoot().reciprocal()
      standardized = (input - perChannel(runningMean)) * deviation
    }
    return standardized * perChannel(weight) + perChannel(bias)
  }

  private func track(
    _ parts: Tensor, _ axes: [Int], _ runningMean: Tensor, _ runningVariance: Tensor, _ tracked: Tensor,
    _ scope: Scope
  ) {
    let channels = runningMean.count
    let count = Double(axes.map { parts.shape[$0] }.reduce(1, *))
    let mean = parts.mean(axes).reshaped([groups, channels])
    let variance = (parts.variance(axes) * (count / Swift.max(count - 1, 1))).reshaped([groups, channels])
    for group in 0..<groups {
      for (state, value) in [(runningMean, mean), (runningVariance, variance)] {
        let batch = value.sliced(axis: 0, group..<group + 1).reshaped([channels])
        scope.context.change(
          state, to: scope.context.current(state) * (1 - momentum) + batch * momentum,
          file: location.file, line: location.line)
      }
      scope.context.change(
        tracked, to: scope.context.current(tracked) + 1, file: location.file, line: location.line)
    }
  }
}

/// `max(x, 0)`.
public struct ReLU: Layer {
  /// The rectified linear unit, which has no parameters.
  public init() {}
  /// `max(x, 0)` of f32 elements of any shape; the derivative at 0 is 0.
  public func expression(of input: Tensor, in scope: Scope) -> Tensor { relu(input) }
}

/// The largest value of each window over T, H, W: [N, C, T, H, W] to [N, C, T', H', W'], T' = (T + 2 padding - kernel) / stride + 1,
/// rounded down.
public struct MaxPooling: Layer {
  let geometry: PoolGeometry
  let location: SourceLocation

  /// Max-pooling over windows [kT, kH, kW].
  /// - Parameters:
  ///   - kernel: sizes of a window along T, H, W.
  ///   - stride: steps along T, H, W.
  ///   - padding: places on both sides along T, H, W, at most half the kernel; they never win.
  ///   - file: the caller's file, for mistakes.
  ///   - line: the caller's line, for mistakes.
  public init(
    _ kernel: [Int], stride: [Int], padding: [Int] = [0, 0, 0], file: String = #filePath, line: Int = #line
  ) {
    geometry = PoolGeometry(kernel: kernel, stride: stride, padding: padding)
    location = SourceLocation(file: file, line: line)
  }

  /// The largest value of each window of f32 [N, C, T, H, W]; NaN where one is.
  /// The derivative goes to the first of equal values.
  public func expression(of input: Tensor, in scope: Scope) -> Tensor {
    Tensor(MaxPool(geometry), [input], path: scope.path, location: location)
  }
}

/// The mean over T, H, W: [N, C, T, H, W] to [N, C].
public struct GlobalAveragePool: Layer {
  let location: SourceLocation

  /// The mean of each channel, without parameters.
  /// - Parameters:
  ///   - file: the caller's file, for mistakes.
  ///   - line: the caller's line, for mistakes.
  public init(file: String = #filePath, line: Int = #line) {
    location = SourceLocation(file: file, line: line)
  }

  /// f32 [N, C, T, H, W] to [N, C]: the mean over T, H, W.
  public func expression(of input: Tensor, in scope: Scope) -> Tensor {
    guard input.rank == 5, input.isFloat else {
      return unusable("GlobalAveragePool takes f32 [N, C, T, H, W]", input, scope, location)
    }
    return input.mean(.time, .height, .width).reshaped(Array(input.shape.prefix(2)))
  }
}

/// `x W^T + b` over [N, F]; weight [features, F]. Starts uniform in +-1/sqrt(F), as PyTorch's default.
public struct Linear: Layer {
  /// The part of the path under which `weight` and `bias` stand.
  public let name: String
  let features: Int
  let location: SourceLocation

  /// A linear layer with `features` outputs D for each sample.
  /// - Parameters:
  ///   - name: the part of the path under which `weight` and `bias` stand.
  ///   - features: D.
  ///   - file: the caller's file, for mistakes.
  ///   - line: the caller's line, for mistakes.
  public init(_ name: String, _ features: Int, file: String = #filePath, line: Int = #line) {
    self.name = name
    self.features = features
    location = SourceLocation(file: file, line: line)
  }

  /// `x W^T + b`: f32 [N, F] to [N, D].
  /// The parameters are `weight` [D, F] and `bias` [D], both uniform within 1 / sqrt(F) at the start.
  public func expression(of input: Tensor, in scope: Scope) -> Tensor {
    guard input.rank == 2, input.isFloat else {
      return unusable("Linear takes f32 [N, features]", input, scope, location)
    }
    let bound = Initializer.uniform(bound: 1 / Double(input.shape[1]).squareRoot())
    let weight = scope.parameter("weight", [features, input.shape[1]], bound, at: location)
    let bias = scope.parameter("bias", [features], bound, at: location)
    return input.matmul(weight.matrixTransposed()) + bias.reshaped([1, features])
  }
}

/// `x / max(norm, 1e-12)` over the last axis.
public struct L2Normalize: Layer {
  let location: SourceLocation

  /// Vectors scaled to length 1, without parameters.
  /// - Parameters:
  ///   - file: the caller's file, for mistakes.
  ///   - line: the caller's line, for mistakes.
  public init(file: String = #filePath, line: Int = #line) {
    location = SourceLocation(file: file, line: line)
  }

  /// `x / max(norm, 1e-12)` of f32 [..., d], with the L2 norm along the last axis; the shape stays.
  /// Zeros stay zeros.
  public func expression(of input: Tensor, in scope: Scope) -> Tensor {
    guard input.rank >= 1, input.isFloat else {
      return unusable("L2Normalize takes f32 with at least one axis", input, scope, location)
    }
    return input.normalized(axis: input.rank - 1)
  }
}
