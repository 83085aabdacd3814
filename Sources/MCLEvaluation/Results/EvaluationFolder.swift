import Foundation
import MCLSupport

/// The folder that an evaluation was written to. What is read from it is not trusted.
package struct EvaluationFolder: Sendable {
  package let path: String

  package static let resultFile = "eval.json"
  package static let predictionsFile = "predictions.csv"
  package static let confusionFile = "confusion.csv"
  package static let trainingFile = "features-train.safetensors"
  package static let testFile = "features-test.safetensors"
  package static let pageFile = "eval.html"

  /// Bytes of a text file that is read at most.
  private static let textLimit = 1 << 28

  /// The folder need not be there yet.
  package init(_ path: String) { self.path = path }

  /// The path of one of its files.
  package func file(_ name: String) -> String { (path as NSString).appendingPathComponent(name) }

  /// The folder's own name.
  package var name: String {
    let last = FilePath(path).lastComponent.description
    return last.isEmpty ? path : last
  }

  // MARK: What was measured

  /// `eval.json`.
  /// - Throws: `UsageError` where it is missing, or no result that can be used.
  package func result() throws -> EvaluationResult {
    let file = file(Self.resultFile)
    guard let data = try text(Self.resultFile) else {
      throw UsageError("\(path): it holds no \(Self.resultFile); name a folder that 'mclc evaluate' wrote to")
    }
    guard let result = try? JSONDecoder().decode(EvaluationResult.self, from: data) else {
      throw UsageError("\(file): it is no result of 'mclc evaluate' that can be read; evaluate anew")
    }
    guard result.version == EvaluationResult.currentVersion else {
      throw UsageError(
        "\(file): it has the version \(result.version), but this mclc reads \(EvaluationResult.currentVersion); "
          + "evaluate anew")
    }
    func damaged(_ what: String) -> UsageError { UsageError("\(file): \(what); it is damaged") }
    guard result.classes.count > 1, result.training.videos > 0, result.test.videos > 0 else {
      throw damaged(
        "it tells of \(result.classes.count) classes, \(result.training.videos) videos to train with and "
          + "\(result.test.videos) to test with")
    }
    for metric in result.metrics {
      if metric.values.isEmpty { throw damaged("\(metric.name) has no value") }
      for value in metric.values + [metric.chance] where !(0...1).contains(value) {
        throw damaged("\(metric.name) has the number \(value), which is no share from 0 to 1")
      }
    }
    return result
  }

  /// A text file's bytes; nil where there is none.
  /// - Throws: `UsageError` where the folder is not there, or the file is too large.
  func text(_ name: String) throws -> Data? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
      throw UsageError("\(path): there is no such folder; name one that 'mclc evaluate' wrote to")
    }
    let file = file(name)
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: file) else { return nil }
    guard (attributes[.size] as? NSNumber)?.intValue ?? 0 <= Self.textLimit else {
      throw UsageError("\(file): it has more than \(Self.textLimit >> 20) MiB; it is damaged")
    }
    guard let data = FileManager.default.contents(atPath: file) else {
      throw UsageError("\(file): it cannot be read; check its permissions")
    }
    return data
  }

  // MARK: Features

  /// Keeps the features of both sides, so that protocols can be computed again.
  /// - Throws: `TensorFileError` where they cannot be written.
  package func writeFeatures(training: FeatureTable, test: FeatureTable) throws {
    try FeatureFile.write(training, to: file(Self.trainingFile))
    try FeatureFile.write(test, to: file(Self.testFile))
  }

  /// The features of both sides, which must be those that a result tells of.
  /// - Parameter result: the folder's own.
  /// - Throws: `UsageError` where they are missing, damaged, or of another evaluation.
  package func features(of result: EvaluationResult) throws -> (training: FeatureTable, test: FeatureTable) {
    (
      try table(Self.trainingFile, result, result.training), try table(Self.testFile, result, result.test)
    )
  }

  private func table(
    _ name: String, _ result: EvaluationResult, _ part: EvaluationResult.Part
  ) throws -> FeatureTable {
    let file = file(name)
    guard FileManager.default.fileExists(atPath: file) else {
      throw UsageError("\(path): it holds no \(name); evaluate anew without --rescore, which keeps it")
    }
    let table: FeatureTable
    do { table = try FeatureFile.read(file, width: result.width) } catch let error as TensorFileError {
      throw UsageError(error.description)
    }
    let own = EvaluationResult.Part(table, origin: part.origin, listSHA256: part.listSHA256)
    let differing = [
      own.videosSHA256 != part.videosSHA256 || own.videos != part.videos ? "videos or labels" : nil,
      own.unreadable != part.unreadable ? "unreadable videos" : nil,
      table.source != result.features ? "weights, program or views" : nil,
    ].compactMap { $0 }
    guard let first = differing.first else { return table }
    throw UsageError(
      "\(file): its \(first) are not those of \(Self.resultFile) beside it; evaluate anew without --rescore")
  }
}
