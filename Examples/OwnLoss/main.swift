import MCLCompiler
import MCLExecution
import MCLGraph
import MCLSupport
import MCLWeights

// Which way does the bar move? The loss has a gradient in it, which training differentiates once more.
let model = Model("bars") { _ in
  Program("step") { context in
    let clips = context.input("clips", [16, 3, 4, 16, 16])
    let labels = context.input("labels", [16], .int64)
    let network = Chain {
      Conv("conv", [3, 3, 3], 8, stride: [1, 2, 2])
      ReLU()
      GlobalAveragePool()
      Linear("fc", 2)
    }
    let scores = network(clips, in: Scope(context, isTraining: true))
    let slope = gradient(of: scores.sum(), at: clips)
    let loss = scores.crossEntropy(labels: labels) + 10 * (slope * slope).sum() / 16
    let rate = context.scalar("rate", default: 0.3)
    return Step(outputs: [("loss", loss)], updates: context.descent(of: loss, rate: rate))
  }
}

/// Batches of one's own: a white bar, three pixels wide, that moves left or right over a black ground.
struct Bars: BatchSource {
  let batchSize = 16
  let epochLength = 160

  func batch(_ index: Int) -> Batch {
    var random = CounterRandom(seed: 1, sample: index, purpose: "bars")
    var (clips, labels) = ([Float](), [Int64]())
    for _ in 0..<batchSize {
      let (start, isRightward) = (random.integer(below: 16), random.bernoulli(0.5))
      let starts = (0..<4).map { time in start + (isRightward ? time : -time) }
      let frames = starts.map { left in
        (0..<256).map { pixel in (pixel % 16 - left + 32) % 16 < 3 ? Float(1) : 0 }
      }
      for _ in 0..<3 { clips += frames.joined() }
      labels.append(isRightward ? 1 : 0)
    }
    let tensors = [
      "clips": HostTensor([16, 3, 4, 16, 16], .float32(clips)), "labels": HostTensor([16], .int64(labels)),
    ]
    return Batch(index: index, tensors: tensors)
  }
}

let executor = try Executor(ProgramCompiler().compile(model.module().program("step")).plan)
try executor.initializeStates(seed: 1)
for step in 1...200 {
  try executor.give(Bars().batch(step))
  try executor.run()
  if step == 1 || step % 40 == 0 { print("step \(step): loss \(try executor.value("loss")[0])") }
}
