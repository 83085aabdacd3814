/// Every operation the text form knows: one line each.
package enum OperationRegistry {
  package static let all: [any Operation.Type] = [
    InputLeaf.self,
    StateLeaf.self,
    Constant.self,
    Unary.self,
    Binary.self,
    Select.self,
    RectifiedLinear.self,
    Convert.self,
    Detach.self,
    Broadcast.self,
    Reduce.self,
    MatrixMultiply.self,
    Reshape.self,
    Transpose.self,
    Slice.self,
    Pad.self,
    Concatenate.self,
    OneHot.self,
    UpdateRows.self,
    Convolution.self,
    ConvolutionInputGradient.self,
    ConvolutionWeightGradient.self,
    Standardize.self,
    ReciprocalDeviation.self,
    MaxPool.self,
    MaxPoolPosition.self,
    WindowScatter.self,
    WindowGather.self,
  ]

  package static let byName: [String: any Operation.Type] = Dictionary(
    all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
}
