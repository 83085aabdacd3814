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

  private struct Configuration: Decodable {
    var lr_scheduler: String
    var epochs: Int
    var warmup_epoch: Int
    var n: Int
    var base: Double
  }

  @Test(.enabled(if: MotionGoldens.available)) func goldenSchedules() throws {
    let folder = try #require(MotionGoldens.folder)
    let file = try SafeTensors(path: folder + "/schedule.safetensors")
    var compared = 0
    for name in ["cosine", "cosine_base0.01", "cosine_nowarmup"] {
      let given = try JSONDecoder().decode(
        Configuration.self, from: Data(try #require(file.metadata[name]).utf8))
      #expect(given.lr_scheduler == "cosine")
      let schedule = LearningRateSchedule.cosine(
        base: given.base, stepsPerEpoch: given.n, epochs: given.epochs, warmup: given.warmup_epoch)
      for (step, rate) in try file.tensor("\(name).lr").doubles.enumerated() {
        #expect(abs(schedule.rate(step: step) / rate - 1) < 1e-6, "\(name), step \(step)")
        compared += 1
      }
      let exact = try JSONDecoder().decode(
        [String: String].self, from: Data(try #require(file.metadata["\(name).exact"]).utf8))
      for (key, text) in exact {
        let (step, rate) = (try #require(Int(key)), try #require(Double(text)))
        #expect(abs(schedule.rate(step: step) / rate - 1) < 1e-12, "\(name), step \(step)")
      }
    }
    #expect(compared == 3 * 141)
  }
}
