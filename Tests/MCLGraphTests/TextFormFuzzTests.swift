import Foundation
import MCLGraph
import MCLTestKit
import Testing

/// Damaged graph text is read or refused with a sentence, fast and in little memory.
@Suite struct TextFormFuzzTests {
  @Test(.enabled(if: !Fuzzing.isChild)) func damagedGraphText() throws {
    for line in try Fuzzing.run(child: "damagedGraphTextChild") { print(line) }
  }

  @Test(.enabled(if: Fuzzing.isChild)) func damagedGraphTextChild() throws {
    // A program for each sample of each operation, all of them together, and a whole model.
    var corpus: [[UInt8]] = [Array(try TextFormTests.everything().text.utf8)]
    for sample in OperationSamples.all where !(sample.operation is any Leaf) {
      let context = ProgramContext()
      let operands = sample.operands.enumerated().map {
        context.input("x\($0.offset)", $0.element.shape, $0.element.element)
      }
      let graph = try Graph(
        name: "p", inputs: context.inputs, states: [], outputs: [("y", Tensor(sample.operation, operands))],
        updates: [], taps: [])
      corpus.append(Array("mclgraph 1\nmodel \"m\"\n\(graph.text)".utf8))
    }
    let model = try projectModel(
      "tiny", settings: ["batch": "2", "size": "32", "queue_size": "12", "widths": "8,8,8,8"])
    corpus.append(Array(model.text.utf8))
    for text in corpus { _ = try Module(text: String(decoding: text, as: UTF8.self)) }
    let words =
      [
        "\n", " ", "\"", "\\", "\\u{", "}", "%", "%0", "=", "(", ")", "[", "]", ":", ",", "@", "!", "f32",
        "i64", "f32[]",
        "program \"q\"\n", "end\n", "input \"x\" : f32[2]\n", "state \"s\" : f32[2] kept copy(\"s\")\n",
        "output \"y\" %0\n", "tap \"y\" %0\n", "update \"s\" %0\n", "constant(0.0)", "normal(",
        "setting \"a\" \"b\"\n",
        "\u{0}", "é", "shape=[", "stride=[", "padding=[", "axes=[", "function=\"",
      ]
    try Fuzzing.explore(ByteMutator(corpus: corpus, words: words)) { _, bytes in
      do {
        let module = try Module(text: String(decoding: bytes, as: UTF8.self))
        // What is read is written the same, once and again.
        let text = module.text
        guard try Module(text: text).text == text else {
          throw Fuzzing.Failure(description: "what is written reads back as something else")
        }
        return true
      } catch let error as ModelError {
        guard "\(error)".contains("error: ") else {
          throw Fuzzing.Failure(description: "the refusal is no sentence: \(error)")
        }
        return false
      }
    }
  }
}
