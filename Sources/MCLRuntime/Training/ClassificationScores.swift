import Foundation

/// How often a classifier is right, counted sample by sample.
public struct ClassificationScores: Sendable, Equatable {
  /// Of each class, samples and those of them that were right.
  private var samples: [Int]
  private var right: [Int]
  private var rightInFive = 0
  private var crossEntropies = 0.0
  /// Samples counted so far.
  public private(set) var count = 0

  /// No samples yet.
  /// - Parameter classes: C, the number of classes.
  public init(classes: Int) {
    samples = [Int](repeating: 0, count: classes)
    right = samples
  }

  /// Counts one sample.
  /// - Parameters:
  ///   - scores: [C]. Of equal scores the class of the lower number ranks first; NaN ranks last.
  ///   - label: the right class; one outside 0 ..< C is wrong whatever the scores.
  public mutating func count(_ scores: ArraySlice<Float>, label: Int) {
    count += 1
    guard samples.indices.contains(label), scores.count > label else { return }
    let own = scores[scores.startIndex + label]
    samples[label] += 1
    crossEntropies += Self.crossEntropy(scores, own)
    guard !own.isNaN else { return }
    var rank = 0
    for (number, score) in scores.enumerated() where score > own || (score == own && number < label) {
      rank += 1
    }
    if rank == 0 { right[label] += 1 }
    if rank < 5 { rightInFive += 1 }
  }

  /// Counts one sample without scores, such as a video that could not be read: it is wrong.
  /// - Parameter label: the right class; nil where it is not known, which leaves the mean over classes as it is.
  package mutating func countWithoutScores(label: Int?) {
    count += 1
    if let label, samples.indices.contains(label) { samples[label] += 1 }
  }

  /// The share of samples whose class has the largest score.
  public var top1: Double { share(right.reduce(0, +)) }
  /// The share of samples whose class has one of the five largest scores.
  public var top5: Double { share(rightInFive) }
  /// The mean, over the classes that have samples, of the share of them that are right.
  public var meanClassAccuracy: Double {
    let shares = zip(right, samples).filter { $0.1 > 0 }.map { Double($0.0) / Double($0.1) }
    return shares.isEmpty ? 0 : shares.reduce(0, +) / Double(shares.count)
  }

  /// The mean of `log(sum of exp(s)) - s(label)` over the samples.
  public var crossEntropy: Double { count == 0 ? 0 : crossEntropies / Double(count) }

  private static func crossEntropy(_ scores: ArraySlice<Float>, _ own: Float) -> Double {
    let peak = Double(scores.max() ?? 0)
    return peak + log(scores.reduce(0) { $0 + exp(Double($1) - peak) }) - Double(own)
  }

  private func share(_ right: Int) -> Double { count == 0 ? 0 : Double(right) / Double(count) }
}
