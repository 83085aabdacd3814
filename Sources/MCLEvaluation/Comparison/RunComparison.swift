import Foundation
import MCLSupport

/// Evaluations on the same test videos side by side.
package struct RunComparison: Sendable, Encodable {
  package struct Run: Sendable, Encodable {
    package var folder: String
    /// How it is called in tables; no other run is called so.
    package var name: String
    package var model: String
    /// The file; nil for random ones.
    package var weights: String?
    package var program: String
    package var views: String
  }

  /// A run's number.
  package struct Cell: Sendable, Encodable {
    package var mean: Double
    /// Over the seeds; nil for one.
    package var standardError: Double?
    /// To the first run; nil for the first itself, and where that has no such number.
    package var difference: Double?
    /// Of the difference, by the classes in `predictions.csv`; nil where these do not say it.
    package var interval: PairedBootstrap?
  }

  package struct Row: Sendable, Encodable {
    package var metric: String
    package var chance: Double
    /// One of each run; nil where it was not measured.
    package var cells: [Cell?]
    /// The runs with the largest number.
    package var best: [Int]
  }

  /// A class of which a run has another share right than the first.
  package struct ClassDifference: Sendable, Encodable, Equatable {
    /// The run that is compared with the first.
    package var run: Int
    package var name: String
    package var videos: Int
    /// Right in the first run.
    package var first: Int
    /// Right in the other.
    package var second: Int
  }

  package let runs: [Run]
  /// Those that could not be read among them.
  package let testVideos: Int
  package let rows: [Row]
  /// Of each run but the first, the classes that differ most.
  package let classes: [ClassDifference]
  /// What a reader has to know, a sentence each.
  package let remarks: [String]
  package let seed: UInt64
  package let resamples: Int

  package static let classLimit = 10

  /// Reads the evaluations.
  /// - Parameter seed: draws the resamples.
  /// - Throws: `UsageError` for fewer than two, for folders that hold no evaluation, and for other test videos.
  package init(_ folders: [EvaluationFolder], seed: UInt64) throws {
    guard folders.count > 1, let first = folders.first else {
      throw UsageError(
        "name at least two folders of 'mclc evaluate', the first being what others are compared with")
    }
    let results = try folders.map { try $0.result() }
    let tables = try zip(folders, results).map { try PredictionTable($0, of: $1) }
    for (folder, (result, table)) in zip(folders, zip(results, tables)).dropFirst() {
      let what: String?
      if let own = tables[0], let table {
        what = own.difference(from: table, own: first.path, folder.path)
      } else {
        let isSame = results[0].test.videosSHA256 == result.test.videosSHA256
        what =
          isSame
          ? nil : "they have \(results[0].test.videos) and \(result.test.videos) videos of other hashes"
      }
      if let what {
        throw UsageError(
          "\(first.path) and \(folder.path) have different test sets: \(what); evaluate both on the same list"
        )
      }
    }
    let names = Self.names(folders)
    runs = zip(zip(folders, names), results).map { folder, result in
      Run(
        folder: folder.0.path, name: folder.1, model: result.model.name, weights: result.model.weights.file,
        program: "\(result.features.program), \(result.features.output)", views: result.views.text)
    }
    testVideos = results[0].test.videos + results[0].test.unreadable.count
    (self.seed, resamples) = (seed, PairedBootstrap.resamples)
    // Intervals are of the classes that predictions.csv holds, which must come of one protocol.
    let shown = results[0].shownMetric
    let comparable = zip(results, tables).map { $0.shownMetric == shown && $1 != nil && shown != nil }
    let outcomes = tables.enumerated().map { place, table in
      place > 0 && comparable[place] && comparable[0] ? Self.pairs(tables[0], table) : []
    }
    let intervals = outcomes.map { pairs in
      pairs.isEmpty
        ? [:]
        : Self.intervals(pairs, metric: shown ?? "", seed: seed)
    }
    rows = Self.rows(results, intervals)
    classes = outcomes.enumerated().flatMap { Self.classes($0.element, run: $0.offset) }
    remarks = Self.remarks(results, names, comparable)
  }

  // MARK: Parts

  /// Folders' own names; whole paths where two are called alike.
  private static func names(_ folders: [EvaluationFolder]) -> [String] {
    let counts = Dictionary(grouping: folders, by: \.name).mapValues(\.count)
    return folders.map { counts[$0.name, default: 0] > 1 ? $0.path : $0.name }
  }

  private typealias Pair = (first: PredictionTable.Row, second: PredictionTable.Row)

  /// The rows of each video, in the order of the names.
  private static func pairs(_ first: PredictionTable?, _ second: PredictionTable?) -> [Pair] {
    guard let first, let second else { return [] }
    return first.rows.sorted { $0.key < $1.key }.compactMap { name, row in
      second.rows[name].map { (row, $0) }
    }
  }

  /// - Parameter metric: the one that the best class of each video gives.
  private static func intervals(
    _ pairs: [Pair], metric: String, seed: UInt64
  ) -> [String: PairedBootstrap] {
    let five = metric.hasSuffix(".top1") ? String(metric.dropLast(5)) + ".top5" : metric
    return [
      five: PairedBootstrap(pairs.map { ($0.first.isAmongFive, $0.second.isAmongFive) }, seed: seed),
      metric: PairedBootstrap(pairs.map { ($0.first.isRight, $0.second.isRight) }, seed: seed),
    ]
  }

  private static func rows(
    _ results: [EvaluationResult], _ intervals: [[String: PairedBootstrap]]
  ) -> [Row] {
    let metrics = results.map(\.metrics)
    var names: [String] = []
    for name in metrics.joined().map(\.name) where !names.contains(name) { names.append(name) }
    return names.map { name in
      let own = metrics.map { $0.first { $0.name == name } }
      let cells = own.enumerated().map { place, metric -> Cell? in
        metric.map { metric in
          let interval = intervals[place][name]
          let apart = place > 0 ? own[0].map { metric.mean - $0.mean } : nil
          return Cell(
            mean: metric.mean, standardError: metric.standardError, difference: apart, interval: interval)
        }
      }
      let largest = cells.compactMap { $0?.mean }.max()
      return Row(
        metric: name, chance: own.compactMap { $0 }.first?.chance ?? 0, cells: cells,
        best: cells.indices.filter { cells[$0]?.mean == largest })
    }
  }

  private static func classes(_ pairs: [Pair], run: Int) -> [ClassDifference] {
    let byClass = Dictionary(grouping: pairs) { $0.first.label }
    let all = byClass.map { name, pairs in
      ClassDifference(
        run: run, name: name, videos: pairs.count, first: pairs.count { $0.first.isRight },
        second: pairs.count { $0.second.isRight })
    }
    func size(_ own: ClassDifference) -> Double {
      Double(abs(own.second - own.first)) / Double(own.videos)
    }
    return Array(
      all.filter { $0.first != $0.second }.sorted { a, b in
        if size(a) != size(b) { return size(a) > size(b) }
        return a.videos != b.videos ? a.videos > b.videos : a.name.precedesByBytes(b.name)
      }.prefix(classLimit))
  }

  private static func remarks(
    _ results: [EvaluationResult], _ names: [String], _ comparable: [Bool]
  ) -> [String] {
    guard let first = results.first else { return [] }
    var remarks: [String] = []
    for (place, (result, name)) in zip(results, names).enumerated() {
      if result.model.weights.file == nil { remarks.append("\(name) has random weights") }
      if result.features.preparation.isSingleFrame { remarks.append("\(name) sees single frames") }
      guard place > 0 else { continue }
      if result.training.videosSHA256 != first.training.videosSHA256 {
        remarks.append("\(name) has other videos to train with than \(names[0])")
      }
      if result.views.text != first.views.text {
        remarks.append("\(name) sees \(result.views.text) views of a video, \(names[0]) \(first.views.text)")
      }
      guard !(comparable[place] && comparable[0]) else { continue }
      remarks.append(
        "\(name) and \(names[0]) have no predictions of one protocol, so that there is no interval; compute them again "
          + "with 'mclc evaluate --rescore' and the same --protocol")
    }
    return remarks
  }
}
