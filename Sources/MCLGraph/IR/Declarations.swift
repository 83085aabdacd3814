extension Graph {
  /// What a program that comes from outside must keep besides its types: every name is declared once, leaves read
  /// what is declared, and states start as something that has a start.
  /// - Throws: `ModelError` with the first name that is wrong.
  func verifyDeclarations() throws {
    func mistake(_ message: String, _ location: SourceLocation? = nil) -> ModelError {
      ModelError([Diagnostic("program '\(name)': \(message)", location: location)])
    }
    var declared: [String: (role: LeafRole, type: TensorType)] = [:]
    for (name, role, type) in inputs.map({ ($0.name, LeafRole.input, $0.type) })
      + states.map({ ($0.name, LeafRole.state, $0.type) })
    {
      guard declared.updateValue((role, type), forKey: name) == nil else {
        throw mistake("the name '\(name)' is declared twice")
      }
    }
    for (index, entry) in entries.enumerated() {
      guard let leaf = entry.operation as? any Leaf else { continue }
      guard let found = declared[leaf.leafName], found.role == leaf.role, found.type == entry.type else {
        throw mistake(
          "%\(index) reads the \(leaf.role.rawValue) '\(leaf.leafName)', which is not declared as \(entry.type)"
        )
      }
    }
    for (what, list) in [("output", outputs), ("update", updates), ("tap", taps)] {
      var seen = Set<String>()
      for item in list where !seen.insert(item.name).inserted {
        throw mistake("the \(what) '\(item.name)' stands twice")
      }
    }
    for output in outputs {
      guard let chance = chances[output.name], !chance.isFinite else { continue }
      throw mistake("the chance value of the output '\(output.name)' is \(chance); give a finite number")
    }
    do { try checkPurposes() } catch let error as ShapeError { throw mistake(error.description) }
    for input in inputs {
      do { try input.defaultValue?.check(input.type.element) } catch {
        throw mistake(
          "input '\(input.name)' has the default \(input.defaultValue?.description ?? ""): \(error)")
      }
    }
    for state in states {
      do { try state.initializer.check(state.type.element) } catch {
        throw mistake("state '\(state.name)' starts as \(state.initializer.text): \(error)")
      }
    }
    let starts = Dictionary(states.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for state in states {
      guard case .copy(let source) = state.initializer else { continue }
      guard let original = starts[source], original.type == state.type else {
        throw mistake(
          "state '\(state.name)' starts as a copy of '\(source)', which is no state of type \(state.type)",
          location(of: state.name))
      }
      if case .copy = original.initializer {
        throw mistake(
          "state '\(state.name)' starts as a copy of '\(source)', which is a copy itself",
          location(of: state.name))
      }
    }
  }
}

extension Graph {
  /// Where the input or state `name` was declared; nil where nothing reads it.
  fileprivate func location(of name: String) -> SourceLocation? {
    entries.first { ($0.operation as? any Leaf)?.leafName == name }?.location
  }
}

extension Module {
  /// Programs share their states: one name has one type everywhere.
  func verifyDeclarations() throws {
    var names = Set<String>()
    var types: [String: (type: TensorType, program: String)] = [:]
    for program in programs {
      guard names.insert(program.name).inserted else {
        throw ModelError([Diagnostic("model '\(name)' has two programs '\(program.name)'")])
      }
      try program.verifyDeclarations()
      for state in program.states {
        if let known = types[state.name], known.type != state.type {
          throw ModelError([
            Diagnostic(
              "state '\(state.name)' is \(known.type) in program '\(known.program)' but \(state.type) in "
                + "'\(program.name)'", location: program.location(of: state.name))
          ])
        }
        types[state.name] = (state.type, program.name)
      }
    }
  }
}
