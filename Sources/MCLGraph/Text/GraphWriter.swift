extension Attribute {
  var text: String {
    switch self {
    case .integer(let value): "\(value)"
    case .integers(let values): "[\(values.map(String.init).joined(separator: ","))]"
    // A number always shows a point or an exponent, so that it reads back as a number.
    case .number(let value): "\(value)"
    case .text(let value): quoted(value)
    }
  }
}

/// A text between quotation marks, with backslash, quotation mark and control characters escaped.
func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\\": result += "\\\\"
    case "\"": result += "\\\""
    case "\n": result += "\\n"
    case _ where scalar.value < 0x20: result += "\\u{\(String(scalar.value, radix: 16))}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}

extension Initializer {
  var text: String {
    switch self {
    case .constant(let value): "constant(\(value))"
    case .integer(let value): "constant(\(value))"
    case .normal(let deviation): "normal(\(deviation))"
    case .uniform(let bound): "uniform(\(bound))"
    case .copy(let source): "copy(\(quoted(source)))"
    }
  }
}

extension Graph {
  /// The text form of one entry, such as `%2 = conv3d(%0, %1) stride=[1,1,1] … : f32[…] @"path" !"file":12`.
  public func line(_ index: Int) -> String {
    let entry = entries[index]
    let operands = entry.operands.map { "%\($0)" }.joined(separator: ", ")
    var line = "%\(index) = \(entry.operation.name)(\(operands))"
    for (key, value) in entry.operation.attributes { line += " \(key)=\(value.text)" }
    line += " : \(entry.type)"
    if !entry.path.isEmpty { line += " @\(quoted(entry.path))" }
    if let location = entry.location { line += " !\(quoted(location.file)):\(location.line)" }
    return line
  }

  /// The text form; reading it gives the same graph.
  public var text: String {
    var lines = ["program \(quoted(name))"]
    lines += entries.indices.map(line)
    for input in inputs {
      lines.append(
        "input \(quoted(input.name)) : \(input.type)" + (input.defaultValue.map { " = \($0)" } ?? "")
          + (input.source.map { " from \($0.text)" } ?? ""))
    }
    for state in states {
      lines.append(
        "state \(quoted(state.name)) : \(state.type) \(state.role.rawValue) \(state.initializer.text)"
      )
    }
    for output in outputs {
      let chance = chances[output.name].map { " chance=\($0)" } ?? ""
      lines.append("output \(quoted(output.name)) %\(output.entry)\(chance)")
    }
    for (word, list) in [("update", updates), ("tap", taps)] {
      lines += list.map { "\(word) \(quoted($0.name)) %\($0.entry)" }
    }
    lines += watches.map { "watch \($0.text)" }
    if let accumulation {
      lines.append("accumulate \(quoted(accumulation.counter)) runs=\(accumulation.runs)")
    }
    lines.append("end")
    return lines.joined(separator: "\n") + "\n"
  }
}

extension Module {
  /// The text form; reading it gives the same module.
  public var text: String {
    var text = "mclgraph 1\nmodel \(quoted(name))\n"
    for (key, value) in settings { text += "setting \(quoted(key)) \(quoted(value))\n" }
    for program in programs { text += program.text }
    return text
  }
}
