/// What a program declares while its expressions are built: inputs, states and their running values, taps.
public final class ProgramContext {
  package private(set) var inputs: [Graph.Input] = []
  package private(set) var states: [Graph.State] = []
  private var leaves: [String: Tensor] = [:]
  private var stateOrder: [String] = []
  /// The value of a state after the changes made so far: batch statistics change once a call, in call order.
  private var changed: [String: Tensor] = [:]
  private var changeOrder: [String] = []
  private var tapped: [(name: String, tensor: Tensor)] = []
  private var tapIndex: [String: Int] = [:]
  private var mistakes: [Tensor] = []
  /// How several runs make a step, where a descent says so.
  var accumulation: Graph.Accumulation?

  package init() {}

  @discardableResult func mistake(_ message: String, _ location: SourceLocation) -> Tensor {
    let tensor = Tensor(poisonedBy: Diagnostic(message, location: location))
    mistakes.append(tensor)
    return tensor
  }

  /// A tensor the caller gives at every run.
  /// - Parameter source: where training takes it from; nil where only the caller knows.
  public func input(
    _ name: String, _ shape: [Int], _ element: ElementType = .float32, from source: Graph.Source? = nil,
    file: String = #filePath, line: Int = #line
  ) -> Tensor {
    declare(name, TensorType(element, shape), nil, source, SourceLocation(file: file, line: line))
  }

  /// Where an input's values come from; nil for what is no input, or has no source.
  func source(of tensor: Tensor) -> Graph.Source? {
    guard leaves[tensor.path] === tensor else { return nil }
    return inputs.first { $0.name == tensor.path }?.source
  }

  /// A number that may change from run to run without compiling again, such as the learning rate.
  public func scalar(
    _ name: String, default value: Double, file: String = #filePath, line: Int = #line
  ) -> Tensor { declare(name, TensorType(.float32, []), value, nil, SourceLocation(file: file, line: line)) }

  private func declare(
    _ name: String, _ type: TensorType, _ value: Double?, _ source: Graph.Source?, _ location: SourceLocation
  ) -> Tensor {
    do { try source?.check() } catch { return mistake("input '\(name)': \(error)", location) }
    if leaves[name] != nil { return mistake("the name '\(name)' is declared twice", location) }
    let leaf = Tensor(InputLeaf(name: name, type: type), [], path: name, location: location)
    leaves[name] = leaf
    inputs.append(Graph.Input(name: name, type: type, defaultValue: value.map { .float($0) }, source: source))
    return leaf
  }

  /// A value that lives from run to run; declared once, used as often as one likes.
  public func state(
    _ name: String, _ shape: [Int], _ element: ElementType = .float32, initializer: Initializer,
    isTrainable: Bool = false, file: String = #filePath, line: Int = #line
  ) -> Tensor {
    declare(
      Graph.State(
        name: name, type: TensorType(element, shape), initializer: initializer, isTrainable: isTrainable),
      at: SourceLocation(file: file, line: line))
  }

  /// What a layer keeps beside its parameters.
  func buffer(
    _ name: String, _ shape: [Int], _ element: ElementType, _ start: Double, at location: SourceLocation
  ) -> Tensor {
    declare(
      Graph.State(name: name, type: TensorType(element, shape), initializer: .constant(start), role: .buffer),
      at: location)
  }

  private func declare(_ state: Graph.State, at location: SourceLocation) -> Tensor {
    let (name, type) = (state.name, state.type)
    if let leaf = leaves[name] {
      if leaf.type == type { return leaf }
      return mistake("state '\(name)' is used as \(type) and as \(leaf.type)", location)
    }
    do { try state.initializer.check(type.element) } catch {
      return mistake("state '\(name)' cannot start as \(state.initializer.text): \(error)", location)
    }
    let leaf = Tensor(StateLeaf(name: name, type: type), [], path: name, location: location)
    leaves[name] = leaf
    stateOrder.append(name)
    states.append(state)
    return leaf
  }

