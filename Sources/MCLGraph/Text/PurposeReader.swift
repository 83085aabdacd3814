extension LineScanner {
  /// What may follow an input's type: `from feeder.field key=value …`; nil where the line ends.
  mutating func source() throws -> Graph.Source? {
    guard !isAtEnd else { return nil }
    guard try word() == "from" else { throw error("'from' or the end of the line is expected") }
    let feeder = try word()
    try expect(".")
    var source = Graph.Source(feeder, try word())
    while !isAtEnd { try attribute(into: &source.attributes) }
    return source
  }

  /// What follows the word `watch`.
  mutating func watch() throws -> Graph.Watch {
    switch try word() {
    case "embeddings":
      let queries = try text()
      try expect(word: "positives")
      let positives = try texts()
      try expect(word: "queue")
      let queue = try text()
      try expect(word: "cursor")
      return .embeddings(queries: queries, positives: positives, queue: queue, cursor: try text())
    case "saliency":
      let value = try text()
      try expect(word: "clip")
      return .saliency(value: value, clip: try text())
    case "classes":
      let scores = try text()
      try expect(word: "labels")
      return .classes(scores: scores, labels: try text())
    case let kind: throw error("'\(kind)' cannot be watched; embeddings, saliency and classes can")
    }
  }

  private mutating func texts() throws -> [String] {
    try expect("[")
    var texts: [String] = []
    if take("]") { return texts }
    repeat { texts.append(try text()) } while take(",")
    try expect("]")
    return texts
  }
}
