extension Graph {
  /// The graph for Graphviz: `mclc compile … --emit dot | dot -Tsvg`.
  public var dot: String {
    var lines = ["digraph \(quoted(name)) {", "  node [shape=box, fontname=\"sans-serif\"];"]
    for (index, entry) in entries.enumerated() {
      lines.append("  n\(index) [label=\(quoted("\(entry.operation.name)\n\(entry.path)\n\(entry.type)"))];")
      lines += entry.operands.map { "  n\($0) -> n\(index);" }
    }
    for output in outputs {
      lines.append("  \(quoted(output.name)) [shape=oval]; n\(output.entry) -> \(quoted(output.name));")
    }
    return (lines + ["}"]).joined(separator: "\n")
  }
}
