/// A run's records for its curve, in bounded memory: of a long run, neighbours are averaged, always as many as each other,
/// so that the same records give the same curve however often the run was stopped.
struct CurveRecords {
  private(set) var records: [StepRecord] = []
  private var pending: [StepRecord] = []
  /// Records averaged into one.
  private var size = 1
  /// All that were appended.
  private(set) var count = 0

  static let limit = 4096

  mutating func append(_ record: StepRecord) {
    count += 1
    pending.append(record)
    guard pending.count == size else { return }
    records.append(Self.mean(pending))
    pending = []
    guard records.count == Self.limit else { return }
    records = stride(from: 0, to: Self.limit, by: 2).map { Self.mean(Array(records[$0...$0 + 1])) }
    size *= 2
  }

  /// The last record with the means of their losses and probabilities.
  private static func mean(_ records: [StepRecord]) -> StepRecord {
    var result = records[records.count - 1]
    result.outputs = StepRecord.mean(records.map(\.outputs))
    return result
  }
}
