import MCLGraph
import MCLSupport

/// A way to measure features: one file each, and one line in `FeatureEvaluation.Kind`.
package protocol FeatureProtocol {
  /// Measures, and puts what it finds into `outcome`.
  /// - Throws: errors of what it runs, and what the caller throws to end the work.
  static func run(_ comparison: FeatureComparison, into outcome: inout FeatureEvaluation.Outcome) throws
}

extension FeatureEvaluation {
  /// The protocols, in the order in which they are run.
  package enum Kind: String, Sendable, CaseIterable {
    case knn
    case retrieval
    case linear
    case svm

    var implementation: any FeatureProtocol.Type {
      switch self {
      case .knn: NeighbourVotes.self
      case .retrieval: Retrieval.self
      case .linear: LinearProbe.self
      case .svm: SupportVectorMachine.self
      }
    }

    /// What is measured unless told.
    package static let usual = "knn,retrieval,linear"
    /// Those that give scores of classes; the first of them that is run is shown video by video.
    static let shown: [Kind] = [.linear, .svm, .knn]

    /// - Parameters:
    ///   - text: names with commas between them.
    ///   - others: protocols besides, which messages name too.
    /// - Throws: `UsageError` for another name.
    package static func all(_ text: String, besides others: [String] = []) throws -> [Kind] {
      let names = text.split(separator: ",").map(String.init)
      let all = allCases.map(\.rawValue) + others
      let known = all.joined(separator: ", ")
      let kinds = try names.map { name in
        guard let kind = Kind(rawValue: name) else {
          let nearest =
            nearestName(to: name, in: all).map { "; did you mean '\($0)'?" } ?? ""
          throw UsageError("--protocol \(text): there is no protocol '\(name)' among \(known)\(nearest)")
        }
        return kind
      }
      guard !kinds.isEmpty else {
        throw UsageError("--protocol takes one or several of \(known), with commas between")
      }
      return allCases.filter(kinds.contains)
    }
  }
}

/// What protocols are told besides the features.
package struct ProtocolOptions: Sendable {
  /// What is drawn, once for each; at least one.
  package var seeds: [UInt64]
  package var linear: LinearProbe.Settings
  package var svmCost: SupportVectorCost

  package init(
    seeds: [UInt64] = [1], linear: LinearProbe.Settings = .init(), svmCost: SupportVectorCost = .fixed(1)
  ) { (self.seeds, self.linear, self.svmCost) = (seeds, linear, svmCost) }
}

/// How far an evaluation is.
package struct ProtocolProgress: Sendable, Equatable {
  /// What is done now, such as `comparing videos`.
  package var part: String
  /// The share of it that is done.
  package var share: Double
  /// Whether it says nothing more before it has done what may take long.
  package var isSilent: Bool

  package init(_ part: String, _ share: Double, isSilent: Bool = false) {
    (self.part, self.share, self.isSilent) = (part, share, isSilent)
  }
}

/// The two sides that a protocol compares, and what several protocols need of them.
package final class FeatureComparison {
  let evaluation: FeatureEvaluation
  let options: ProtocolOptions
  let threads: Int?
  private let progress: (ProtocolProgress) throws -> Void
  private var nearest: [[NearestNeighbours.Neighbour]]?

  init(
    _ evaluation: FeatureEvaluation, _ options: ProtocolOptions, threads: Int?,
    progress: @escaping (ProtocolProgress) throws -> Void
  ) {
    (self.evaluation, self.options, self.threads) = (evaluation, options, threads)
    self.progress = progress
  }

  /// - Throws: what the caller throws to end the work.
  func report(_ part: String, _ share: Double, isSilent: Bool = false) throws {
    try progress(ProtocolProgress(part, share, isSilent: isSilent))
  }

  /// Of each test video its nearest training videos, as many as any protocol asks for.
  func nearestVideos() throws -> [[NearestNeighbours.Neighbour]] {
    if let nearest { return nearest }
    let (training, test) = (evaluation.training, evaluation.test)
    let count = (NeighbourVotes.counts + Retrieval.counts).max() ?? 0
    let found = try NearestNeighbours(
      in: FeatureRows(training.means, width: training.width), threads: threads
    )
    .nearest(count, to: FeatureRows(test.means, width: test.width)) { try report("comparing videos", $0) }
    nearest = found
    return found
  }
}
