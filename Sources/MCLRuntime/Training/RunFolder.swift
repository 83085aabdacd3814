import Foundation
import MCLData
import MCLSupport
import MCLWeights

/// The folder of a run: its checkpoints, its log, its curve; held by one process at a time.
public final class RunFolder: Sendable {
  /// What the run is made of, as `mclc train` writes it.
  public static let configurationFile = "config.yaml"

  /// The path of the folder, as it was given.
  public let path: String
  private let lock: Int32

  /// Makes the folder if need be and takes its lock, which ends with the process.
  /// - Throws: `UsageError` when it cannot be made or written, or another process trains there.
  public init(_ path: String) throws {
    self.path = path
    do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
      throw UsageError("\(path): the folder cannot be made; choose another with --out")
    }
    let file = (path as NSString).appendingPathComponent(".lock")
    let lock = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard lock >= 0 else {
      throw UsageError(
        "\(path): it cannot be written (\(String(cString: strerror(errno)))); choose another with --out")
    }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      close(lock)
      throw UsageError("\(path): another process is training there; wait for it or choose another folder")
    }
    // Last, as a class that is whole runs its deinit when init throws, which would close the file twice.
    self.lock = lock
  }

  deinit { close(lock) }

  /// The path of a file of this folder.
  public func file(_ name: String) -> String { (path as NSString).appendingPathComponent(name) }

  /// Whether the folder holds a checkpoint, be it whole or damaged.
  public var hasCheckpoints: Bool { !Checkpoint.steps(in: path).isEmpty }

  /// Checks that no run was begun in the folder.
  ///
  /// - Throws: `UsageError` when the folder holds a run.
  public func expectNoRun() throws {
    guard hasCheckpoints else { return }
    throw UsageError(
      "\(path) holds a run already; add --resume to go on with it, or choose another folder with --out")
  }

  /// The log's records up to a step; later ones, from a run that was killed after its last checkpoint, are dropped.
  package func records(through step: Int) throws -> [StepRecord] {
    guard let data = FileManager.default.contents(atPath: file("log.jsonl")) else { return [] }
    let records = data.split(separator: 0x0a).compactMap {
      try? JSONDecoder().decode(StepRecord.self, from: $0)
    }
    return records.filter { $0.step <= step }
  }

  /// Replaces the log.
  func rewriteLog(_ records: [StepRecord]) throws {
    try AtomicFile.write(try records.map { try $0.line + "\n" }.joined(), to: file("log.jsonl"))
  }

  package func append(_ record: StepRecord) throws {
    try append(try record.line + "\n", to: "log.jsonl")
  }
}

/// What one step gave.
public struct StepRecord: Sendable, Codable, Equatable {
  /// Steps done, from 1.
  public var step: Int
  /// The epoch that the step began in, from 1.
  public var epoch: Int
  /// The inputs that schedules set, by name; nil where none is scheduled.
  public var scheduled: [String: Double]?
  /// The step's scalar outputs: `loss.total`, `loss.inter`, `prob.inter`, …
  public var outputs: [String: Float]
  /// What was measured of the states after the step, by name; nil where nothing was.
  public var measured: [String: Double]?

  /// The mean of the outputs of a step's batches; what is no loss and of no group (`loss`, `loss.inter`, `top1.inter`)
  /// is the step's, and the last batch's.
  static func mean(_ batches: [[String: Float]]) -> [String: Float] {
    guard let last = batches.last, batches.count > 1 else { return batches.last ?? [:] }
    return Dictionary(
      uniqueKeysWithValues: last.map { name, value in
        guard name.hasPrefix("loss") || name.contains(".") else { return (name, value) }
        return (name, Float(batches.reduce(0) { $0 + Double($1[name] ?? .nan) } / Double(batches.count)))
      })
  }

  var line: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}
