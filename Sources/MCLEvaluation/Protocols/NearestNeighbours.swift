import MCLCompiler
import MCLExecution
import MCLGraph
import MCLSupport

/// Finds the rows that are nearest to others by the cosine, all of them compared: nothing is approximate.
///
/// Similarities are products of f32 unit vectors by the compiler's matrix product, in blocks of fixed sizes. So they have
/// the same bits for any number of threads. Of equal ones the lower index is nearer.
package final class NearestNeighbours {
  package struct Neighbour: Sendable, Hashable {
    /// The row of the rows that were searched.
    package var index: Int
    /// The cosine.
    package var similarity: Float

    package init(index: Int, similarity: Float) { (self.index, self.similarity) = (index, similarity) }
  }

  private let base: FeatureRows
  private let executor: Executor
  private static let (queryRows, baseRows) = (256, 1024)
  private static let (queryName, baseName, resultName) = ("queries", "base", "similarities")

  /// - Parameters:
  ///   - base: the rows to search.
  ///   - threads: as for `Executor`.
  /// - Throws: errors of the compiler and the executor.
  package init(in base: FeatureRows, threads: Int? = nil) throws {
    self.base = base
    let (names, width) = ((Self.queryName, Self.baseName, Self.resultName), base.width)
    let model = Model("similarities") { _ in
      Program("block") { context in
        let queries = context.input(names.0, [Self.queryRows, width])
        let base = context.input(names.1, [Self.baseRows, width])
        return Step(outputs: [(names.2, queries.matmul(base.matrixTransposed()))])
      }
    }
    let plan = try ProgramCompiler().compile(try model.module().program("block")).plan
    executor = try Executor(plan, threads: threads)
  }

  /// Of each query, its nearest rows, nearest first; all rows where there are no more than `count`.
  /// - Parameters:
  ///   - queries: of the width of the rows that are searched.
  ///   - progress: told the share that is done; what it throws ends the work.
  /// - Throws: `ExecutionError` for queries of another width.
  package func nearest(
    _ count: Int, to queries: FeatureRows, progress: (Double) throws -> Void = { _ in }
  ) throws -> [[Neighbour]] {
    guard queries.width == base.width else {
      throw ExecutionError("queries have \(queries.width) numbers, but what is searched has \(base.width)")
    }
    var result: [[Neighbour]] = []
    result.reserveCapacity(queries.count)
    for first in stride(from: 0, to: queries.count, by: Self.queryRows) {
      let part = first..<min(first + Self.queryRows, queries.count)
      var best = part.map { _ in NearestList(capacity: count) }
      try executor.setInput(Self.queryName, floats: queries.block(part, rows: Self.queryRows))
      for start in stride(from: 0, to: base.count, by: Self.baseRows) {
        try progress(
          (Double(first) + Double(part.count) * Double(start) / Double(base.count)) / Double(queries.count))
        let rows = start..<min(start + Self.baseRows, base.count)
        try executor.setInput(Self.baseName, floats: base.block(rows, rows: Self.baseRows))
        try executor.run()
        let similarities = try executor.value(Self.resultName)
        similarities.withUnsafeBufferPointer { all in
          for query in best.indices {
            // Bounds: a row of the result has `baseRows` numbers, of which the last block uses fewer.
            let row = query * Self.baseRows
            best[query].add(UnsafeBufferPointer(rebasing: all[row..<row + rows.count]), from: start)
          }
        }
      }
      result += best.map { $0.sorted() }
    }
    return result
  }
}

/// The best of similarities that come in the order of their indices.
struct NearestList {
  private let capacity: Int
  private var kept: [NearestNeighbours.Neighbour] = []
  /// What a later similarity must be above: an equal one of a higher index is farther.
  private var threshold = -Float.infinity

  init(capacity: Int) { self.capacity = max(capacity, 0) }

  /// - Parameter first: the index of the first.
  mutating func add(_ similarities: UnsafeBufferPointer<Float>, from first: Int) {
    guard capacity > 0 else { return }
    for (place, similarity) in similarities.enumerated() where similarity > threshold {
      kept.append(.init(index: first + place, similarity: similarity))
      if kept.count >= 2 * capacity { shorten() }
    }
  }

  private mutating func shorten() {
    kept.sort(by: Self.precedes)
    kept.removeLast(kept.count - capacity)
    threshold = kept.last?.similarity ?? threshold
  }

  func sorted() -> [NearestNeighbours.Neighbour] { Array(kept.sorted(by: Self.precedes).prefix(capacity)) }

  private static func precedes(
    _ a: NearestNeighbours.Neighbour, _ b: NearestNeighbours.Neighbour
  ) -> Bool {
    a.similarity != b.similarity ? a.similarity > b.similarity : a.index < b.index
  }
}
