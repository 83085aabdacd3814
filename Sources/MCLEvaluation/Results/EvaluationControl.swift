import Foundation
import MCLSupport

/// Another evaluation on the same videos, whose numbers stand beside: what a network gives that has learnt nothing, or
/// that sees no motion.
package struct EvaluationControl: Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case random = "random initialisation"
    case singleFrame = "single frame"

    /// The option of `mclc evaluate` that makes it.
    package var option: [String] {
      switch self {
      case .random: ["--init", "none"]
      case .singleFrame: ["--single-frame"]
      }
    }

    /// What stands behind the folder's name.
    private var suffix: String {
      switch self {
      case .random: "-random"
      case .singleFrame: "-single-frame"
      }
    }

    /// Whether an evaluation is one.
    package func fits(_ result: EvaluationResult) -> Bool {
      switch self {
      case .random: result.model.weights.file == nil
      case .singleFrame: result.features.preparation.isSingleFrame
      }
    }

    /// The commands, as a shell takes them, that make this control of an evaluation and put it beside.
    /// - Parameters:
    ///   - arguments: of the evaluation's command; the first is the program.
    ///   - out: the folder that the evaluation is written to.
    package func commands(_ arguments: [String], out: String) -> [String] {
      var folder = out
      while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
      folder += suffix
      // Numbers as JSON were for a program, and random weights are no best ones of a run.
      let flags = self == .random ? ["--json", "--best"] : ["--json"]
      let given = arguments.dropFirst()
      let own = Self.without(["--out", "--control"], given.filter { !flags.contains($0) })
      let make = ["mclc"] + own + option + ["--out", folder]
      let put = ["mclc"] + given.filter { $0 != "--json" } + ["--control", folder]
      return [make, put].map { $0.map(ShellText.quoted).joined(separator: " ") }
    }

    /// Leaves options out with their values.
    private static func without(_ options: [String], _ arguments: [String]) -> [String] {
      var kept: [String] = []
      var isValue = false
      for argument in arguments {
        defer { isValue = options.contains(argument) && !isValue }
        if isValue || options.contains(argument) { continue }
        if options.contains(where: { argument.hasPrefix($0 + "=") }) { continue }
        kept.append(argument)
      }
      return kept
    }
  }

  package let folder: String
  package let result: EvaluationResult

  /// Reads it.
  /// - Throws: `UsageError` where the folder holds no result.
  package init(_ folder: EvaluationFolder) throws {
    (self.folder, result) = (folder.path, try folder.result())
  }

  /// What it is a control of, in words; the folder where it is none of the known.
  package var title: String {
    let kinds = Kind.allCases.filter { $0.fits(result) }
    return kinds.isEmpty
      ? EvaluationFolder(folder).name : kinds.map(\.rawValue).joined(separator: ", ")
  }

  /// - Throws: `UsageError` where it was evaluated on other videos or labels.
  package func expectSameVideos(as evaluation: FeatureEvaluation) throws {
    for (table, own, name) in [
      (evaluation.training, result.training, "train"), (evaluation.test, result.test, "test"),
    ] {
      let part = EvaluationResult.Part(table, origin: "", listSHA256: nil)
      guard part.videosSHA256 != own.videosSHA256 else { continue }
      throw UsageError(
        "--control \(folder): its \(own.videos) videos to \(name) with are not the \(part.videos) of this evaluation; "
          + "evaluate it with the same lists, shares and seed")
    }
  }
}
