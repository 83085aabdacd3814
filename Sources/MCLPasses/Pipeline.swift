import MCLGraph
import MCLKernelForms

/// The passes in the order they run: the table of contents of the compiler.
package struct Pipeline: Sendable {
  package static let passes: [any Pass] = [
    EliminateDeadCode(),
    ExpandComposites(),
    TransposeProducts(),
    FoldScales(),
    Simplify(),
    FactorSums(),
    SweepSoftmax(),
    LowerToComprehensions(),
    TrimPadding(),
    CompactStrides(),
    KeepOldStates(),
    FusePointwise(),
    FuseEpilogues(),
    NarrowPositions(),
    TrimPadding(),
    AssignLayouts(),
    CopyNewStates(),
    EliminateDeadCode(),
  ]

  /// What one pass did.
  package struct Record: Sendable {
    package var name: String
    package var entriesBefore: Int
    package var entriesAfter: Int
    package var seconds: Double
    /// Whether it gave the graph back as it was; nil where that was not asked.
    package var isUnchanged: Bool?
    /// What it did and what it let be, if it says so.
    package var decisions: [Decision] = []
  }

  /// Runs every pass, checking each result as `MCL_CHECK` says: by inferring all types anew, or by interpreting it.
  ///
  /// - Parameters:
  ///   - without: names of passes that are left out.
  ///   - observe: is given the graph after each pass, for `--emit` and `--after`.
  /// - Throws: `ModelError` that names the pass whose result does not hold together.
  package static func run(
    _ graph: Graph, without: Set<String> = OptionalParts.leftOut, tellsChanges: Bool = false,
    observe: (String, Graph) -> Void = { _, _ in }
  ) throws -> (graph: Graph, records: [Record]) {
    let chosen = passes.filter { $0.isRequired || !without.contains($0.name) }
    return try run(
      graph, passes: chosen, level: .current(), tellsChanges: tellsChanges, observe: observe)
  }

  /// Whether two graphs have the same entries and names.
  private static func isSame(_ a: Graph, _ b: Graph) -> Bool {
    a.entries.count == b.entries.count && a.outputs == b.outputs && a.updates == b.updates && a.taps == b.taps
      && zip(a.entries, b.entries).allSatisfy {
        EntryKey($0.operation, $0.operands) == EntryKey($1.operation, $1.operands)
      }
  }

  /// Runs these passes and checks each to this level.
  package static func run(
    _ graph: Graph, passes: [any Pass], level: CheckLevel, tellsChanges: Bool = false,
    observe: (String, Graph) -> Void = { _, _ in }
  ) throws -> (graph: Graph, records: [Record]) {
    var graph = graph
    var check = level >= .interpret ? try PassCheck(graph) : nil
    var records: [Record] = []
    let clock = ContinuousClock()
    for pass in passes {
      let (before, old) = (graph.entries.count, tellsChanges ? graph : nil)
      let start = clock.now
      var decisions: [Decision] = []
      if let deciding = pass as? any DecidingPass {
        graph = try deciding.run(graph, decisions: &decisions)
      } else {
        graph = try pass.run(graph)
      }
      let elapsed = clock.now - start
      if level >= .verify {
        do { try graph.verify() } catch {
          throw ModelError([Diagnostic("pass \(pass.name) broke program '\(graph.name)': \(error)")])
        }
      }
      try check?.check(graph, after: pass.name)
      records.append(
        Record(
          name: pass.name, entriesBefore: before, entriesAfter: graph.entries.count,
          seconds: elapsed.inSeconds, isUnchanged: old.map { isSame($0, graph) }, decisions: decisions))
      observe(pass.name, graph)
    }
    try check?.finish()
    return (graph, records)
  }
}

extension Duration {
  package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
