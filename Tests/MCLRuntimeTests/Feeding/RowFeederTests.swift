import Foundation
import MCLCompiler
import MCLData
import MCLDataTestKit
import MCLExecution
import MCLGraph
import MCLRuntime
import MCLSupport
import MCLWeights
import Testing

/// Rows of a file as samples: what trains a head on features.
@Suite struct RowFeederTests {
  private func program(features: Int = 3) throws -> Graph {
    try Model("m") { _ in
      Program("step") { context in
        let rows = context.rows(batch: 4)
        let x = rows.tensor("x", [features], named: "features")
        let label = rows.tensor("label", [], .int64)
        let scores = Linear("fc", 2)(x, in: Scope(context, isTraining: true))
        let loss = scores.crossEntropy(labels: label)
        return Step(
          outputs: [("loss", loss)],
          updates: context.descent(of: loss, rate: context.scalar("rate", default: 0.5)))
      }
    }.module().program("step")
  }

  private func file(_ folder: VideoTestFolder, rows: Int = 10, labels: Int? = nil) throws -> String {
    let path = folder.path + "/features.safetensors"
    let values = (0..<rows * 3).map { place -> Float in
      let sign = place / 3 % 2 == 0 ? 1 : -1
      return Float(place % 3 == 0 ? sign : place)
    }
    try SafeTensors.write(
      [
        "features": HostTensor([rows, 3], .float32(values)),
        "label": HostTensor([labels ?? rows], .int64((0..<(labels ?? rows)).map { Int64($0 % 2) })),
      ], metadata: [:], to: path)
    return path
  }

  @Test func anEpochHasEveryRowOnce() throws {
    let folder = try VideoTestFolder()
    let program = try program()
    let rows = try TensorRows(path: try file(folder), program: program)
    let batches = try DeclaredBatches(DataDeclaration(program), from: .rows(rows), seed: 2)
    #expect(batches.epochLength == 10 && batches.batchSize == 4)
    var seen: [Int] = []
    for index in 0..<5 {
      let batch = try batches.batch(index)
      for (position, number) in batch.samples.enumerated() {
        seen.append(number)
        #expect(batch.floats("x")[position * 3 + 1] == Float(number * 3 + 1))
        #expect(batch.integers("label")[position] == Int64(number % 2))
      }
    }
    #expect(seen[..<10].sorted() == Array(0..<10) && seen[10...].sorted() == Array(0..<10))
  }

  @Test func aHeadIsTrainedOnThem() throws {
    let folder = try VideoTestFolder()
    let program = try program()
    let rows = try TensorRows(path: try file(folder), program: program)
    let trainer = try Trainer(
      executor: Executor(ProgramCompiler().compile(program).plan, threads: 1), program: program,
      source: DeclaredBatches(DataDeclaration(program), from: .rows(rows), seed: 2),
      run: RunFolder(folder.path + "/run"), configuration: .init(steps: 3, seed: 1))
    try trainer.start(resume: false) { _ in }
    var losses: [Float] = []
    let outcome = try trainer.train(shouldStop: { false }) {
      losses.append($0.record.outputs["loss"] ?? .nan)
    }
    #expect(outcome == .finished(steps: 3) && losses.count == 3 && losses.allSatisfy(\.isFinite))
  }

  @Test func whatTheFileHasNotIsSaid() throws {
    let folder = try VideoTestFolder()
    func complaint(_ body: () throws -> Void) -> String {
      let error = #expect(throws: UsageError.self) { try body() }
      return (error?.description ?? "").replacing(folder.path + "/", with: "")
    }
    let path = try file(folder, labels: 9)
    #expect(
      complaint { _ = try TensorRows(path: path, program: try program()) }
        == "features.safetensors: 'label' has 9 rows, but 'features' has 10; give them the same number")
    let wide = try program(features: 4)
    let rows = try TensorRows(path: try file(folder), program: wide)
    #expect(
      complaint { _ = try DeclaredBatches(DataDeclaration(wide), from: .rows(rows), seed: 1) }
        == "input 'x' from rows.tensor: it is f32[4,4], but the tensor 'features' of features.safetensors is [10, 3]; "
        + "make both rows alike")
  }
}
