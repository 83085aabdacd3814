import Foundation
import MCLData
import MCLGraph
import MCLRuntime
import MCLSupport
import Testing

@Suite struct ScheduleTests {
  private func schedule(
    _ text: String, of value: Double = 1, stepsPerEpoch: Double = 1, epochs: Double = 10
  ) throws -> Schedule {
    try ScheduleText(text).schedule(default: value, stepsPerEpoch: stepsPerEpoch, epochs: epochs)
  }

  /// UCF101 as in the reference, section 3: 292 steps an epoch, 200 epochs, 5 of warm-up.
  @Test func valuesByHand() throws {
    let rates = try schedule("cosine to=1e-6 warmup=5", of: 0.01, stepsPerEpoch: 292, epochs: 200)
    let expected: [(Int, Double)] = [
      (0, 0.0001), (365, 0.0001 * 25.75), (730, 0.00505), (1460, 0.01),
      // A third, a half and the whole of the cosine: 1 + cos = 3/2, 1 and 0.
      (1460 + 18980, 1e-6 + 0.009999 * 0.75), (1460 + 28470, 0.0050005), (58400, 1e-6), (60000, 1e-6),
    ]
    for (step, rate) in expected {
      #expect(abs(rates.value(step: step, epoch: 1) / rate - 1) < 1e-12, "step \(step)")
    }
    let direct = try schedule("cosine from=0.2 to=1e-6", stepsPerEpoch: 7, epochs: 20)
    #expect(direct.value(step: 0, epoch: 1) == 0.2)
    #expect(abs(direct.value(step: 70, epoch: 11) - (1e-6 + 0.199999 / 2)) < 1e-15)
    #expect(try schedule("constant", of: 0.05).value(step: 123, epoch: 9) == 0.05)
    #expect(try schedule("constant 0.5", of: 0.05).value(step: 0, epoch: 1) == 0.5)
  }

  /// The formula of the learning rate that mclc had before, bit for bit.
  @Test func theBitsAreThoseOfTheLearningRate() throws {
    func rate(_ t: Int, base: Double, warmup: Double, multiplier: Double, length: Double) -> Double {
      let t = Double(t)
      if t <= warmup { return base / multiplier * ((multiplier - 1) * t / warmup + 1) }
      return 1e-6 + (base - 1e-6) * (1 + cos(.pi * min((t - warmup) / length, 1))) / 2
    }
    for (n, epochs, warmup) in [(292.625, 200.0, 5.0), (2.25, 22.3, 2), (7, 20, 5)] {
      let ours = try schedule(
        "cosine to=1e-6 warmup=\(warmup) multiplier=100", of: 0.05, stepsPerEpoch: n, epochs: epochs)
      for step in stride(from: 0, through: Int(n * epochs), by: max(Int(n) / 3, 1)) {
        let before = rate(
          step, base: 0.05, warmup: warmup * n, multiplier: 100, length: (epochs - warmup) * n)
        #expect(ours.value(step: step, epoch: 1) == before, "step \(step)")
      }
    }
  }

