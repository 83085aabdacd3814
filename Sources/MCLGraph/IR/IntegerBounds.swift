extension Graph {
  /// For every i64 input, how many values it may take, from 0 on: as many as the classes that it is a label of, by way
  /// of views; 2 where nothing says so.
  public func integerBounds() -> [String: Int] {
    var origins = [Set<String>](repeating: [], count: entries.count)
    var bounds: [String: Int] = [:]
    for (index, entry) in entries.enumerated() where entry.type.element == .int64 {
      switch entry.operation {
      case let leaf as InputLeaf:
        origins[index] = [leaf.leafName]
        bounds[leaf.leafName] = bounds[leaf.leafName] ?? Int.max
      case is Reshape, is Transpose, is Broadcast, is Slice, is Pad, is Concatenate, is Detach:
        origins[index] = entry.operands.reduce(into: []) { $0.formUnion(origins[$1]) }
      default: break
      }
    }
    for entry in entries {
      guard let classes = (entry.operation as? OneHot)?.classes else { continue }
      for name in origins[entry.operands[0]] { bounds[name] = min(bounds[name] ?? classes, classes) }
    }
    return bounds.mapValues { $0 == Int.max ? 2 : $0 }
  }
}
