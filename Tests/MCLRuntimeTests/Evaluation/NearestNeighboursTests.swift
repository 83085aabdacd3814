import Foundation
import MCLEvaluation
import MCLSupport
import MCLTestKit
import Testing

/// Neighbours, votes and recall against their formulas, pair by pair in Double.
@Suite struct NearestNeighboursTests {
  private func random(_ count: Int, seed: UInt64) -> [Float] {
    var random = CounterRandom(seed: seed, purpose: "features of a test")
    return (0..<count).map { _ in Float(random.normal()) }
  }

  /// The order of all rows by the cosine with a query; of equal ones the lower index.
  private func order(_ query: ArraySlice<Float>, _ base: [Float], _ width: Int) -> [(
    index: Int, cosine: Double
  )] {
    func norm(_ row: ArraySlice<Float>) -> Double {
      row.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
    let all = (0..<base.count / width).map { index -> (index: Int, cosine: Double) in
      let row = base[index * width..<(index + 1) * width]
      let product = zip(query, row).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      return (index, product / (norm(query) * norm(row)))
    }
    return all.sorted { $0.cosine != $1.cosine ? $0.cosine > $1.cosine : $0.index < $1.index }
  }

  /// Sizes beside those of blocks, so that the last ones are filled up.
  @Test(arguments: [(300, 7, 5), (1030, 300, 24), (2500, 3, 33)])
  func neighboursAreThoseOfTheFormula(rows: Int, queries: Int, width: Int) throws {
    let (base, asked) = (random(rows * width, seed: 1), random(queries * width, seed: 2))
    let search = try NearestNeighbours(in: FeatureRows(base, width: width), threads: 2)
    let found = try search.nearest(20, to: FeatureRows(asked, width: width))
    #expect(found.count == queries)
    for (query, neighbours) in found.enumerated() {
      let wanted = order(asked[query * width..<(query + 1) * width], base, width)
      #expect(neighbours.count == 20)
      for (place, neighbour) in neighbours.enumerated() {
        #expect(abs(Double(neighbour.similarity) - wanted[place].cosine) < 2e-6)
        // Two that are as near as rounding may change places.
        let own = wanted.first { $0.index == neighbour.index }?.cosine ?? -2
        #expect(abs(own - wanted[place].cosine) < 2e-6, "place \(place) of query \(query)")
      }
    }
    let other = try NearestNeighbours(in: FeatureRows(base, width: width), threads: 1)
    #expect(try other.nearest(20, to: FeatureRows(asked, width: width)) == found)
  }

  @Test func equalOnesComeByTheirIndex() throws {
    // The same row at places of several blocks, and a row that is like nothing.
    let width = 6
    let rows = 2100
    var base = [Float](repeating: 0, count: rows * width)
    let same = [3, 500, 1023, 1024, 2047, 2099]
    for row in 0..<rows where row != 7 {
      let isSame = same.contains(row)
      for place in 0..<width {
        base[row * width + place] = isSame ? Float(place + 1) : (place == row % 3 ? 1 : 0)
      }
    }
    let search = try NearestNeighbours(in: FeatureRows(base, width: width), threads: 2)
    let query = (1...width).map { Float($0) * 2 }
    let found = try search.nearest(6, to: FeatureRows(query, width: width))[0]
    #expect(found.map(\.index) == same)
    #expect(found.allSatisfy { abs($0.similarity - 1) < 1e-6 })
    #expect(try search.nearest(5000, to: FeatureRows(query, width: width))[0].count == rows, "all there are")
    let all = try search.nearest(rows, to: FeatureRows(query, width: width))[0]
    #expect(all.last?.index == 7 && all.last?.similarity == 0)
    let error = #expect(throws: ExecutionError.self) {
      try search.nearest(1, to: FeatureRows([1, 2], width: 2))
    }
    #expect(error?.description == "queries have 2 numbers, but what is searched has 6")
  }

  @Test func votesAreWeighted() {
    typealias Neighbour = NearestNeighbours.Neighbour
    let neighbours = [
      Neighbour(index: 2, similarity: 0.9), Neighbour(index: 0, similarity: 0.85),
      Neighbour(index: 1, similarity: 0.8),
      Neighbour(index: 3, similarity: -0.2),
    ]
    let labels = [1, 1, 0, 2]
    let shares = NeighbourVotes.shares(neighbours, count: 3, labels: labels, classes: 4)
    let weights = [0.9, 0.85, 0.8].map { exp(Double(Float($0)) / 0.07) }
    let sum = weights.reduce(0, +)
    let wanted = [weights[0] / sum, (weights[1] + weights[2]) / sum, 0, 0]
    for (share, wanted) in zip(shares, wanted) { #expect(abs(Double(share) - wanted) < 1e-6) }
    #expect(NeighbourVotes.ranked([0.2, 0.5, 0.5, 0]) == [1, 2, 0, 3])
    #expect(NeighbourVotes.counts == [20, 200] && NeighbourVotes.temperature == 0.07)
  }

  @Test func recallAndItsChance() {
    func neighbours(_ indices: [Int]) -> [NearestNeighbours.Neighbour] {
      indices.map { NearestNeighbours.Neighbour(index: $0, similarity: 0) }
    }
    let labels = [0, 0, 1, 1, 1, 2]
    let found = [[0, 1, 2, 3, 4, 5], [5, 0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5]].map(neighbours)
    let recall = Retrieval.recall(found, labels: labels, wanted: [0, 1, 2], at: [1, 3, 4, 5, 6, 50])
    #expect(recall[1] == 1.0 / 3 && recall[3] == 1.0 / 3 && recall[4] == 2.0 / 3)
    #expect(recall[5] == 2.0 / 3 && recall[6] == 1 && recall[50] == 1)
    // Of all orders of the six, by counting pairs that miss: 6/15, 3/15, 10/15.
    let chance = Retrieval.chance(labels: labels, wanted: [0, 1, 2], at: [1, 2, 6, 50])
    #expect(abs((chance[1] ?? 0) - (2.0 / 6 + 3.0 / 6 + 1.0 / 6) / 3) < 1e-12)
    #expect(abs((chance[2] ?? 0) - (9.0 / 15 + 12.0 / 15 + 5.0 / 15) / 3) < 1e-12)
    #expect(chance[6] == 1 && chance[50] == 1)
  }
}
