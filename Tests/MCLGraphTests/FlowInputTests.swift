import MCLGraph
import MCLTestKit
import Testing

/// What the shipped classifier sees with `modality=flow`: how far pixels move between the two frames of each pair.
@Suite struct FlowInputTests {
  private static let (height, width) = (24, 32)

  /// The flow [2, height, width] of one pair of frames, by the interpreter; all weights are 0.
  private func flow(
    _ first: @escaping (Double, Double) -> Double, _ second: @escaping (Double, Double) -> Double
  ) throws -> [Double] {
    let program = try projectModel(
      "r2plus1d_18",
      settings: [
        "modality": "flow", "batch": "1", "frames": "1", "size": "\(Self.height)x\(Self.width)",
        "layers": "1",
        "widths": "2", "stem": "2", "num_classes": "2",
      ]
    ).program("evaluate")
    let states = Dictionary(
      uniqueKeysWithValues: program.states.map { ($0.name, Value($0.type, repeating: 0)) })
    let input = try #require(program.inputs.first)
    #expect(input.type.shape == [1, 3, 2, Self.height, Self.width])
    var clip: [Double] = []
    for colour in 1...3 {
      for frame in [first, second] {
        for y in 0..<Self.height {
          for x in 0..<Self.width { clip.append(Double(colour) * frame(Double(x), Double(y))) }
        }
      }
    }
    var interpreter = Interpreter(program, states: states)
    return try #require(try interpreter.run([input.name: Value(input.type, clip)]).taps["flow"]).elements
  }

  /// Waves of 9 to 16 pixels in two directions.
  private func texture(_ x: Double, _ y: Double) -> Double {
    sine(0.7 * x + 0.2 * y) + sine(0.1 * x - 0.6 * y) + sine(0.4 * x + 0.4 * y)
  }

  /// The sine by its series, after whole turns are taken off.
  private func sine(_ x: Double) -> Double {
    let turn = 2 * Double.pi
    let near = x - turn * (x / turn).rounded()
    var (term, sum) = (near, near)
    for k in 1..<12 {
      term *= -near * near / Double((2 * k) * (2 * k + 1))
      sum += term
    }
    return sum
  }

  @Test(arguments: [(0.4, -0.3), (-0.7, 0.2), (0, 0.5)])
  func theMoveOfATextureIsFound(x: Double, y: Double) throws {
    let found = try flow(texture) { texture($0 - x, $1 - y) }
    let plane = Self.height * Self.width
    var worst = 0.0
    for row in 4..<Self.height - 4 {
      for column in 4..<Self.width - 4 {
        let place = row * Self.width + column
        worst = max(worst, abs(found[place] - x), abs(found[plane + place] - y))
      }
    }
    #expect(worst < 0.12, "\(worst)")
  }

  @Test func whatStandsStillOrShowsNothingDoesNotMove() throws {
    #expect(try flow(texture, texture).allSatisfy { $0 == 0 })
    #expect(try flow({ _, _ in 1 }, { _, _ in 1.5 }).allSatisfy { $0 == 0 })
  }
}
