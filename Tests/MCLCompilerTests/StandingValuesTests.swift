import MCLCompiler
import MCLGraph
import MCLTestKit
import Testing

/// Lifetimes that are kept up while computations are put into an order again: those of the order, made anew.
@Suite struct StandingValuesTests {
  /// Values made of earlier ones, some besides others.
  private struct Example {
    var graph = Graph(name: "random")
    var order: [Int] = []
    var besides: [Int: [Int]] = [:]
    var kept: Set<Int> = []
    var bytes: [Int] = []
    var temporaries: [Int] = []
    var preparationCount = 0

    init(_ random: inout RandomValues) {
      let type = TensorType(.float32, [1])
      for index in 0..<50 {
        let isLeaf = index < 3 || random.integer(below: 12) == 0
        let operands =
          isLeaf ? [] : (0..<1 + random.integer(below: 3)).map { _ in random.integer(below: index) }
        graph.entries.append(Graph.Entry(InputLeaf(name: "\(index)", type: type), operands, type))
        bytes.append(random.integer(below: 100))
        temporaries.append(random.integer(below: 10))
        if random.integer(below: 10) == 0 { kept.insert(index) }
        if isLeaf { continue }
        if let host = order.last, random.integer(below: 6) == 0, !operands.contains(host) {
          besides[host, default: []].append(index)
        } else {
          order.append(index)
        }
      }
      preparationCount = random.integer(below: 6)
    }

    /// Bytes in use by lifetimes made anew.
    func bytesInUse(_ order: [Int]) -> [Int] {
      Lifetimes(
        graph, order: order, stored: Array(graph.entries.indices), besides: besides, kept: kept,
        preparationCount: preparationCount
      ).bytesInUse(bytes, temporaries: temporaries)
    }
  }

  @Test func bytesInUseAreThoseOfTheOrder() {
    for seed in 1...UInt64(200) {
      var random = RandomValues(seed: seed)
      let example = Example(&random)
      var standing = StandingValues(
        example.graph, order: example.order, stored: Array(example.graph.entries.indices),
        besides: example.besides, kept: example.kept, preparationCount: example.preparationCount,
        bytes: example.bytes, temporaries: example.temporaries)
      #expect(standing.inUse == example.bytesInUse(example.order), "seed \(seed)")
      var order = example.order
      var candidates = example.order.dropFirst(example.preparationCount).filter {
        !example.kept.contains($0) && (example.besides[$0] ?? []).allSatisfy { !example.kept.contains($0) }
      }.shuffled(using: &random)
      while let entry = candidates.popLast(), let made = order.firstIndex(of: entry) {
        guard made + 1 < order.count else { continue }
        let place = made + 1 + random.integer(below: order.count - made - 1)
        order.insert(entry, at: place)
        standing.insert(entry, at: place)
        #expect(standing.order == order, "seed \(seed)")
        #expect(standing.inUse == example.bytesInUse(order), "seed \(seed)")
      }
    }
  }
}
