import MCLCompiler
import MCLData
import MCLExecution
import MCLGraph
import MCLMotion
import MCLRuntime
import MCLSupport
import MCLVideo

/// Runs a program on views of videos and keeps the features of each.
///
/// A video's features have the same bits for any number of threads and workers, whichever videos come before it, and
/// whether a stop lies between. Not for use from several threads at once.
package final class FeatureExtraction {
  package struct Progress: Sendable {
    /// Videos done, with those that were kept from before.
    package var done: Int
    package var videos: Int
    /// Videos that were kept from before.
    package var kept: Int
    /// The share of the batches that is done, of those that had to be computed.
    package var batchShare = 0.0
  }

  /// What an extraction found.
  package struct Result: Sendable {
    /// Of each video [views, D]; nil where it could not be read.
    package var features: [[Float]?]
    package var unreadable: [UnreadableVideo]
    package var kept: Int
  }

  package let program: FeatureProgram
  private let executor: Executor
  private let reader: ViewReader
  private let cache: FeatureCache?
  private let workers: Int
  /// Views of a video.
  var views: Int { reader.views.count }

  /// - Parameters:
  ///   - executor: of the program's graph, with its states set.
  ///   - cache: where features are kept; nil keeps none.
  ///   - workers: threads that decode.
  /// - Throws: `UsageError` for a scale at which no clip can be cut.
  package init(
    _ program: FeatureProgram, executor: Executor, reader: ViewReader, cache: FeatureCache?, workers: Int
  ) throws {
    (self.program, self.executor, self.reader) = (program, executor, reader)
    (self.cache, self.workers) = (cache, workers)
    try reader.preprocessing.expectClipFits()
    for input in program.idleInputs where executor.plan.inputs.contains(where: { $0.name == input.name }) {
      switch input.type.element {
      case .float32: try executor.setInput(input.name, floats: .init(repeating: 0, count: input.type.count))
      case .int64: try executor.setInput(input.name, integers: .init(repeating: 0, count: input.type.count))
      }
    }
  }

  /// What features depend on besides the videos, a line each.
  package static func key(
    _ program: FeatureProgram, weights: String, _ plan: ExecutionPlan, _ reader: ViewReader
  ) -> String {
    let (clip, preparation) = (reader.clip, reader.preparation)
    let numbers = [preparation.mean, preparation.standardDeviation].map {
      $0.map { "\($0)" }.joined(separator: ",")
    }
    var lines = [
      "mclc features 1", "weights \(weights)", "program \(program.hash)", "output \(program.output)",
      "views \(reader.views) of \(clip.frames) frames, step \(clip.step), \(clip.width)x\(clip.height)",
      "scale \(preparation.scale.rawValue), share \(preparation.centreShare), mean \(numbers[0]), "
        + "deviation \(numbers[1]), single frame \(preparation.isSingleFrame)",
      "decoder \(FrameIndex.decoderVersion)",
    ]
    lines += PlanChoices(plan).texts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Places of a batch that no view fills, of how many; such a batch is computed all the same.
  package var waste: (empty: Int, of: Int) {
    let turns = (views + program.batch - 1) / program.batch
    let places = views >= program.batch ? turns * program.batch : program.batch
    let filled = views >= program.batch ? views : program.batch / views * views
    return (places - filled, places)
  }

  /// The features of videos, each from the cache or computed.
  /// - Parameter progress: called before each batch; what it throws ends the work and keeps what is complete.
  /// - Throws: `UsageError` for a program whose rows depend on each other, `ExecutionError` for features that are not
  ///   finite, `TensorFileError` where the cache cannot be written.
  package func features(
    of videos: [PreparedVideo], progress: (Progress) throws -> Void = { _ in }
  ) throws -> Result {
    var result = Result(features: videos.map { cache?.features(of: $0) }, unreadable: [], kept: 0)
    let open = videos.indices.filter { result.features[$0] == nil }
    result.kept = videos.count - open.count
    var state = Progress(done: result.kept, videos: videos.count, kept: result.kept)
    try progress(state)
    guard !open.isEmpty else { return result }

    // Several short sets of views share a batch only where a row has the same bits at each place of it.
    var turns = Self.turns(open, views: views, batch: program.batch, sharing: true)
    // Zeros in the place of a video that cannot be read would tell nothing.
    let whole = turns.lazy.map { (turn: $0, read: Self.read($0, videos, self.reader, self.program.batch)) }
      .first { $0.read.failures.isEmpty }
    if let whole, try dependence(whole.read.values, videos[whole.turn[0].video]) == .rounding {
      turns = Self.turns(open, views: views, batch: program.batch, sharing: false)
    }
    let (all, reader, batch) = (turns, reader, program.batch)
    let loader = try BatchLoader(indices: 0..<all.count, workers: workers, capacity: workers + 1) {
      Self.read(all[$0], videos, reader, batch)
    }
    defer { loader.stop() }
    var parts: [Int: [Float]] = [:]
    var failed: Set<Int> = []
    for (number, turn) in all.enumerated() {
      state.batchShare = Double(number) / Double(all.count)
      try progress(state)
      let read = try loader.next()
      for (video, reason) in read.failures where failed.insert(video).inserted {
        result.unreadable.append(UnreadableVideo(name: videos[video].video.name.description, reason: reason))
        parts[video] = nil
        state.done += 1
      }
      guard turn.contains(where: { !failed.contains($0.video) }) else { continue }
      let rows = try run(read.values)
      for (place, row) in turn.enumerated() where !failed.contains(row.video) {
        let feature = rows[place * program.width..<(place + 1) * program.width]
        try expectFinite(feature, videos[row.video], view: row.view)
        parts[row.video, default: []] += feature
        guard row.view == views - 1, let whole = parts.removeValue(forKey: row.video) else { continue }
        try cache?.store(whole, of: videos[row.video])
        result.features[row.video] = whole
        state.done += 1
      }
    }
    state.batchShare = 1
    try progress(state)
    return result
  }

  // MARK: Batches

  private struct Row: Sendable {
    var video: Int
    var view: Int
  }

  private struct ReadTurn: Sendable {
    var values: [Float]
    /// Why videos could not be read.
    var failures: [(video: Int, reason: String)] = []
  }

  /// The batches of some videos: as many as a video's views take, or several whole videos in one.
  private static func turns(_ videos: [Int], views: Int, batch: Int, sharing: Bool) -> [[Row]] {
    guard views < batch, sharing else {
      return videos.flatMap { video in
        stride(from: 0, to: views, by: batch).map { first in
          (first..<min(first + batch, views)).map { Row(video: video, view: $0) }
        }
      }
    }
    let together = batch / views
    return stride(from: 0, to: videos.count, by: together).map { first in
      videos[first..<min(first + together, videos.count)].flatMap { video in
        (0..<views).map { Row(video: video, view: $0) }
      }
    }
  }

  /// The views of a batch; what no view fills, or cannot be read, is zero.
  private static func read(_ turn: [Row], _ videos: [PreparedVideo], _ reader: ViewReader, _ batch: Int)
    -> ReadTurn
  {
    let size = reader.viewSize
    var read = ReadTurn(values: [Float](repeating: 0, count: batch * size))
    var place = 0
    while place < turn.count {
      let row = turn[place]
      let count = turn[place...].prefix { $0.video == row.video }.count
      let failure = read.values.withUnsafeMutableBufferPointer { all -> String? in
        // Bounds: a turn has at most as many rows as the batch has places.
        let target = UnsafeMutableBufferPointer(rebasing: all[place * size..<(place + count) * size])
        do {
          try reader.read(videos[row.video], row.view..<row.view + count, into: target)
          return nil
        } catch {
          target.update(repeating: 0)
          return "\(error)"
        }
      }
      if let failure { read.failures.append((row.video, failure)) }
      place += count
    }
    return read
  }

  // MARK: Runs

  /// The features of a batch, [N, D].
  private func run(_ clips: [Float]) throws -> [Float] {
    try executor.setInput(program.clip.input, floats: clips)
    try executor.run()
    let values = try executor.value(program.output)
    guard program.pooled > 1 else { return values }
    return (0..<program.batch * program.width).map { number in
      let all = values[number * program.pooled..<(number + 1) * program.pooled]
      return Float(all.reduce(0.0) { $0 + Double($1) } / Double(program.pooled))
    }
  }

  private enum Dependence { case none, rounding }

  /// Whether rows depend on their places in the batch: runs a batch, and the same batch turned round with every second
  /// row left out.
  /// - Throws: `UsageError` where they depend on the other rows by more than rounding.
  private func dependence(_ clips: [Float], _ video: PreparedVideo) throws -> Dependence {
    let (batch, width, size) = (program.batch, program.width, clips.count / program.batch)
    guard batch > 1 else { return .none }
    let rows = try run(clips)
    var others = clips
    for row in stride(from: 1, to: batch, by: 2) {
      others.replaceSubrange(row * size..<(row + 1) * size, with: repeatElement(0, count: size))
    }
    let again = Self.turned(try run(Self.turned(others, rows: batch)), rows: batch)
    var (largest, apart): (Float, Float) = (0, 0)
    for row in stride(from: 0, to: batch, by: 2) {
      for place in row * width..<(row + 1) * width {
        largest = max(largest, rows[place].magnitude)
        apart = max(apart, (rows[place] - again[place]).magnitude)
      }
    }
    guard apart > 0 else { return .none }
    guard apart > 1e-3 * largest else { return .rounding }
    throw UsageError(
      "program '\(program.graph.name)' gives a clip of \(video.video.name) other features beside other clips, as batch norm "
        + "in training does; name a program in evaluation mode with --program")
  }

  private static func turned(_ values: [Float], rows: Int) -> [Float] {
    let size = values.count / rows
    return (0..<rows).reversed().flatMap { values[$0 * size..<($0 + 1) * size] }
  }

  private func expectFinite(_ feature: ArraySlice<Float>, _ video: PreparedVideo, view: Int) throws {
    guard let wrong = feature.first(where: { !$0.isFinite }) else { return }
    throw ExecutionError(
      "program '\(program.graph.name)' gives \(wrong) in '\(program.output)' for view \(view) of \(video.video.name); the "
        + "weights are damaged, or the program divides by zero")
  }
}
