import Foundation
import MCLSupport

/// What an evaluation gave, and all that its numbers depend on: `eval.json`.
///
/// It holds no time and no host, so that the same evaluation gives the same bytes.
package struct EvaluationResult: Sendable, Codable, Equatable {
  package struct Model: Sendable, Codable, Equatable {
    package var name: String
    /// Every setting that the model read.
    package var settings: [String: String]
    package var weights: Weights

    package init(name: String, settings: [String: String], weights: Weights) {
      (self.name, self.settings, self.weights) = (name, settings, weights)
    }
  }

  package struct Weights: Sendable, Codable, Equatable {
    /// The file; nil for random weights.
    package var file: String?
    /// What random weights are drawn by; nil for weights of a file.
    package var seed: UInt64?
    /// Of the states that features depend on, as they were set.
    package var sha256: String

    package init(file: String?, seed: UInt64?, sha256: String) {
      (self.file, self.seed, self.sha256) = (file, seed, sha256)
    }
  }

  /// The videos of one side.
  package struct Part: Sendable, Codable, Equatable {
    /// Where the videos come from, such as a list; in words.
    package var origin: String
    /// SHA-256 of the list's bytes; nil without a list.
    package var listSHA256: String?
    /// Videos with features.
    package var videos: Int
    /// SHA-256 of their names and labels, a line each: name, tab, label.
    package var videosSHA256: String
    package var unreadable: [UnreadableVideo]

    package init(_ table: FeatureTable, origin: String, listSHA256: String?) {
      (self.origin, self.listSHA256, videos, unreadable) = (origin, listSHA256, table.count, table.unreadable)
      let lines = zip(table.names, table.labels).map { "\($0)\t\($1 ?? "")\n" }
      videosSHA256 = SHA256.hexadecimal(lines.joined().utf8)
    }
  }

  package struct Views: Sendable, Codable, Equatable {
    package var text: String
    package var clips: Int
    package var crops: Int
    /// Of the text, the clip's shape and the preparation.
    package var sha256: String

    package init(_ views: EvaluationViews, _ source: FeatureSource) {
      (text, clips, crops) = (views.description, views.clips, views.crops)
      let (clip, preparation) = (source.clip, source.preparation)
      let words = [
        views.description, "\(clip.frames)", "\(clip.step)", "\(clip.height)", "\(clip.width)",
        preparation.scale.rawValue, "\(preparation.centreShare)", "\(preparation.mean)",
        "\(preparation.standardDeviation)", "\(preparation.isSingleFrame)",
      ]
      sha256 = SHA256.hexadecimal(words.joined(separator: " ").utf8)
    }
  }

  /// The numbers that the protocols fix.
  package struct Constants: Sendable, Codable, Equatable {
    package var similarity = "cosine of f32 features, L2 norm by Double sums"
    package var ties = "the lower index; of classes the lower number"
    package var videoFeature = "mean over the views, not normalised before"
    package var temperature = NeighbourVotes.temperature
    package var neighbours = NeighbourVotes.counts
    package var recallAt = Retrieval.counts

    package init() {}
  }

  /// Votes of the nearest neighbours of each video among the videos of the training side.
  package struct Neighbours: Sendable, Codable, Equatable {
    /// As the protocol has it.
    package var k: Int
    /// As many as there were: no more than training videos.
    package var used: Int
    package var top1: Double
    package var top5: Double
    package var meanClassAccuracy: Double
  }

  /// Recall by k.
  package struct Recall: Sendable, Codable, Equatable {
    package var k: Int
    package var recall: Double
    /// What a random order would give.
    package var chance: Double
  }

  /// Where nothing has been learnt.
  package struct Chance: Sendable, Codable, Equatable {
    /// 1 over the number of classes.
    package var top1: Double
    package var top5: Double
    /// The share of test videos that are of the class with the most training videos.
    package var mostFrequentClass: Double
  }

  package var version = currentVersion
  package var model: Model
  package var features: FeatureSource
  package var width: Int
  package var classes: [String]
  package var training: Part
  package var test: Part
  package var views: Views
  /// What a share to test with and the protocols' draws depend on.
  package var seed: UInt64
  package var constants = Constants()
  package var chance: Chance
  /// nil where the protocol was not asked for.
  package var knn: [Neighbours]?
  package var videoRetrieval: [Recall]?
  package var clipRetrieval: [Recall]?
  /// A linear layer on frozen features.
  package var linear: Trained?
  /// A linear support vector machine on frozen features.
  package var svm: Trained?
  /// All weights trained.
  package var finetune: Trained?
  /// The protocol that predictions.csv and confusion.csv are of; nil without them.
  package var shown: String?
  /// What a reader of the numbers has to know, a sentence each.
  package var remarks: [String]
  /// Those of the remarks that come of the protocols, and are made anew with them; nil where there are none.
  package var protocolRemarks: [String]?

  /// - Parameter remarks: those that do not come of the protocols.
  package init(
    model: Model, features: FeatureSource, width: Int, classes: [String], training: Part, test: Part,
    views: Views, seed: UInt64, outcome: FeatureEvaluation.Outcome, remarks: [String]
  ) {
    (self.model, self.features, self.width, self.classes) = (model, features, width, classes)
    (self.training, self.test, self.views, self.seed) = (training, test, views, seed)
    self.remarks = remarks + outcome.remarks
    protocolRemarks = outcome.remarks.isEmpty ? nil : outcome.remarks
    (chance, knn) = (outcome.chance, outcome.knn)
    (videoRetrieval, clipRetrieval) = (outcome.videoRetrieval, outcome.clipRetrieval)
    (linear, svm, shown) = (outcome.linear, outcome.svm, outcome.shown?.rawValue)
  }

  /// The JSON text of the file.
  package var text: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
  }
}
