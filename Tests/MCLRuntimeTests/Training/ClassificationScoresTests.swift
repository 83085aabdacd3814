import Foundation
import MCLRuntime
import Testing

@Suite struct ClassificationScoresTests {
  @Test func sharesAreCountedByHand() {
    var scores = ClassificationScores(classes: 7)
    #expect(scores.top1 == 0 && scores.meanClassAccuracy == 0 && scores.crossEntropy == 0)
    // Class 0: right, right, third. Class 2: sixth of seven. Class 6: right.
    scores.count([9, 1, 2, 3, 4, 5, 6], label: 0)
    scores.count([9, 8, 7, 6, 5, 4, 3], label: 0)
    scores.count([5, 7, 6, 1, 1, 1, 1], label: 0)
    scores.count([6, 5, 1, 4, 3, 2, 0], label: 2)
    scores.count([0, 0, 0, 0, 0, 0, 1], label: 6)
    #expect(scores.count == 5 && scores.top1 == 3.0 / 5 && scores.top5 == 4.0 / 5)
    #expect(abs(scores.meanClassAccuracy - (2.0 / 3 + 0 + 1) / 3) < 1e-12)
  }

  /// Of equal scores the lower class comes first, so that a network that says nothing is right by chance only.
  @Test func equalScoresAndNaN() {
    var scores = ClassificationScores(classes: 6)
    for label in 0..<6 { scores.count([1, 1, 1, 1, 1, 1], label: label) }
    #expect(scores.top1 == 1.0 / 6 && scores.top5 == 5.0 / 6)
    #expect(abs(scores.crossEntropy - log(6)) < 1e-9)
    var broken = ClassificationScores(classes: 2)
    broken.count([.nan, .nan], label: 0)
    #expect(broken.top1 == 0 && broken.top5 == 0)
  }

  @Test func whatHasNoScoresIsWrong() {
    var scores = ClassificationScores(classes: 2)
    scores.count([2, 1], label: 0)
    scores.countWithoutScores(label: 0)
    #expect(scores.count == 2 && scores.top1 == 0.5 && scores.top5 == 0.5 && scores.meanClassAccuracy == 0.5)
    // Of an unknown class: wrong, and of no class's share.
    scores.countWithoutScores(label: nil)
    scores.countWithoutScores(label: 7)
    #expect(scores.count == 4 && scores.top1 == 0.25 && scores.meanClassAccuracy == 0.5)
  }
}
