import MCLCompiler
import MCLGraph
import MCLRuntime

// Which way does the bar move? The loss has a gradient in it, which training differentiates once more.
let model = Model("bars") { _ in
  Program("step") { context in
    let clips = context.input("clips", [16, 3, 4, 16, 16])
    let labels = context.input("labels", [16], .int64)
    let scope = Scope(context, path: "", parameters: "", isTraining: true, isTrainable: true)
    let network = Chain {
      Conv("conv", [3, 3, 3], 8, stride: [1, 2, 2])
      ReLU()
      GlobalAveragePool()
      Linear("fc", 2)
    }
    let scores = network.apply(clips, in: scope)
    let slope = gradient(of: scores.sum(), at: clips)
    let loss = scores.crossEntropy(labels: labels) + 10 * (slope * slope).sum() / 16
    let weights = context.parameters("").map(\.tensor)
    let updates = zip(weights, gradient(of: loss, at: weights)).map { ($0, $0 - 0.3 * $1) }
    return Step(outputs: [("loss", loss)], updates: updates)
  }
}

let executor = try Executor(ProgramCompiler().compile(model.module().program("step")).plan)
try executor.initializeStates(seed: 1)
var random = CounterRandom(seed: 1, purpose: "bars")
for step in 1...200 {
  let bars = (0..<16).map { _ in (start: random.integer(below: 16), speed: random.bernoulli(0.5) ? 1 : -1) }
  let clips = bars.flatMap { bar -> [Float] in
    (0..<3 * 4 * 256).map { at -> Float in (at - bar.start - at / 256 % 4 * bar.speed) & 15 < 3 ? 1 : 0 }
  }
  try executor.setInput("clips", floats: clips)
  try executor.setInput("labels", integers: bars.map { $0.speed > 0 ? 1 : 0 })
  try executor.run()
  if step == 1 || step % 40 == 0 { print("step \(step): loss \(try executor.value("loss")[0])") }
}