  /// Every trainable state whose name starts with `prefix`, in order of declaration.
  public func parameters(_ prefix: String) -> [(name: String, tensor: Tensor)] {
    states.filter { $0.isTrainable && $0.name.hasPrefix(prefix) }.compactMap { state in
      leaves[state.name].map { (state.name, $0) }
    }
  }

  /// The state's value as changed so far in this run.
  public func current(_ state: Tensor) -> Tensor { changed[state.path] ?? state }

  /// Makes `value` the state's value from here on, and at the end of the run its new value.
  public func change(
    _ state: Tensor, to value: Tensor, file: String = #filePath, line: Int = #line
  ) {
    guard isUpdate(of: state, value, SourceLocation(file: file, line: line)) else { return }
    if changed[state.path] == nil { changeOrder.append(state.path) }
    changed[state.path] = value
  }

  /// Whether `value` can be the new value of `state`; a mistake at `location` when it cannot.
  private func isUpdate(of state: Tensor, _ value: Tensor, _ location: SourceLocation) -> Bool {
    // What is poisoned carries its own diagnostic, or is made of what does.
    if state.isPoisoned { mistakes.append(state) }
    if value.isPoisoned { mistakes.append(value) }
    if state.isPoisoned || value.isPoisoned { return false }
    guard leaves[state.path] === state, state.operation is StateLeaf else {
      let what =
        state.operation is InputLeaf
        ? "'\(state.path)' is an input" : "this is the result of \(state.operation.name)"
      mistake("an update must name a state as 'state' declared it, but \(what)", location)
      return false
    }
    guard value.type == state.type else {
      mistake("state '\(state.path)' is \(state.type) but its update is \(value.type)", location)
      return false
    }
    return true
  }

  /// Names a value so that it can be watched.
  public func tap(_ name: String, _ tensor: Tensor) {
    if let index = tapIndex[name] {
      tapped[index].tensor = tensor
    } else {
      tapIndex[name] = tapped.count
      tapped.append((name, tensor))
    }
  }

  /// The value tapped under `name`; a mistake with the nearest name when there is none.
  public func tapped(_ name: String, file: String = #filePath, line: Int = #line) -> Tensor {
    if let index = tapIndex[name] { return tapped[index].tensor }
    let nearest = nearestName(to: name, in: tapped.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
    return mistake("nothing is called '\(name)' here\(nearest)", SourceLocation(file: file, line: line))
  }

  func freeze(_ name: String, _ step: Step) throws -> Graph {
    var updates = changeOrder.compactMap { state in changed[state].map { (name: state, tensor: $0) } }
    var updated = Set(updates.map(\.name))
    for (state, value) in step.updates where isUpdate(of: state, value, step.location) {
      if !updated.insert(state.path).inserted {
        mistake("state '\(state.path)' is updated twice; keep one update", step.location)
      }
      updates.append((state.path, value))
    }
    if let accumulation, !updated.contains(accumulation.counter) {
      mistake(
        "a descent averages over \(accumulation.runs) batches, but the step has not all of its updates; give them to Step(updates:)",
        step.location)
    }
    var outputs = Set<String>()
    for output in step.outputs where !outputs.insert(output.name).inserted {
      mistake("the output '\(output.name)' is given twice; name each once", step.location)
    }
    for (output, chance) in step.chances.sorted(by: { $0.key < $1.key }) {
      if !outputs.contains(output) {
        let nearest = nearestName(to: output, in: outputs.sorted()).map { "; did you mean '\($0)'?" } ?? ""
        mistake("a chance value is given for '\(output)', which is no output\(nearest)", step.location)
      } else if !chance.isFinite {
        mistake(
          "the chance value of the output '\(output)' is \(chance); give a finite number", step.location)
      }
    }
    var graph = try Graph(
      name: name, inputs: inputs, states: states, outputs: step.outputs, updates: updates, taps: tapped,
      declared: inputs.compactMap { leaves[$0.name] } + stateOrder.compactMap { leaves[$0] } + mistakes)
    graph.chances = step.chances
    graph.watches = step.watches
    graph.accumulation = step.accumulation ?? accumulation
    do { try graph.checkPurposes() } catch {
      throw ModelError([Diagnostic("program '\(name)': \(error)", location: step.location)])
    }
    return graph
  }
}
