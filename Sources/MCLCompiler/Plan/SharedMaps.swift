import MCLGraph
import MCLKernelForms
import MCLPasses

extension ByProducts {
  static let mapsRule = "share-maps"
  static let mapsPurpose =
    "New values of states that read the same, or one another, point by point are made by one launch."

  /// Maps that one launch makes, the last of them as its result.
  fileprivate struct MapGroup {
    var members: [Int]
    var axes: [Int]
    /// What they read of their own size, by where it is stored.
    var sources: Set<Int>
    var last: Int { members[members.count - 1] }
  }

  /// Why a new value is not made together with one that it reads or reads the same as.
  private enum MapRefusal: String {
    case needsAnother = "it needs what is made of the other in between"
    case isReadElsewhere = "it reads the other's result at other places than its own"
    case isTooLarge = "the formulas or their reads would be over the limit of a kernel"
    case hasNoKernel = "no kernel makes both"
  }

  /// New values of states over the same points, each of which reads what an earlier one reads or gives there, are made
  /// together by the launch of the last: an optimizer's momentum, parameter and average of parameters then pass through
  /// the caches once. The bits are those of single launches.
  mutating func findSharedMaps(
    _ isServed: (_ entry: Graph.Entry, _ request: ByProduct) throws -> Bool
  ) rethrows {
    let updates = Set(graph.updates.map { graph.storage(of: $0.entry) })
    let original = graph.entries
    var maps: [Int: Comprehension] = [:]
    var groups = MapGroups()
    for index in graph.entries.indices where updates.contains(index) {
      guard let map = mergeable(index) else { continue }
      maps[index] = map
      let reads = Set(original[index].operands.map { graph.storage(of: $0) })
      var own = MapGroup(
        members: [index], axes: map.axes,
        sources: reads.filter { graph.entries[$0].type.count == map.outputCount })
      for number in groups.related(to: own, reads) {
        let group = groups[number]
        let joint = MapGroup(
          members: group.members + [index], axes: map.axes, sources: group.sources.union(own.sources))
        let request = request(joint, maps, original)
        var refusal = whyNotTogether(index, map, group, original)
        if refusal == nil, let (entry, byProduct) = request {
          let isFit = FusedComputation(
            comprehension: (entry.operation as? Compute)?.comprehension ?? map, operands: entry.operands
          ).isWithinLimits
          refusal = !isFit ? .isTooLarge : try isServed(entry, byProduct) ? nil : .hasNoKernel
          if refusal == nil {
            replace(group, by: joint, entry, byProduct, original)
            groups.remove(number)
            own = joint
          }
        }
        decisions.append(
          Decision(
            Self.mapsRule, original[index], targets: [original[group.last]], reason: refusal?.rawValue))
        if refusal == nil { break }
      }
      groups.append(own)
    }
  }

  /// A computation as a map that others can be made with: without axes of one point; nil where it is none.
  private func mergeable(_ index: Int) -> Comprehension? {
    guard let map = (graph.entries[index].operation as? Compute)?.comprehension, map.reduction == .none,
      map.epilogue == .accumulator, map.element == .float32, hosts[index] == nil, requests[index] == nil
    else { return nil }
    let result = map.withoutUnitAxes
    return result.axes.isEmpty ? nil : result
  }

  private func whyNotTogether(
    _ index: Int, _ map: Comprehension, _ group: MapGroup, _ original: [Graph.Entry]
  ) -> MapRefusal? {
    let members = Set(group.members)
    var others: [Int] = []
    for (number, operand) in original[index].operands.enumerated() {
      let stored = graph.storage(of: operand)
      guard members.contains(stored) else {
        others.append(operand)
        continue
      }
      let accesses = map.accesses.filter { $0.operand == number }
      guard accesses.allSatisfy({ $0.isRead(atEveryOutput: map) }) else { return .isReadElsewhere }
    }
    return depends(others, onAny: members) ? .needsAnother : nil
  }

