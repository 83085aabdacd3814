import Foundation
import MCLDataTestKit
import MCLGraph
import MCLRuntime
import MCLWeights
import Testing

/// The draws of dropout are a function of the seed, the batch's number and the layer's path alone.
@Suite struct DropoutDrawTests {
  private func program(_ name: String) throws -> Graph {
    try Model("m") { _ in
      Program("step") { context in
        let x = context.rows(batch: 2).tensor("x", [500])
        let dropped = Dropout(name, 0.9)(x, in: Scope(context, path: "head", isTraining: true))
        return Step(outputs: [("y", dropped.sum())])
      }
    }.module().program("step")
  }

  private func batches(_ name: String, seed: UInt64, rows: TensorRows) throws -> DeclaredBatches {
    try DeclaredBatches(DataDeclaration(try program(name)), from: .rows(rows), seed: seed)
  }

  @Test func drawsFollowSeedBatchAndPathAlone() throws {
    let folder = try VideoTestFolder()
    let path = folder.path + "/rows.safetensors"
    try SafeTensors.write(
      ["x": HostTensor([3, 500], .float32((0..<1500).map(Float.init)))], metadata: [:], to: path)
    let rows = try TensorRows(path: path, program: try program("drop"))
    let source = try batches("drop", seed: 4, rows: rows)
    let forward = try (0..<4).map { try source.batch($0).floats("head.drop") }
    // Another source, in another order, as a resumed run or several workers ask.
    let again = try batches("drop", seed: 4, rows: rows)
    let backward = try (0..<4).reversed().map { try again.batch($0).floats("head.drop") }
    #expect(Array(backward.reversed()) == forward)
    #expect(Set(forward).count == 4)
    #expect(try batches("drop", seed: 5, rows: rows).batch(0).floats("head.drop") != forward[0])
    #expect(try batches("other", seed: 4, rows: rows).batch(0).floats("head.other") != forward[0])
    let dropped = forward.joined().count { $0 < 0.9 }
    // 4000 draws: the deviation of the share is 0.0047.
    #expect(abs(Double(dropped) / 4000 - 0.9) < 0.024, "\(dropped)")
    #expect(forward.joined().allSatisfy { (0..<1).contains($0) })
  }
}
