import MCLGraph
import MCLKernelForms
import MCLPasses

extension ByProducts {
  static let operandRule = "make-operands"
  static let operandPurpose =
    "Maps are made by the tasks of the contraction that reads them, each its own rows, just before it multiplies."

  /// Bytes of a map below which it passes from its launch to its reader within the caches.
  private static let leastMapBytes = 1 << 18

  /// A map that a contraction reads row by row is made by that contraction's tasks, of the map's own operands: batch norm's
  /// scale and shift, a shortcut's sum and a ReLU pass through the caches with the rows they are multiplied as. The map
  /// stays for later readers as it would.
  mutating func findOperandMaps(
    _ isServed: (_ entry: Graph.Entry, _ request: ByProduct?, _ map: OperandMap) throws -> Bool
  ) rethrows {
    let kept = Set(graph.roots.map { graph.storage(of: $0) })
    var readers = [[Int]](repeating: [], count: graph.entries.count)
    for (index, entry) in graph.entries.enumerated() where entry.operation is any LaunchedOperation {
      for operand in Set(entry.operands.map({ graph.storage(of: $0) })) {
        readers[operand].append(index)
      }
    }
    // What is made once and stays is not made anew at every run.
    let isFixed = FixedValues(graph).isFixed
    for index in graph.entries.indices where !isFixed[index] {
      let entry = graph.entries[index]
      guard let map = (entry.operation as? Compute)?.comprehension, map.reduction == .none,
        map.element == .float32, entry.type.byteCount >= Self.leastMapBytes, !map.isExpensive,
        !map.isRearrangement, !kept.contains(index), hosts[index] == nil, requests[index] == nil
      else { continue }
      var refusal: Decision?
      for reader in readers[index] where isContraction(reader) && operandMaps[reader] == nil {
        guard let (made, own) = joined(reader, making: index) else { continue }
        var reason: String?
        if depends(made.operands, onAny: [index]) {
          reason = "the contraction reads something else that is made of the map"
        } else if try !isServed(made, requests[reader]?.request, own) {
          reason = "no kernel makes it: its rows are not the contraction's, or columns are shared among tasks"
        }
        let decision = Decision(
          Self.operandRule, entry, targets: [graph.entries[reader]], reason: reason)
        guard decision.isDone else {
          refusal = refusal ?? decision
          continue
        }
        decisions.append(decision)
        refusal = nil
        graph.entries[reader] = made
        operandMaps[reader] = (own, index)
        setHost(reader, of: index)
        break
      }
      if let refusal { decisions.append(refusal) }
    }
  }

  private func isContraction(_ index: Int) -> Bool {
    guard let product = (graph.entries[index].operation as? Compute)?.comprehension else { return false }
    if case .binary(.multiply, .load, .load) = product.body { return product.reduction == .sum }
    return false
  }

  /// A contraction that makes a map that it reads: it reads the map's operands too, one of them in the map's place.
  private func joined(_ reader: Int, making index: Int) -> (entry: Graph.Entry, map: OperandMap)? {
    var entry = graph.entries[reader]
    let source = graph.entries[index]
    let positions = entry.operands.indices.filter {
      graph.storage(of: entry.operands[$0]) == index
    }
    guard positions.count == 1, let position = positions.first,
      var map = (source.operation as? Compute)?.comprehension,
      let main = source.operands.first(where: {
        graph.entries[$0].type.count == source.type.count && graph.entries[$0].type.element == .float32
      })
    else { return nil }
    entry.operands[position] = main
    for access in map.accesses.indices {
      let operand = source.operands[map.accesses[access].operand]
      if let known = entry.operands.firstIndex(of: operand) {
        map.accesses[access].operand = known
      } else {
        map.accesses[access].operand = entry.operands.count
        entry.operands.append(operand)
      }
    }
    return (entry, OperandMap(operand: position, map: map))
  }
}

extension Comprehension {
  /// Whether it only brings elements to other places, as a packing of weights does.
  fileprivate var isRearrangement: Bool {
    if case .load = body { true } else { false }
  }
}
