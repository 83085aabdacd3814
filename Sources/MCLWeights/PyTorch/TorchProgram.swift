import MCLGraph
import MCLSupport

/// A program as PyTorch code: one assignment a value, named by the model's scopes, with shapes behind it.
///
/// The code takes `clip`, a tensor, and `w`, tensors by their exported names, and uses `torch` and
/// `torch.nn.functional` as `functional`. It is made of the graph's operations alone, so it serves any program. Batch norm
/// with running statistics is found by its shape and written as the one call that it is.
package struct TorchProgram: Sendable {
  /// Python's statements, without indentation.
  package private(set) var lines: [String] = []
  /// The expression that is the program's output.
  package private(set) var result = ""
  /// Exported names of the weights that the output depends on, in the program's order.
  package private(set) var weights: [String] = []
  /// Whether the code serves the program's own number of clips alone, as rows see each other or their number is written
  /// into shapes; otherwise it takes any.
  package private(set) var isBatchFixed = false

  let graph: Graph
  private let clip: String
  private let names: WeightNames
  private let batch: Int
  private let batchNorms: [Int: TorchBatchNorm]
  private var variables: [Int: String] = [:]
  private var taken = Self.reserved
  /// Of each value, whether it depends on the clip.
  private var dependsOnClip: [Bool] = []

  /// - Parameters:
  ///   - graph: a program with one output.
  ///   - clip: the input that is a clip.
  ///   - names: how states are called in exported weights.
  /// - Throws: `UsageError` for an operation that has no form in PyTorch, or a state that is no weight.
  package init(_ graph: Graph, clip: String, names: WeightNames) throws {
    (self.graph, self.clip, self.names) = (graph, clip, names)
    batch = graph.inputs.first { $0.name == clip }?.type.shape.first ?? 1
    let found = graph.entries.indices.compactMap { entry in
      TorchBatchNorm(endingAt: entry, in: graph).map { (entry, $0) }
    }
    batchNorms = Dictionary(found, uniquingKeysWith: { first, _ in first })
    guard let output = graph.outputs.first?.entry else { return }
    for entry in graph.entries {
      let isClip = (entry.operation as? InputLeaf)?.leafName == clip
      dependsOnClip.append(isClip || entry.operands.contains { dependsOnClip[$0] })
    }
    for entry in live(output) where !isLazy(entry) { try assign(entry) }
    result = try variable(output)
  }

  /// The entries that an output needs, in their order; what batch norms take in is left out.
  private func live(_ output: Int) -> [Int] {
    var found: Set<Int> = [output]
    var open = [output]
    while let next = open.popLast() {
      for operand in batchNorms[next]?.operands ?? graph.entries[next].operands
      where found.insert(operand).inserted {
        open.append(operand)
      }
    }
    return found.sorted()
  }

  // MARK: Values

  /// Whether a value is written where it is used: one number, or what broadcasting does by itself.
  func isLazy(_ entry: Int) -> Bool {
    number(entry) != nil || graph.entries[entry].operation is Broadcast
  }

  /// The one number that a value is everywhere; nil where it is none.
  func number(_ entry: Int) -> Scalar? {
    if let constant = graph.entries[entry].operation as? Constant { return constant.number }
    guard let input = graph.entries[entry].operation as? InputLeaf, input.leafName != clip else { return nil }
    return graph.inputs.first { $0.name == input.leafName }?.defaultValue
  }

  /// A value of the full shape that the graph says.
  mutating func variable(_ entry: Int) throws -> String {
    if variables[entry] == nil { try assign(entry) }
    return variables[entry] ?? ""
  }

  /// Operands of a function of elements: at least one is a tensor of the full shape, the others may be numbers or tensors
  /// that broadcast to it.
  mutating func elements(_ operands: [Int]) throws -> [String] {
    let full = operands.firstIndex { !isLazy($0) }
    var texts: [String] = []
    for (place, operand) in operands.enumerated() {
      let isWritten = full == nil && place == 0
      texts.append(isWritten ? try variable(operand) : try short(operand))
    }
    return texts
  }

  /// A value as short as broadcasting allows; one that is not lazy as it is.
  mutating func short(_ entry: Int) throws -> String {
    var source = entry
    while graph.entries[source].operation is Broadcast { source = graph.entries[source].operands[0] }
    guard let number = number(source) else {
      noteCoincidence(source)
      return try variable(source)
    }
    return Self.text(number)
  }

  /// A tensor that does not depend on the clip, but has its number of rows, was made for this batch.
  mutating func noteCoincidence(_ entry: Int) {
    if !dependsOnClip[entry], batch > 1, graph.entries[entry].type.shape.first == batch {
      isBatchFixed = true
    }
  }

  // MARK: Statements

  private mutating func assign(_ entry: Int) throws {
    let value = graph.entries[entry]
    if let leaf = value.operation as? InputLeaf, leaf.leafName == clip {
      variables[entry] = "clip"
      return
    }
    if let state = value.operation as? StateLeaf {
      let name = try weight(state.leafName)
      if !weights.contains(name) { weights.append(name) }
      variables[entry] = "w[\(Self.quoted(name))]"
      return
    }
    if let number = number(entry) {
      noteCoincidence(entry)
      let type = value.type.element == .int64 ? ", dtype=torch.int64" : ""
      write(entry, "clip.new_full(\(Self.tuple(value.type.shape)), \(Self.text(number))\(type))", "constant")
      return
    }
    if let norm = batchNorms[entry] {
      let operands = try norm.operands.map { try variable($0) }.joined(separator: ", ")
      write(entry, "functional.batch_norm(\(operands), eps=\(norm.epsilon))", "")
      return
    }
    guard let (text, suffix) = try expression(value) else {
      let place = value.path.isEmpty ? "" : " at '\(value.path)'"
      throw UsageError(
        "program '\(graph.name)' uses the operation '\(value.operation.name)'\(place), which has no form in PyTorch, so that "
          + "no model.py can be written; name another program with --program, or another value with --layer")
    }
    write(entry, text, suffix)
  }

  private func weight(_ state: String) throws -> String {
    let declared = graph.states.first { $0.name == state }
    guard declared?.isWeight == true, let name = names.exported(state) else {
      throw UsageError(
        "program '\(graph.name)' depends on the state '\(state)', which is no weight and is not exported, so that no model.py "
          + "can be written; name another program with --program")
    }
    return name
  }

  private mutating func write(_ entry: Int, _ text: String, _ suffix: String) {
    let name = fresh(graph.entries[entry].path, suffix)
    variables[entry] = name
    var shape = graph.entries[entry].type.shape.map(String.init)
    if hasClipsFirst(entry), !shape.isEmpty { shape[0] = "N" }
    lines.append("\(name) = \(text)  # [\(shape.joined(separator: ", "))]")
  }

  /// Whether a value depends on the clip and has a row for each.
  func hasClipsFirst(_ entry: Int) -> Bool {
    dependsOnClip[entry] && graph.entries[entry].type.shape.first == batch
  }

  func isOfClip(_ entry: Int) -> Bool { dependsOnClip[entry] }

  /// An axis whose values are put together or cut, or the code's shape, is that of the clips.
  mutating func fixBatch() { isBatchFixed = true }

  // MARK: Names

  /// Words that mean something else in the code.
  private static let reserved: Set<String> = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "clip", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "functional", "global", "if", "import",
    "in", "is", "lambda", "nn", "nonlocal", "not", "or", "pass", "raise", "return", "self", "torch", "try",
    "w", "while", "with", "yield",
  ]

  /// A variable's name: the scope that a value was made in, and what was done.
  private mutating func fresh(_ path: String, _ suffix: String) -> String {
    var scope = names.exported(path) ?? path
    if graph.states.contains(where: { $0.name == path }) {
      scope = scope.lastIndex(of: ".").map { String(scope[..<$0]) } ?? ""
    }
    let parts = [scope, suffix].filter { !$0.isEmpty }
    let joined = (parts.isEmpty ? ["value"] : parts).joined(separator: "_")
    var name = String(
      joined.unicodeScalars.map { scalar -> Character in
        let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || (48...57).contains(scalar.value))
        return isPlain ? Character(scalar) : "_"
      })
    if name.first?.isNumber == true { name = "v" + name }
    var (chosen, number) = (name, 2)
    while !taken.insert(chosen).inserted {
      chosen = "\(name)_\(number)"
      number += 1
    }
    return chosen
  }

  // MARK: Python's literals

  package static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case _ where scalar.value < 32 || scalar.value == 127:
        let digits = String(scalar.value, radix: 16)
        result += "\\x" + (digits.count < 2 ? "0" : "") + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  package static func tuple(_ numbers: [Int]) -> String {
    numbers.count == 1 ? "(\(numbers[0]),)" : "(\(numbers.map(String.init).joined(separator: ", ")))"
  }

  static func text(_ number: Scalar) -> String {
    guard case .float(let value) = number, !value.isFinite else { return "\(number)" }
    return value.isNaN ? "float(\"nan\")" : value > 0 ? "float(\"inf\")" : "float(\"-inf\")"
  }
}
