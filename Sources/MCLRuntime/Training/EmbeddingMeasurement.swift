import MCLCompiler
import MCLDrawing
import MCLExecution
import MCLGraph

/// How the embeddings of the contrast between videos lie at one step: what the losses do not show.
public struct EmbeddingMeasurement: Sendable, Codable, Equatable {
  /// Steps done, from 1.
  public var step: Int
  /// Counts of the cosines of queries with their positives, in 40 equal bins from -1 to 1.
  public var positives: [Int]
  /// Counts of the cosines of queries with rows of the queue, in the same bins. At most 2048 rows, the
  /// latest, are looked at.
  public var negatives: [Int]
  /// The variance of the keys, summed over their d numbers: near 1 where they lie all over the sphere, 0 where all are
  /// one.
  public var variance: Double
  /// `(sum of l)^2 / sum of l^2` over the eigenvalues l of the keys' covariance, without finding them: the number of
  /// directions that the keys vary in, 1 to d (the participation ratio).
  public var effectiveRank: Double
  /// How many keys variance and rank were taken of.
  public var keys: Int
  /// d, the most that the rank can be; nil where an earlier version measured.
  public var width: Int?

  static let bins = 40
  /// Rows of the queue looked at, at most.
  static let rowLimit = 2048

  /// - Parameters:
  ///   - queries: [N, d], unit length.
  ///   - positives: lists of keys [N, d], in the queries' order.
  ///   - queue: [K, d] as it was before the step.
  ///   - cursor: where the next key goes.
  ///   - filled: rows of the queue that hold keys, the last before the cursor.
  ///   - width: d.
  init(
    step: Int, queries: [Float], positives: [[Float]], queue: [Float], cursor: Int, filled: Int, width: Int
  ) {
    self.step = step
    self.width = width
    let (count, rows) = (queries.count / width, queue.count / width)
    func dot(_ a: [Float], _ i: Int, _ b: [Float], _ j: Int) -> Double {
      (0..<width).reduce(0) { $0 + Double(a[i * width + $1]) * Double(b[j * width + $1]) }
    }
    func bin(_ cosine: Double) -> Int {
      cosine.isFinite ? min(max(Int((cosine + 1) / 2 * Double(Self.bins)), 0), Self.bins - 1) : 0
    }
    var histogram = [Int](repeating: 0, count: Self.bins)
    for keys in positives { for n in 0..<count { histogram[bin(dot(queries, n, keys, n))] += 1 } }
    self.positives = histogram
    histogram = [Int](repeating: 0, count: Self.bins)
    // The latest rows first: those that hold keys, then random starts.
    let place = Int(BinaryFunction.remainder.apply(Int64(cursor), Int64(max(rows, 1))))
    let latest = (1...max(min(rows, Self.rowLimit), 1)).map { (place - $0 + 2 * rows) % max(rows, 1) }
    if rows > 0 {
      for n in 0..<count { for row in latest { histogram[bin(dot(queries, n, queue, row))] += 1 } }
    }
    negatives = histogram

    var all = positives.flatMap { $0 }
    for row in latest.prefix(min(filled, rows)) { all += queue[row * width..<(row + 1) * width] }
    keys = all.count / width
    let total = Double(max(keys, 1))
    var mean = [Double](repeating: 0, count: width)
    for index in all.indices { mean[index % width] += Double(all[index]) / total }
    var covariance = [Double](repeating: 0, count: width * width)
    var centred = mean
    for key in 0..<keys {
      for i in 0..<width { centred[i] = Double(all[key * width + i]) - mean[i] }
      for i in 0..<width { for j in 0...i { covariance[i * width + j] += centred[i] * centred[j] / total } }
    }
    variance = (0..<width).reduce(0) { $0 + covariance[$1 * width + $1] }
    var squares = 0.0
    for i in 0..<width {
      for j in 0...i { squares += covariance[i * width + j] * covariance[i * width + j] * (i == j ? 1 : 2) }
    }
    effectiveRank = squares > 0 ? variance * variance / squares : 0
  }
}

extension EmbeddingMeasurement {
  /// What TensorBoard shows of it.
  var scalars: [String: Double] {
    [
      "variance": variance, "effective_rank": effectiveRank,
      "cosine_positives": CosineHistogram.mean(positives),
      "cosine_negatives": CosineHistogram.mean(negatives),
    ]
  }

  /// Of a step that has run up to its updates; nil where the program watches no embeddings, or was compiled without them.
  /// - Parameter runs: runs of the program before this one, each of which put its rows into the queue.
  init?(step: Int, runs: Int, of executor: Executor, _ program: Graph) throws {
    let names = Set((executor.plan.taps + executor.plan.outputs).map(\.name))
    for case .embeddings(let queries, let positives, let queue, let cursor) in program.watches
    where ([queries] + positives).allSatisfy(names.contains) {
      let rows = RowQueue.all(in: program).first { $0.state == queue }?.rows ?? 0
      self.init(
        step: step, queries: try executor.value(queries),
        positives: try positives.map { try executor.value($0) },
        queue: try executor.stateFloats(queue), cursor: Int(try executor.stateIntegers(cursor).first ?? 0),
        filled: runs * rows, width: try executor.resultType(queries).shape.last ?? 1)
      return
    }
    return nil
  }
}
