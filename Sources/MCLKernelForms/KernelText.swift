import MCLGraph

/// Specifications as canonical text: the key of the object cache.
extension KernelSpecification {
  package var text: String {
    let operands = operandElements.map(\.rawValue).joined(separator: ",")
    switch form {
    case .comprehension(let comprehension):
      return "comprehension(\(operands)) \(comprehension.kernelText)" + (byProduct?.text ?? "")
        + (operandMap.map { " with %\($0.operand) by \($0.map.kernelText)" } ?? "")
    case .updateRows(let update):
      return "updateRows(\(operands)) \(update.rowCount) \(update.updatedRows) \(update.rowLength)"
    case .softmaxSweep(let sweep):
      return "softmaxSweep \(sweep.rows) \(sweep.terms) \(sweep.depth) \(sweep.scale.bitPattern)"
    case .stencilSweep(let sweep): return "stencil \(sweep.kernelText)"
    }
  }
}

extension ByProduct {
  fileprivate var text: String {
    switch self {
    case .squares(let epilogue): " and squares then \(epilogue.kernelText)"
    case .sum(let body, let epilogue): " and sum \(body.kernelText) then \(epilogue.kernelText)"
    case .moments(let kept, let sum, let squares):
      " and moments of \(kept) then \(sum.kernelText), \(squares.kernelText)"
    case .maps(let maps): " and maps \(maps.map(\.kernelText).joined(separator: ", "))"
    }
  }
}

extension Comprehension {
  fileprivate var kernelText: String {
    let loads = accesses.map { access in
      let indices = access.indices.map {
        "\($0.coefficients)+\($0.offset)/\($0.divisor)<\($0.extent)"
      }
      return "%\(access.operand)[\(indices.joined(separator: ";"))]else \(access.fill.bitPattern)"
    }
    return "axes \(axes) output \(outputRank) loads {\(loads.joined(separator: " "))} "
      + "\(reduction.rawValue) \(body.kernelText) then \(epilogue.kernelText) as \(element.rawValue)"
  }
}

extension StencilSweep {
  fileprivate var kernelText: String {
    let stages = stages.map { stage in
      let definitions = stage.definitions.map { definition in
        switch definition {
        case .tap(let tap): "%\(tap.plane)[\(tap.row),\(tap.column)]\(tap.edge.rawValue)"
        case .sample(let channel): "s\(channel)"
        case .inside(let column): "inside \(column)"
        case .hypotenuse(let a, let b): "hypotenuse \(a) \(b)"
        case .value(let expression): expression.kernelText
        }
      }
      let sampler = stage.sampler.map {
        " samples \($0.plane) at \($0.right),\($0.below) sharpness \($0.sharpness.bitPattern)"
      }
      let stores = stage.stores.map { "\($0.plane)=\($0.definition)" }
      return "{\(definitions.joined(separator: "; "))} stores \(stores.joined(separator: ",")) "
        + "sum \(stage.sum.map(String.init) ?? "none")\(sampler ?? "")"
    }
    return "planes \(planeCount) rows \(rowPlanes.sorted()) \(stages.joined(separator: " "))"
  }
}

extension ScalarExpression {
  fileprivate var kernelText: String {
    switch self {
    case .load(let access): "l\(access)"
    case .constant(let value): "c\(value.bitPattern)"
    case .integer(let value): "n\(value)"
    case .index(let axis): "i\(axis)"
    case .accumulator: "a"
    case .unary(let function, let a): "\(function.rawValue)(\(a.kernelText))"
    case .binary(let function, let a, let b): "\(function.rawValue)(\(a.kernelText),\(b.kernelText))"
    case .select(let comparison, let a, let b, let yes, let no):
      "\(comparison.rawValue)(\(a.kernelText),\(b.kernelText),\(yes.kernelText),\(no.kernelText))"
    case .convert(let type, let a): "\(type.rawValue)(\(a.kernelText))"
    }
  }
}
