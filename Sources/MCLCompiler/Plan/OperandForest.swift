import MCLGraph

/// A part of what depends on what, answered at once: each entry with the latest of its operands, the latest of that one's,
/// and so on. What is computed one after the other mostly lies on such a path.
struct OperandForest {
  /// Each entry's place in a walk that visits an entry before those whose latest operand it is, and how many such there are,
  /// directly or not, itself included.
  private var places: [Int]
  private var sizes: [Int]

  init(_ graph: Graph) {
    let parents = graph.entries.map { $0.operands.max() }
    sizes = [Int](repeating: 1, count: parents.count)
    for (entry, parent) in parents.enumerated().reversed() {
      if let parent { sizes[parent] += sizes[entry] }
    }
    places = [Int](repeating: 0, count: parents.count)
    // Where the next entry below one goes, and the next without operands.
    var free = places
    var nextRoot = 0
    for (entry, parent) in parents.enumerated() {
      if let parent {
        places[entry] = free[parent]
        free[parent] += sizes[entry]
      } else {
        places[entry] = nextRoot
        nextRoot += sizes[entry]
      }
      free[entry] = places[entry] + 1
    }
  }

  /// Whether an entry is another one, or lies on the path of latest operands from that one on.
  func isOnPath(_ entry: Int, from other: Int) -> Bool {
    places[entry]..<places[entry] + sizes[entry] ~= places[other]
  }
}
