import MCLGraph

extension OperationSamples {
  /// Numbers of channels below, at and above one and two blocks of 16.
  package static let channelSizes = [15, 16, 17, 31, 33]

  /// Operations over as many channels.
  static let channelBlocks: [OperationSample] = channelSizes.flatMap { size -> [OperationSample] in
    let spatial = ConvolutionGeometry(padding: [0, 1, 1])
    let depthwise = ConvolutionGeometry(stride: [1, 2, 2], padding: [0, 1, 1], groups: size)
    let convolutions = [
      convolution(floats(1, size, 1, 2, 3), floats(3, size, 1, 1, 1), ConvolutionGeometry()),
      convolution(floats(2, 2, 1, 3, 4), floats(size, 2, 1, 3, 3), spatial),
      convolution(
        floats(1, size, 3, 1, 2), floats(size, size, 3, 1, 1), ConvolutionGeometry(padding: [1, 0, 0])),
      convolution(floats(1, size, 1, 4, 5), floats(size, 1, 1, 3, 3), depthwise),
      convolution(
        floats(1, 2 * size, 1, 2, 2), floats(4, size, 1, 1, 1), ConvolutionGeometry(groups: 2)),
    ]
    let pool = pool(
      floats(1, size, 1, 3, 4), PoolGeometry(kernel: [1, 3, 3], stride: [1, 2, 2], padding: [0, 1, 1]))
    return convolutions.flatMap { $0 } + pool + [
      OperationSample(MatrixMultiply(), [floats(size, 3), floats(3, size)]),
      OperationSample(MatrixMultiply(), [floats(2, size), floats(size, 2)]),
      OperationSample(Standardize(axes: [0, 2, 3, 4], epsilon: 1e-2), [floats(2, size, 1, 1, 2)]),
      OperationSample(ReciprocalDeviation(axes: [0, 2, 3, 4], epsilon: 1e-2), [floats(2, size, 1, 1, 2)]),
      OperationSample(Reduce(.sum, [0, 2]), [floats(2, size, 3)]),
      OperationSample(Reduce(.maximum, [1]), [floats(2, size)], [.distinct(offset: 0)]),
      OperationSample(Concatenate(axis: 1), [floats(1, size, 2), floats(1, 16, 2)]),
      OperationSample(Slice(axis: 1, start: 1, end: size), [floats(2, size, 2)]),
      OperationSample(Transpose([0, 2, 1]), [floats(1, size, 3)]),
      OperationSample(Broadcast(to: [2, size, 3]), [floats(1, size, 1)]),
      OperationSample(Unary(.exponential), [floats(1, size, 2)]),
    ]
  }
}
