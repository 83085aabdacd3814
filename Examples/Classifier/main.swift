import Foundation
import MCLCompiler
import MCLData
import MCLExecution
import MCLGraph
import MCLRuntime
import MCLSupport

// Trains a classifier on a folder with a folder of videos for each class: swift run -c release classifier VIDEOS RUN
let model = Model("classifier") { settings in
  let classes = settings.classes("classes", default: 2)
  Program("step") { context in
    let sample = context.sample(.clips, batch: 4, frames: 8, step: 4, size: (32, 32))
    let labels = sample.label("labels", of: classes)
    let network = Chain {
      Conv("space", [1, 5, 5], 16, stride: [1, 2, 2])
      Conv("time", [5, 1, 1], 16)
      BatchNorm("norm")
      ReLU()
      GlobalAveragePool()
      Linear("fc", classes.count)
    }
    let loss = network(sample.clip("clip"), in: Scope(context, isTraining: true)).crossEntropy(labels: labels)
    let rate = context.scalar("rate", default: 0.1)
    return Step(outputs: [("loss", loss)], updates: context.descent(of: loss, rate: rate, momentum: 0.9))
  }
}

let arguments = CommandLine.arguments
guard arguments.count == 3 else {
  print("name a folder of videos and a folder for the run")
  exit(2)
}
let (videos, run) = (try VideoDataset(directory: arguments[1]), try RunFolder(arguments[2]))
let classes = try ClassTable(videos.videos)
let program = try model.module(["classes": String(classes.count)]).program("step")
let prepared = try FrameCatalog(directory: run.file("frames"), minimumFrames: 29).prepare(videos) { _ in }
let batches = try DeclaredBatches(
  DataDeclaration(program), from: .videos(prepared.videos), policy: .cropAndFlip, seed: 1, classes: classes)
let trainer = try Trainer(
  executor: Executor(ProgramCompiler().compile(program).plan), program: program, source: batches, run: run,
  configuration: .init(steps: 30, seed: 1))
try trainer.start(resume: false) { print($0) }
_ = try trainer.train(shouldStop: { false }) { print("step \($0.record.step): \($0.record.outputs)") }