  /// The last map's entry as it reads for all, and the maps that its launch makes besides.
  private func request(
    _ group: MapGroup, _ maps: [Int: Comprehension], _ original: [Graph.Entry]
  ) -> (entry: Graph.Entry, byProduct: ByProduct)? {
    let earlier = group.members.dropLast()
    var operands: [Int] = []
    for member in group.members {
      for operand in original[member].operands where !operands.contains(operand) {
        if !earlier.contains(graph.storage(of: operand)) { operands.append(operand) }
      }
    }
    var accesses: [Access] = []
    var bodies: [ScalarExpression] = []
    for member in group.members {
      guard let map = maps[member] else { return nil }
      let renumbered = map.accesses.map { access in
        var access = access
        let operand = original[member].operands[access.operand]
        let made = earlier.firstIndex(of: graph.storage(of: operand))
        access.operand = made.map { operands.count + $0 } ?? operands.firstIndex(of: operand) ?? 0
        if let known = accesses.firstIndex(of: access) { return known }
        accesses.append(access)
        return accesses.count - 1
      }
      bodies.append(
        map.body.mapLeaves { leaf in
          if case .load(let access) = leaf { .load(renumbered[access]) } else { leaf }
        })
    }
    guard let compute = original[group.last].operation as? Compute, let map = maps[group.last],
      let body = bodies.popLast()
    else { return nil }
    var entry = original[group.last]
    entry.operands = operands
    entry.operation = Compute(
      Comprehension(axes: map.axes, accesses: accesses, body: body, element: map.element),
      shape: compute.shape, parts: compute.parts)
    return (entry, .maps(bodies))
  }

  private mutating func replace(
    _ group: MapGroup, by joint: MapGroup, _ entry: Graph.Entry, _ byProduct: ByProduct,
    _ original: [Graph.Entry]
  ) {
    graph.entries[group.last] = original[group.last]
    requests[group.last] = nil
    for member in group.members { setHost(joint.last, of: member) }
    graph.entries[joint.last] = entry
    requests[joint.last] = (byProduct, group.members)
  }
}

/// Groups of maps, each found by what its members give and read.
private struct MapGroups {
  /// Groups joined with a map to a later one are nil.
  private var groups: [ByProducts.MapGroup?] = []
  private var numberOfMember: [Int: Int] = [:]
  private var numbersOfReaders: [Int: [Int]] = [:]
  /// Where very many read the same, so many groups, the latest, are tried: those before are mostly as large as kernels get.
  private static let most = 16

  subscript(number: Int) -> ByProducts.MapGroup {
    groups[number] ?? ByProducts.MapGroup(members: [], axes: [], sources: [])
  }

  /// The groups over the same points of which a map reads a result, or a tensor of its own size that they read too; the
  /// latest first.
  func related(to map: ByProducts.MapGroup, _ reads: Set<Int>) -> [Int] {
    var found = Set(reads.compactMap { numberOfMember[$0] })
    for source in map.sources { found.formUnion((numbersOfReaders[source] ?? []).suffix(2 * Self.most)) }
    let same = found.filter { groups[$0]?.axes == map.axes }
    return Array(same.sorted(by: >).prefix(Self.most))
  }

  mutating func append(_ group: ByProducts.MapGroup) {
    for member in group.members { numberOfMember[member] = groups.count }
    for source in group.sources { numbersOfReaders[source, default: []].append(groups.count) }
    groups.append(group)
  }

  mutating func remove(_ number: Int) {
    for source in groups[number]?.sources ?? [] {
      if let place = numbersOfReaders[source]?.lastIndex(of: number) {
        numbersOfReaders[source]?.remove(at: place)
      }
    }
    groups[number] = nil
  }
}

extension Comprehension {
  /// A map with nothing but axes of several points.
  fileprivate var withoutUnitAxes: Comprehension {
    let sized = axes.indices.filter { axes[$0] != 1 }
    var result = self
    result.axes = sized.map { axes[$0] }
    result.outputRank = sized.count
    for access in accesses.indices {
      for index in accesses[access].indices.indices {
        let coefficients = accesses[access].indices[index].coefficients
        result.accesses[access].indices[index].coefficients = sized.map { coefficients[$0] }
      }
    }
    result.body = body.mapLeaves { leaf in
      guard case .index(let axis) = leaf else { return leaf }
      return sized.firstIndex(of: axis).map { .index($0) } ?? .integer(0)
    }
    return result
  }
}
