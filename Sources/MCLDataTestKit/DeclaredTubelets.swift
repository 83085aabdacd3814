import MCLExecution
import MCLGraph
import MCLRuntime

/// The inputs of the shipped method, declared by hand.
package func tubelets(batch: Int, frames: Int = 16, size: Int = 32) throws -> DataDeclaration {
  var program = Graph(name: "tubelets")
  for (name, moment) in [("xq", "first"), ("x1", "first"), ("x2", "second"), ("x3", "third")] {
    program.inputs.append(
      Graph.Input(
        name: name, type: TensorType(.float32, [batch, 3, frames, size, size]),
        source: Graph.Source("tubelets", "clip", ["moment": .text(moment), "step": .integer(2)])))
  }
  let cells = (size + 31) / 32
  program.inputs.append(
    Graph.Input(
      name: "mag", type: TensorType(.float32, [batch, frames / 4, cells, cells]),
      source: Graph.Source(
        "tubelets", "motion", ["clip": .text("xq"), "frames": .integer(4), "block": .integer(32)])))
  program.inputs.append(
    Graph.Input(name: "order", type: TensorType(.int64, [batch]), source: Graph.Source("tubelets", "order")))
  return try DataDeclaration(program)
}

extension Batch {
  package var xq: [Float] { floats("xq") }
  package var x1: [Float] { floats("x1") }
  package var x2: [Float] { floats("x2") }
  package var x3: [Float] { floats("x3") }
  package var mag: [Float] { floats("mag") }
  package var order: [Int64] { integers("order") }
}
