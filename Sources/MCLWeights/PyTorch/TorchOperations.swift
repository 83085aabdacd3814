import MCLGraph

extension TorchProgram {
  /// What computes a value, and how the operation is called in a variable's name.
  /// - Returns: nil for an operation that has no form in PyTorch.
  mutating func expression(_ value: Graph.Entry) throws -> (text: String, suffix: String)? {
    let operands = value.operands
    switch value.operation {
    case let unary as Unary:
      return (Self.text(unary.function, try variable(operands[0])), "\(unary.function)")
    case let binary as Binary:
      guard let text = try binaryText(binary.function, value) else { return nil }
      return (text, "\(binary.function)")
    case let select as Select: return (try selectText(select.comparison, operands), "select")
    case is RectifiedLinear: return ("functional.relu(\(try variable(operands[0])))", "relu")
    case is Detach: return ("\(try variable(operands[0])).detach()", "detached")
    case let convert as Convert:
      // To integers, PyTorch has another answer for NaN and for what is beyond them.
      guard convert.element == .float32 else { return nil }
      return ("\(try variable(operands[0])).to(torch.float32)", "converted")
    case let reduce as Reduce: return (try reduceText(reduce, operands[0]), "\(reduce.kind)")
    case let standardize as Standardize:
      let (x, axes) = (try variable(operands[0]), dimensions(standardize.axes, of: operands[0]))
      return (
        "(\(x) - \(x).mean(dim=\(axes), keepdim=True)) / "
          + "(\(x).var(dim=\(axes), unbiased=False, keepdim=True) + \(standardize.epsilon)).sqrt()",
        "standardized"
      )
    case let deviation as ReciprocalDeviation:
      let (x, axes) = (try variable(operands[0]), dimensions(deviation.axes, of: operands[0]))
      return (
        "(\(x).var(dim=\(axes), unbiased=False, keepdim=True) + \(deviation.epsilon)).rsqrt()",
        "reciprocal_deviation"
      )
    case let convolution as Convolution:
      return ("functional.conv3d(\(try list(operands))\(Self.text(convolution.geometry)))", "")
    case let pool as MaxPool:
      let geometry = pool.geometry
      return (
        "functional.max_pool3d(\(try variable(operands[0])), \(Self.tuple(geometry.kernel)), "
          + "stride=\(Self.tuple(geometry.stride)), padding=\(Self.tuple(geometry.padding)))", "max_pool"
      )
    case is MatrixMultiply:
      let isOneMatrix = value.type.rank == 2
      noteCoincidence(operands[0])
      if !isOneMatrix { noteCoincidence(operands[1]) }
      // A right side that is made of the clips has rows of other clips, unless it has a matrix for each.
      if isOfClip(operands[1]), isOneMatrix { fixBatch() }
      return ("\(try variable(operands[0])) @ \(try variable(operands[1]))", "matmul")
    case is Broadcast, is Reshape, is Transpose, is Slice, is Pad, is Concatenate, is OneHot:
      return try viewExpression(value)
    default: return nil
    }
  }

  /// Operations that move elements.
  private mutating func viewExpression(_ value: Graph.Entry) throws -> (text: String, suffix: String)? {
    let operands = value.operands
    switch value.operation {
    case let broadcast as Broadcast:
      var shape = broadcast.shape
      let source = graph.entries[operands[0]].type.shape
      if isOfClip(operands[0]), shape.first == source.first, hasClipsFirst(operands[0]) {
        shape[0] = -1
      } else if isOfClip(operands[0]) || shape.first != source.first {
        fixBatch()
      }
      return ("\(try variable(operands[0])).expand(\(Self.tuple(shape)))", "expanded")
    case let reshape as Reshape:
      var shape = reshape.shape
      if isOfClip(operands[0]) {
        if hasClipsFirst(operands[0]), shape.first == graph.entries[operands[0]].type.shape.first {
          shape[0] = -1
        } else {
          fixBatch()
        }
      }
      return ("\(try variable(operands[0])).reshape(\(Self.tuple(shape)))", "reshaped")
    case let transpose as Transpose:
      if isOfClip(operands[0]), transpose.permutation.first != 0 { fixBatch() }
      return ("\(try variable(operands[0])).permute(\(Self.tuple(transpose.permutation)))", "transposed")
    case let slice as Slice:
      note(axis: slice.axis, of: operands)
      return (
        "\(try variable(operands[0])).narrow(\(slice.axis), \(slice.start), \(slice.end - slice.start))",
        "slice"
      )
    case let pad as Pad:
      note(axis: pad.axis, of: operands)
      // PyTorch counts from the last axis.
      let zeros = [Int](repeating: 0, count: 2 * (value.type.rank - 1 - pad.axis))
      return (
        "functional.pad(\(try variable(operands[0])), \(Self.tuple(zeros + [pad.before, pad.after])))",
        "padded"
      )
    case let concatenate as Concatenate:
      note(axis: concatenate.axis, of: operands)
      operands.forEach { noteCoincidence($0) }
      return ("torch.cat([\(try list(operands))], dim=\(concatenate.axis))", "concatenated")
    case let oneHot as OneHot:
      let labels = try variable(operands[0])
      return (
        "(\(labels).unsqueeze(-1) == torch.arange(\(oneHot.classes), device=\(labels).device)).to(torch.float32)",
        "one_hot"
      )
    default: return nil
    }
  }

