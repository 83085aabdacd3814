import MCLData
import MCLExecution
import MCLMotion
import MCLSupport
import MCLVideo
import Synchronization

/// What the samples of a run are.
public enum SampleSet: Sendable {
  /// Videos, each of which is a sample.
  case videos([PreparedVideo])
  /// Rows of the tensors of a file, each of which is a sample.
  case rows(TensorRows)

  /// The number of samples.
  public var count: Int {
    switch self {
    case .videos(let videos): videos.count
    case .rows(let rows): rows.count
    }
  }

  /// What a sample is called in messages.
  fileprivate func name(_ number: Int) -> String {
    switch self {
    case .videos(let videos): videos[number].video.name.description
    case .rows(let rows): "row \(number) of \(rows.path)"
    }
  }
}

/// The batches that a program declares, from the feeders that it names: a function of the batch's number alone.
///
/// Sample s of the run is the one at place s mod V of epoch s div V + 1, V samples in the data set, in an order drawn anew
/// each epoch; a batch may reach over the end of an epoch, so that all are drawn once an epoch whatever the batch size.
public final class DeclaredBatches: BatchSource {
  /// In which order an epoch takes the samples: drawn anew each epoch, or as they are listed.
  public enum Order: Sendable {
    case shuffled, listed
  }

  /// The data set that batches are drawn from.
  public let samples: SampleSet
  /// Samples in a batch, N.
  public let batchSize: Int
  /// Samples in an epoch: all of the data set, V.
  public var epochLength: Int { samples.count }
  private let inputs: [DeclaredInput]
  private let feeders: [any Feeder]
  private let orderKind: Order
  private let seed: UInt64
  private let failed = Mutex(Set<Int>())
  /// The order of the epoch asked for last: drawing it takes as long as there are samples.
  private let latestOrder = Mutex((epoch: 0, order: [Int]()))
  private let onFailure: @Sendable (String, String) -> Void
  private let failureShare: Double

  /// Batches of a declaration, drawn from a data set.
  ///
  /// - Parameters:
  ///   - decodedBudget: bytes of decoded frames and unpacked flows that are kept.
  ///   - failureShare: when more than this share of the samples have failed, the batches end with an error.
  ///   - onFailure: told once of each sample that fails, and why.
  /// - Throws: `SamplingError` and `UsageError` for what cannot be drawn.
  public init(
    _ declaration: DataDeclaration, from samples: SampleSet, policy: AugmentationPolicy = .full, seed: UInt64,
    classes: ClassTable? = nil, order: Order = .shuffled, shortSide: Int? = 256, decodedBudget: Int = 1 << 30,
    failureShare: Double = 0.5, onFailure: @escaping @Sendable (String, String) -> Void = { _, _ in }
  ) throws {
    // What is wrong with the policy is no sample's fault, so it shows here.
    try policy.validate()
    self.samples = samples
    self.seed = seed
    self.onFailure = onFailure
    self.failureShare = failureShare
    batchSize = declaration.batchSize
    orderKind = order
    inputs = declaration.parts.flatMap(\.inputs)
    var setup = FeederSetup(seed: seed, policy: policy, classes: classes)
    switch samples {
    case .videos(let videos):
      setup.videos = VideoReader(videos, shortSide: shortSide, decodedBudget: decodedBudget)
    case .rows(let rows): setup.rows = rows
    }
    feeders = try declaration.parts.map { try $0.feeder.init($0.inputs, setup) }
  }

  /// The order in which an epoch takes the samples.
  package func order(_ epoch: Int) -> [Int] {
    latestOrder.withLock { latest in
      if latest.epoch != epoch {
        var random = CounterRandom(seed: seed, epoch: epoch, purpose: "order of videos")
        let count = samples.count
        latest = (epoch, orderKind == .listed ? Array(0..<count) : random.permutation(count))
      }
      return latest.order
    }
  }

  /// Batch number `index` of the run, from 0. May be called from several threads at once.
  ///
  /// - Throws: `UsageError` when more samples have failed than may, `SamplingError` and `MotionError` for what is no sample's fault.
  public func batch(_ index: Int) throws -> Batch {
    let builder = BatchBuilder(index: index, count: batchSize, inputs)
    for position in 0..<batchSize { try write(index * batchSize + position, into: builder, at: position) }
    for feeder in feeders { feeder.fill(builder) }
    return builder.batch
  }

  private func write(_ s: Int, into batch: BatchBuilder, at position: Int) throws {
    let epoch = epoch(ofSample: s)
    let order = order(epoch)
    // A sample that fails is replaced by the one after it in this epoch's order.
    for attempt in 0..<samples.count {
      let sample = Sample(number: order[(s % samples.count + attempt) % samples.count], epoch: epoch)
      guard let writers = try read(sample) else { continue }
      for write in writers { try write(batch, position) }
      batch.samples.append(sample.number)
      return
    }
    throw UsageError("none of the \(samples.count) samples can be read any more; see what was said of each")
  }

  /// What is drawn and read of one sample; nil where it cannot be drawn or read any more, which is reported. No other
  /// error is the sample's.
  private func read(_ sample: Sample) throws -> [SampleWriter]? {
    func blame(_ reason: String) throws -> [SampleWriter]? {
      let (isNew, count) = failed.withLock { ($0.insert(sample.number).inserted, $0.count) }
      if isNew { onFailure(samples.name(sample.number), reason) }
      guard Double(count) <= failureShare * Double(samples.count) else {
        throw UsageError(
          "\(count) of the \(samples.count) samples cannot be read any more, a larger share than "
            + "\(failureShare); the last said: \(reason)")
      }
      return nil
    }
    do { return try feeders.map { try $0.read(sample) } } catch let error as SamplingError {
      return try blame(error.description)
    } catch let error as VideoError { return try blame(error.description) } catch let error as MotionError {
      return try blame(error.description)
    }
  }

  /// What is drawn for sample `s` of the run, from 0, so long as it does not fail; nil where the program takes no videos.
  /// - Throws: `SamplingError` and `MotionError` where the video cannot be sampled.
  package func drawn(_ s: Int) throws -> DrawnSample? {
    let epoch = epoch(ofSample: s)
    let sample = Sample(number: order(epoch)[s % samples.count], epoch: epoch)
    for feeder in feeders {
      if let drawn = try feeder.drawn(sample) { return drawn }
    }
    return nil
  }
}