  @Test func aRunWithinTheWarmUpHasValues() throws {
    let text = try ScheduleText("cosine warmup=5")
    let rates = try text.schedule(default: 0.01, stepsPerEpoch: 3, epochs: 2)
    #expect(rates.description.hasPrefix("cosine from 0.01 to 0.0 over 0.0 steps after 15.0 steps"))
    let values = (0..<6).map { rates.value(step: $0, epoch: 1) }
    #expect(values == values.sorted() && values.allSatisfy { $0 > 0 && $0 < 0.01 })
    #expect(
      text.warning(stepsPerEpoch: 3, epochs: 2)
        == "the whole run lies within its warm-up of 5 epochs; lower warmup")
    #expect(text.warning(stepsPerEpoch: 3, epochs: 5.5) == nil)
    let steps = try ScheduleText("constant warmup=9steps")
    #expect(steps.warning(stepsPerEpoch: 3, epochs: 3)?.contains("9 steps") == true)
    #expect(steps.warning(stepsPerEpoch: 3, epochs: 3.5) == nil)
  }

  @Test func stepsChangeAtTheirMilestones() throws {
    let rates = try schedule("steps at=8,12 times=0.1 warmup=5 multiplier=10", of: 0.2, stepsPerEpoch: 7)
    let expected: [(Int, Double)] = [
      (0, 0.02), (7, 0.02 * (9.0 / 5 + 1)), (35, 0.2), (36, 0.2), (55, 0.2), (56, 0.02), (83, 0.02),
      (84, 0.002),
      (1000, 0.002),
    ]
    for (step, rate) in expected {
      #expect(abs(rates.value(step: step, epoch: 1) / rate - 1) < 1e-12, "step \(step)")
    }
    let values = try schedule("steps at=3,10steps values=4,2,-1", stepsPerEpoch: 2)
    #expect([0, 5, 6, 9, 10, 99].map { values.value(step: $0, epoch: 1) } == [4, 4, 2, 2, -1, -1])
  }

  /// An epoch of 5 videos in batches of 2 is two and a half steps.
  @Test func epochsNeedNotBeWholeSteps() throws {
    let rates = try schedule("cosine to=1e-6 warmup=2", of: 0.1, stepsPerEpoch: 2.5, epochs: 4)
    #expect(rates.value(step: 5, epoch: 3) == 0.1)
    #expect(abs(rates.value(step: 10, epoch: 5) - 1e-6) < 1e-18)
    #expect(rates.value(step: 7, epoch: 3) > rates.value(step: 8, epoch: 4))
  }

  /// What the published code gives its losses: order epoch/epochs, alignment 2 in epochs 1 to 5, then 1.
  @Test func valuesOfAnEpoch() throws {
    let order = try schedule("linear from=0 to=1 by=epoch", of: 7, stepsPerEpoch: 292.625, epochs: 200)
    for epoch in 1...200 {
      #expect(order.value(step: epoch * 300, epoch: epoch) == Double(epoch) / 200, "epoch \(epoch)")
    }
    #expect(order.value(step: 0, epoch: 201) == 1)
    let alignment = try schedule("steps at=5 values=2,1 by=epoch", stepsPerEpoch: 292.625, epochs: 200)
    #expect([1, 5, 6, 200].map { alignment.value(step: 0, epoch: $0) } == [2, 2, 1, 1])
    // A run of 3.2 epochs begins a fourth.
    let part = try schedule("linear from=0 to=1 by=epoch", epochs: 3.2)
    #expect((1...4).map { part.value(step: 0, epoch: $0) } == [0.25, 0.5, 0.75, 1])
    // Steps are a share of an epoch there.
    let short = try schedule("steps at=6steps values=2,1 by=epoch", stepsPerEpoch: 3)
    #expect([2, 3].map { short.value(step: 0, epoch: $0) } == [2, 1])
  }

  /// The published fine-tuning: the cosine moves with each of the four batches of a step, and the update of step t is made
  /// at the rate of its last batch, 4 t + 3 batches after the start.
  @Test func valuesOfABatch() throws {
    let rates = try ScheduleText("cosine to=1e-6 by=batch").schedule(
      default: 0.01, stepsPerEpoch: 37.25, epochs: 150, batchesPerStep: 4)
    #expect(rates.description == "cosine from 0.01 to 1e-06 over 22350.0 batches")
    #expect(rates.value(step: 0, epoch: 1, batch: 0) == 0.01)
    for (step, batch) in [(0, 3), (100, 403), (2793, 11175), (5587, 22349)] {
      let rate = 1e-6 + 0.009999 * (1 + cos(.pi * Double(batch) / 22350)) / 2
      #expect(abs(rates.value(step: step, epoch: 1, batch: batch) / rate - 1) < 1e-12, "batch \(batch)")
    }
    #expect(rates.value(step: 5588, epoch: 151, batch: 22350) == 1e-6)
    // Lengths in steps are of as many batches; without accumulation a batch is a step.
    let line = try ScheduleText("linear from=0 to=1 over=2steps warmup=0 by=batch")
    let long = try line.schedule(default: 1, stepsPerEpoch: 9, epochs: 9, batchesPerStep: 4)
    #expect(
      (0...9).map { long.value(step: $0 / 4, epoch: 1, batch: $0) } == (0...9).map { min(Double($0) / 8, 1) })
    let short = try line.schedule(default: 1, stepsPerEpoch: 9, epochs: 9)
    #expect((0...3).map { short.value(step: $0, epoch: 1) } == [0, 0.5, 1, 1])
    // A milestone is passed by the batch that begins there.
    let steps = try ScheduleText("steps at=1 values=2,1 by=batch").schedule(
      default: 1, stepsPerEpoch: 2.5, epochs: 3, batchesPerStep: 2)
    #expect([4, 5].map { steps.value(step: $0 / 2, epoch: 1, batch: $0) } == [2, 1])
  }

  @Test func aLineHasItsLength() throws {
    let line = try schedule("linear to=0", of: 8, stepsPerEpoch: 2, epochs: 4)
    #expect((0...9).map { line.value(step: $0, epoch: 1) } == [8, 7, 6, 5, 4, 3, 2, 1, 0, 0])
    let short = try schedule("linear from=1 to=3 over=4steps warmup=1", stepsPerEpoch: 2, epochs: 90)
    #expect((2...8).map { short.value(step: $0, epoch: 1) } == [1, 1.5, 2, 2.5, 3, 3, 3])
    #expect(short.value(step: 0, epoch: 1) == 0.01)
    let half = try schedule("cosine from=2 over=4 by=epoch")
    #expect(abs(half.value(step: 0, epoch: 2) - 1) < 1e-15 && half.value(step: 0, epoch: 4) == 0)
  }

  @Test(arguments: [
    ("constant", "constant"), (" constant  5e-1 ", "constant 0.5"),
    ("cosine by=step multiplier=100 to=1e-6 warmup=5", "cosine to=1e-06 warmup=5 multiplier=100"),
    ("cosine", "cosine to=0"), ("linear to=1 from=-2 by=epoch", "linear from=-2 to=1 by=epoch"),
    ("linear to=1 over=2.5epochs", "linear to=1 over=2.5"),
    ("steps times=.5 at=120,500steps", "steps at=120,500steps times=0.5"),
    ("steps values=2,1,0 at=5,6 by=epoch", "steps at=5,6 values=2,1,0 by=epoch"),
    ("constant 2 warmup=30steps multiplier=7", "constant 2 warmup=30steps multiplier=7"),
    ("constant warmup=0 multiplier=7", "constant"), ("cosine by=batch", "cosine to=0 by=batch"),
  ])
  func textsAreReadAndWritten(text: String, written: String) throws {
    let read = try ScheduleText(text)
    #expect(read.description == written)
    #expect(try ScheduleText(written) == read)
  }

  @Test(arguments: [
    ("", "give a schedule: constant, linear, cosine, steps, such as 'cosine warmup=5'"),
    (
      "cosin",
      "there is no schedule 'cosin'; did you mean 'cosine'? there are constant, linear, cosine, steps"
    ),
    ("0.5", "there is no schedule '0.5'; there are constant, linear, cosine, steps"),
    (
      "cosine warmups=5",
      "cosine takes no 'warmups'; did you mean 'warmup'? there are from, to, over, warmup, multiplier, by"
    ),
    ("constant at=5", "constant takes no 'at'; did you mean 'by'? there are warmup, multiplier, by"),
    ("cosine 5", "'5': write it as key=value, such as warmup=5"),
    ("constant 1 2", "'2': write it as key=value, such as warmup=5"),
    ("constant x", "'x': give a number"), ("constant 1e39", "'1e39': give a number"),
    ("cosine to=nan", "to=nan: give a number"), ("cosine to=1 to=2", "to is given twice; keep one"),
    ("linear", "linear has no end; add to, such as to=1"),
    (
      "cosine warmup=5step",
      "warmup=5step: give a length of at least 0, in epochs as 5 or in steps as 500steps"
    ),
    (
      "linear to=1 over=0", "over=0: give a length above 0, in epochs as 5 or in steps as 500steps"
    ),
    ("cosine multiplier=10", "multiplier goes with warmup; give both or neither"),
    ("cosine warmup=1 multiplier=0.5", "multiplier=0.5: give a number of at least 1"),
    ("cosine by=epochs", "by=epochs: give step, epoch or batch"),
    ("steps times=0.1", "steps has no milestones; add at, such as at=120,160"),
    ("steps at=5", "steps takes times, such as times=0.1, or values, such as values=2,1; give one of them"),
    (
      "steps at=5 times=2 values=1,2",
      "steps takes times, such as times=0.1, or values, such as values=2,1; give one of them"
    ),
    ("steps at=5 times=0", "times=0: give a number above 0"),
    ("steps at=5, times=2", "at=5,: give a length above 0, in epochs as 5 or in steps as 500steps"),
    (
      "steps at=5 values=1", "at gives 1 milestones and values 1 values; give one value more than milestones"
    ),
    ("steps at=5 values=1,x", "values=1,x: give numbers, such as values=2,1"),
    ("steps at=5 values=1,2 from=3", "values begins with the first value; leave out from"),
    ("steps at=5,5 times=2", "at=5,5: give milestones in order, such as at=120,160"),
    (
      "steps at=5,9 times=2 warmup=5",
      "at=5,9: give milestones in order, after the warm-up of 5 epochs, such as at=120,160"
    ),
  ])
  func mistakesAreAnswered(text: String, complaint: String) {
    let said = #expect(throws: UsageError.self) { try ScheduleText(text) }?.description
    #expect(said == complaint)
  }

  /// Epochs and steps can only be compared in a run.
  @Test func milestonesOfBothUnitsAreCompared() throws {
    let text = try ScheduleText("steps at=2,9steps times=2 warmup=1steps")
    #expect(try text.schedule(default: 1, stepsPerEpoch: 4, epochs: 9).value(step: 9, epoch: 3) == 4)
    for stepsPerEpoch in [5.0, 0.5] {
      #expect(throws: UsageError.self) {
        try text.schedule(default: 1, stepsPerEpoch: stepsPerEpoch, epochs: 9)
      }
    }
  }

  /// All that values depend on is in the text that a resumed run is compared by.
  @Test func differentSchedulesHaveDifferentDescriptions() throws {
    let texts = [
      "constant", "constant 2", "constant warmup=3", "constant warmup=3 multiplier=9", "constant warmup=2",
      "constant warmup=3 by=epoch", "linear to=3", "linear to=4", "linear to=3 over=4", "linear from=2 to=3",
      "linear to=3 by=epoch", "cosine to=3", "cosine to=3 over=4", "cosine from=2 to=3", "steps at=2 times=3",
      "steps at=2 times=4", "steps at=3 times=3", "steps from=2 at=2 times=3", "steps at=2 values=1,3",
      "steps at=2 values=1,4", "steps at=2 values=2,3", "steps at=2 values=1,3 by=epoch",
      "linear to=3 by=batch", "steps at=2 values=1,3 by=batch",
    ]
    let descriptions = try texts.map { try schedule($0, stepsPerEpoch: 2.5).description }
    #expect(Set(descriptions).count == texts.count, "\(descriptions)")
    let longer = try texts.map { try schedule($0, stepsPerEpoch: 2.5, epochs: 11).description }
    // Only what goes on to the end of the run depends on its length.
    let changed = zip(texts, zip(descriptions, longer)).filter { $0.1.0 != $0.1.1 }.map(\.0)
    #expect(
      changed == [
        "linear to=3", "linear to=4", "linear from=2 to=3", "linear to=3 by=epoch", "cosine to=3",
        "cosine from=2 to=3", "linear to=3 by=batch",
      ])
  }

  @Test func whatCanBeScheduledIsNamed() throws {
    let inputs = [
      Graph.Input(name: "clip", type: TensorType(.float32, [2]), defaultValue: nil),
      Graph.Input(name: "rate", type: TensorType(.float32, []), defaultValue: .float(1)),
      Graph.Input(name: "weight", type: TensorType(.float32, []), defaultValue: .float(1)),
      Graph.Input(name: "given", type: TensorType(.float32, []), defaultValue: nil),
    ]
    func complaint(_ name: String, _ inputs: [Graph.Input]) -> String? {
      #expect(throws: UsageError.self) { try Schedule.expect([name], among: inputs, of: "step") }?.description
    }
    try Schedule.expect(["rate", "weight"], among: inputs, of: "step")
    #expect(
      complaint("rates", inputs)
        == "program 'step' has no scalar input 'rates' for a schedule to set; did you mean 'rate'? there are rate, weight"
    )
    for name in ["clip", "given"] {
      #expect(complaint(name, inputs)?.hasSuffix("; there are rate, weight") == true)
    }
    #expect(
      complaint("rate", []) == "program 'step' has no scalar input 'rate' for a schedule to set; it has none")
  }
}
