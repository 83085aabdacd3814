import MCLCompiler
import MCLGraph
import MCLRuntime

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

/// A white bar, three pixels wide, that moves left or right over a black ground: batches of a source of one's own.
struct Bars: BatchSource {
  let batchSize = 16
  let epochLength = 160

  func batch(_ index: Int) -> Batch {
    var random = CounterRandom(seed: 1, sample: index, purpose: "bars")
    var (clips, labels) = ([Float](), [Int64]())
    for _ in 0..<batchSize {
      let (start, isRightward) = (random.integer(below: 16), random.bernoulli(0.5))
      labels.append(isRightward ? 1 : 0)
      for _ in 0..<3 {
        for time in 0..<4 {
          let left = start + (isRightward ? time : 16 - time)
          for _ in 0..<16 { clips += (0..<16).map { x in (x + 32 - left) % 16 < 3 ? 1 : 0 } }
        }
      }
    }
    return Batch(
      index: index,
      tensors: [
        "clips": HostTensor([16, 3, 4, 16, 16], .float32(clips)), "labels": HostTensor([16], .int64(labels)),
      ])
  }
}

let executor = try Executor(ProgramCompiler().compile(model.module().program("step")).plan)
try executor.initializeStates(seed: 1)
for step in 1...200 {
  try executor.give(Bars().batch(step))
  try executor.run()
  if step == 1 || step % 40 == 0 { print("step \(step): loss \(try executor.value("loss")[0])") }
}
