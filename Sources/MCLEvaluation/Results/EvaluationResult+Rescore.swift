import Foundation
import MCLData

extension EvaluationResult {
  /// The version that is written, and the only one that is read.
  package static let currentVersion = 1

  /// The same evaluation with its protocols computed again: model, features, videos and views stay as they are, and what
  /// does not come of features alone.
  /// - Parameter seed: what the protocols' draws depend on; the same as before by default.
  package func rescored(_ outcome: FeatureEvaluation.Outcome, seed: UInt64? = nil) -> EvaluationResult {
    let gone = Set(protocolRemarks ?? [])
    var result = EvaluationResult(
      model: model, features: features, width: width, classes: classes, training: training, test: test,
      views: views, seed: seed ?? self.seed, outcome: outcome, remarks: remarks.filter { !gone.contains($0) })
    result.finetune = finetune
    return result
  }

  /// The classes as a table.
  /// - Throws: `UsageError` where two have one name.
  package var classTable: ClassTable {
    get throws { try ClassTable(String(decoding: try JSONEncoder().encode(classes), as: UTF8.self)) }
  }
}
