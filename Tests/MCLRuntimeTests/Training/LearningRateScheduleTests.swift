import Foundation
import MCLRuntime
import Testing

@Suite struct LearningRateScheduleTests {
  /// UCF101 as in the reference, section 3: 292 steps an epoch, 200 epochs, 5 of warm-up.
  @Test func valuesByHand() {
    let schedule = LearningRateSchedule.cosine(base: 0.01, stepsPerEpoch: 292, epochs: 200, warmup: 5)
    let expected: [(Int, Double)] = [
      (0, 0.0001), (365, 0.0001 * 25.75), (730, 0.00505), (1460, 0.01),
      // A third, a half and the whole of the cosine: 1 + cos = 3/2, 1 and 0.
      (1460 + 18980, 1e-6 + 0.009999 * 0.75), (1460 + 28470, 0.0050005), (58400, 1e-6), (60000, 1e-6),
    ]
    for (step, rate) in expected {
      #expect(abs(schedule.rate(step: step) / rate - 1) < 1e-12, "step \(step)")
    }
    let direct = LearningRateSchedule.cosine(base: 0.2, stepsPerEpoch: 7, epochs: 20, warmup: 0)
    #expect(direct.rate(step: 0) == 0.2)
    #expect(abs(direct.rate(step: 70) - (1e-6 + 0.199999 / 2)) < 1e-15)
    #expect(LearningRateSchedule.constant(0.05).rate(step: 123) == 0.05)
  }

  @Test func aRunWithinTheWarmUpHasARate() {
    let schedule = LearningRateSchedule.cosine(base: 0.01, stepsPerEpoch: 3, epochs: 2, warmup: 5)
    let rates = (0..<6).map(schedule.rate(step:))
    #expect(rates == rates.sorted() && rates.allSatisfy { $0 > 0 && $0 < 0.01 })
  }

  @Test func stepsFallAtTheirMilestones() {
    let schedule = LearningRateSchedule.step(
      base: 0.2, stepsPerEpoch: 7, warmup: 5, milestones: [8, 12], rate: 0.1, multiplier: 10)
    let expected: [(Int, Double)] = [
      (0, 0.02), (7, 0.02 * (9.0 / 5 + 1)), (35, 0.2), (36, 0.2), (55, 0.2), (56, 0.02), (83, 0.02),
      (84, 0.002),
      (1000, 0.002),
    ]
    for (step, rate) in expected {
      #expect(abs(schedule.rate(step: step) / rate - 1) < 1e-12, "step \(step)")
    }
  }

  /// An epoch of 5 videos in batches of 2 is two and a half steps.
  @Test func epochsNeedNotBeWholeSteps() {
    let schedule = LearningRateSchedule.cosine(base: 0.1, stepsPerEpoch: 2.5, epochs: 4, warmup: 2)
    #expect(schedule.rate(step: 5) == 0.1)
    #expect(abs(schedule.rate(step: 10) - 1e-6) < 1e-18)
    #expect(schedule.rate(step: 7) > schedule.rate(step: 8))
  }

  @Test func lossWeightsByEpoch() {
    func weights(_ kind: LossWeights, _ epoch: Int) -> [Double?] {
      let inputs = kind.inputs(epoch: epoch, epochs: 200)
      return [inputs["order_weight"], inputs["mal_weight"]]
    }
    #expect(LossWeights.constant.inputs(epoch: 3, epochs: 200).isEmpty)
    #expect(weights(.ucf101, 1) == [0.005, 2])
    #expect(weights(.ucf101, 5) == [0.025, 2])
    #expect(weights(.ucf101, 6) == [0.03, 1])
    #expect(weights(.ucf101, 200) == [1, 1])
    #expect(weights(.kinetics, 5) == [0, 2])
    #expect(weights(.kinetics, 6) == [0, 1])
  }
}
