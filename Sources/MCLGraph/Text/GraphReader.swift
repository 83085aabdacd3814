extension Module {
  /// Reads the text form. The text is data: it is checked in every respect, and nothing in it is executed.
  /// - Throws: `ModelError` that names the line.
  public init(text: String) throws {
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
      .makeIterator()
    func next() -> LineScanner? {
      while let (number, line) = lines.next() {
        if !line.isEmpty { return LineScanner(line, line: number + 1) }
      }
      return nil
    }
    guard var header = next(), (try? header.word()) == "mclgraph", (try? header.integer()) == 1 else {
      throw ModelError([Diagnostic("this is no graph text: it must begin with 'mclgraph 1'")])
    }
    self.init(name: "")
    while var line = next() {
      switch try line.word() {
      case "model": name = try line.text()
      case "setting":
        let key = try line.text()
        settings.append((key, try line.text()))
      case "program": programs.append(try Self.readProgram(try line.text(), next))
      case let word: throw line.error("'\(word)' is not expected here")
      }
      guard line.isAtEnd else { throw line.error("the line should end here") }
    }
    try verifyDeclarations()
  }

  private static func readProgram(_ name: String, _ next: () -> LineScanner?) throws -> Graph {
    var graph = Graph(name: name)
    while var line = next() {
      if line.take("%") {
        let index = try line.integer()
        guard index == graph.entries.count else { throw line.error("%\(graph.entries.count) is expected") }
        graph.entries.append(try readEntry(&line, before: index))
        continue
      }
      switch try line.word() {
      case "input":
        let name = try line.text()
        try line.expect(":")
        let type = try line.type()
        let value = line.take("=") ? try line.scalar() : nil
        graph.inputs.append(
          Graph.Input(name: name, type: type, defaultValue: value, source: try line.source()))
      case "state":
        let name = try line.text()
        try line.expect(":")
        let type = try line.type()
        let word = try line.word()
        guard let role = Graph.State.Role(rawValue: word) else {
          let known = Graph.State.Role.allCases.map(\.rawValue).joined(separator: ", ")
          throw line.error("a state is one of \(known), not '\(word)'")
        }
        graph.states.append(
          Graph.State(name: name, type: type, initializer: try readInitializer(&line), role: role))
      case "output":
        let output = try readNamed(&line, graph)
        graph.outputs.append(output)
        if !line.isAtEnd { graph.chances[output.name] = try readChance(&line) }
      case "update": graph.updates.append(try readNamed(&line, graph))
      case "tap": graph.taps.append(try readNamed(&line, graph))
      case "watch": graph.watches.append(try line.watch())
      case "accumulate":
        guard graph.accumulation == nil else { throw line.error("'accumulate' stands twice") }
        let counter = try line.text()
        try line.expect(word: "runs")
        try line.expect("=")
        graph.accumulation = Graph.Accumulation(counter: counter, runs: try line.integer())
      case "end":
        try graph.verify()
        return graph
      case let word: throw line.error("'\(word)' is not expected here")
      }
      guard line.isAtEnd else { throw line.error("the line should end here") }
    }
    throw ModelError([Diagnostic("program '\(name)' of the graph text has no end")])
  }

  private static func readEntry(_ line: inout LineScanner, before index: Int) throws -> Graph.Entry {
    try line.expect("=")
    let name = try line.word()
    guard let kind = OperationRegistry.byName[name] else {
      let nearest = nearestName(to: name, in: Array(OperationRegistry.byName.keys).sorted())
      throw line.error("no operation is called '\(name)'\(nearest.map { "; did you mean '\($0)'?" } ?? "")")
    }
    try line.expect("(")
    var operands: [Int] = []
    if !line.take(")") {
      repeat { operands.append(try line.reference()) } while line.take(",")
      try line.expect(")")
    }
    guard operands.allSatisfy({ (0..<index).contains($0) }) else {
      throw line.error("an operand refers to a value that is not defined before")
    }
    var values: [String: Attribute] = [:]
    while !line.take(":") { try line.attribute(into: &values) }
    let type = try line.type()
    var path = ""
    var location: SourceLocation?
    if line.take("@") { path = try line.text() }
    if line.take("!") {
      let file = try line.text()
      try line.expect(":")
      location = SourceLocation(file: file, line: try line.integer())
    }
    guard line.isAtEnd else { throw line.error("the line should end here") }
    do {
      let operation = try kind.init(from: AttributeReader(operation: name, values: values))
      return Graph.Entry(operation, operands, type, path: path, location: location)
    } catch let error as ShapeError { throw line.error(error.description) }
  }

  private static func readNamed(_ line: inout LineScanner, _ graph: Graph) throws -> Graph.Named {
    let name = try line.text()
    let entry = try line.reference()
    guard graph.entries.indices.contains(entry) else { throw line.error("%\(entry) is not defined") }
    return Graph.Named(name, entry)
  }

  private static func readChance(_ line: inout LineScanner) throws -> Double {
    guard try line.word() == "chance" else { throw line.error("'chance' or the end of the line is expected") }
    try line.expect("=")
    return try line.number()
  }

  private static func readInitializer(_ line: inout LineScanner) throws -> Initializer {
    let kind = try line.word()
    try line.expect("(")
    defer { _ = line.take(")") }
    switch kind {
    case "constant":
      switch try line.scalar() {
      case .float(let value): return .constant(value)
      case .integer(let value): return .integer(value)
      }
    case "normal": return .normal(deviation: try line.number())
    case "uniform": return .uniform(bound: try line.number())
    case "copy": return .copy(of: try line.text())
    default: throw line.error("'\(kind)' is no initializer")
    }
  }
}