  private mutating func list(_ operands: [Int]) throws -> String {
    var texts: [String] = []
    for operand in operands { texts.append(try variable(operand)) }
    return texts.joined(separator: ", ")
  }

  private mutating func note(axis: Int, of operands: [Int]) {
    if axis == 0, operands.contains(where: { isOfClip($0) }) { fixBatch() }
  }

  private mutating func dimensions(_ axes: [Int], of operand: Int) -> String {
    if axes.contains(0) { note(axis: 0, of: [operand]) }
    return Self.tuple(axes)
  }

  // MARK: Functions of elements

  private static func text(_ function: UnaryFunction, _ x: String) -> String {
    switch function {
    case .negate: "-\(x)"
    case .absolute: "\(x).abs()"
    case .exponential: "\(x).exp()"
    case .logarithm: "\(x).log()"
    case .squareRoot: "\(x).sqrt()"
    case .reciprocal: "\(x).reciprocal()"
    }
  }

  private mutating func binaryText(_ function: BinaryFunction, _ value: Graph.Entry) throws -> String? {
    let texts: [String]
    switch function {
    // Integers are divided otherwise in PyTorch.
    case .divide where value.type.element != .float32: return nil
    case .remainder: return nil
    case .maximum, .minimum:
      if let limit = value.operands.first(where: { number($0) != nil }).flatMap(number),
        let other = value.operands.first(where: { number($0) == nil })
      {
        let side = function == .maximum ? "min" : "max"
        return "\(try variable(other)).clamp(\(side)=\(Self.text(limit)))"
      }
      texts = try elements(value.operands)
      return "torch.\(function)(\(texts[0]), \(texts[1]))"
    case .add, .subtract, .multiply, .divide: texts = try elements(value.operands)
    }
    let sign =
      switch function {
      case .add: "+"
      case .subtract: "-"
      case .multiply: "*"
      default: "/"
      }
    return "\(texts[0]) \(sign) \(texts[1])"
  }

  private mutating func selectText(_ comparison: Comparison, _ operands: [Int]) throws -> String {
    let sides = try elements(Array(operands[..<2]))
    let choices = [try short(operands[2]), try short(operands[3])]
    let sign =
      switch comparison {
      case .equal: "=="
      case .notEqual: "!="
      case .less: "<"
      case .lessOrEqual: "<="
      case .greater: ">"
      case .greaterOrEqual: ">="
      }
    return "torch.where(\(sides[0]) \(sign) \(sides[1]), \(choices[0]), \(choices[1]))"
  }

  private mutating func reduceText(_ reduce: Reduce, _ operand: Int) throws -> String {
    let x = try variable(operand)
    // PyTorch takes no axes for all of them.
    guard !reduce.axes.isEmpty else { return x }
    let axes = dimensions(reduce.axes, of: operand)
    switch reduce.kind {
    case .sum: return "\(x).sum(dim=\(axes), keepdim=True)"
    case .maximum: return "\(x).amax(dim=\(axes), keepdim=True)"
    }
  }

  /// What differs from PyTorch's own geometry.
  private static func text(_ geometry: ConvolutionGeometry) -> String {
    var text = ""
    if geometry.stride != [1, 1, 1] { text += ", stride=\(tuple(geometry.stride))" }
    if geometry.padding != [0, 0, 0] { text += ", padding=\(tuple(geometry.padding))" }
    if geometry.dilation != [1, 1, 1] { text += ", dilation=\(tuple(geometry.dilation))" }
    if geometry.groups != 1 { text += ", groups=\(geometry.groups)" }
    return text
  }
}
