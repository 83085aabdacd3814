import Foundation
import MCLGraph
import MCLSupport
import MCLWeights

/// One case of `Tests/Fixtures/operations.safetensors`: a small function, its inputs, and what PyTorch made of it in
/// float64, with its derivatives of order 1 and 2. The script beside the file says how the names are made.
package struct Fixture: Sendable {
  /// Such as `conv3d/1x3x3`: the function, then what is special about the case.
  package var name: String
  package var attributes: [String: [Int]] = [:]
  package var inputs: [String: Value] = [:]
  /// `y`, `dx`, `ddx`, `dddy`, `state/running_mean`…
  package var expected: [String: Value] = [:]

  /// What is wrong with the file or a case: one sentence.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  package var kind: String { String(name.prefix { $0 != "/" }) }

  /// The inputs to differentiate by: those that have a direction `vNAME` for the second order.
  package var smooth: [String] { inputs.keys.filter { inputs["v\($0)"] != nil }.sorted() }

  /// Every case of the file, in order of name.
  /// - Throws: `TensorFileError` or `Failure` when the file is not what the script writes.
  package static func all() throws -> [Fixture] {
    let file = try SafeTensors(
      path: repositoryFolder.appendingPathComponent("Tests/Fixtures/operations.safetensors").path)
    var cases: [String: Fixture] = [:]
    for line in file.metadata["cases"]?.split(separator: "\n") ?? [] {
      guard let colon = line.range(of: ": ") else { throw Failure(description: "a case is called '\(line)'") }
      var fixture = Fixture(name: String(line[..<colon.lowerBound]))
      for item in line[colon.upperBound...].split(separator: " ") {
        let parts = item.split(separator: "=")
        guard parts.count == 2 else {
          throw Failure(description: "\(fixture.name) has the attribute '\(item)'")
        }
        fixture.attributes[String(parts[0])] = parts[1].split(separator: ",").compactMap { Int($0) }
      }
      cases[fixture.name] = fixture
    }
    for key in file.entries.keys {
      let parts = key.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
      guard parts.count >= 4, var fixture = cases["\(parts[0])/\(parts[1])"],
        ["in", "out"].contains(parts[2])
      else { throw Failure(description: "the fixtures hold '\(key)', which belongs to no case") }
      let tensor = try file.tensor(key)
      let value: Value
      if case .int64(let integers) = tensor.storage {
        value = Value(TensorType(.int64, tensor.shape), integers: integers)
      } else {
        value = Value(TensorType(.float32, tensor.shape), tensor.doubles)
      }
      if parts[2] == "in" { fixture.inputs[parts[3]] = value } else { fixture.expected[parts[3]] = value }
      cases[fixture.name] = fixture
    }
    return cases.values.sorted { $0.name < $1.name }
  }

  /// The program that gives everything the case expects: `y`, then by differentiating it `dNAME` and `ddNAME`.
  /// - Throws: `Failure` when no function of this kind is known, `ModelError` when it does not take the inputs.
  package func program() throws -> Graph {
    guard let function = FixtureFunctions.table[kind] else {
      throw Failure(description: "fixture '\(name)' is of a kind that FixtureFunctions has no function for")
    }
    let model = Model(name) { _ in
      Program("fixture") { context in
        let builder = FixtureBuilder(context, self)
        let y = function(builder)
        var outputs = [(name: "y", tensor: y)]
        if !smooth.isEmpty {
          let upstream = builder["dy"]
          let targets = smooth.map { builder.leaf($0) }
          let first = gradient(of: (y * upstream).sum(), at: targets)
          for (key, tensor) in zip(smooth, first) { outputs.append(("d\(key)", tensor)) }
          if expected["dddy"] != nil {
            let products = zip(smooth, first).map { ($1 * builder["v\($0)"]).sum() }
            let total = products.dropFirst().reduce(products[0]) { $0 + $1 }
            let second = gradient(of: total, at: targets + [upstream])
            for (key, tensor) in zip(smooth + ["dy"], second) { outputs.append(("dd\(key)", tensor)) }
          }
        }
        return Step(outputs: outputs)
      }
    }
    return try model.module().program("fixture")
  }

  /// The given values under the names of a program's states, which carry the layer's name before their own.
  package func states(of program: Graph) throws -> [String: Value] {
    var states: [String: Value] = [:]
    for state in program.states {
      guard let value = inputs[FixtureBuilder.inputName(ofState: state.name)] else {
        throw Failure(description: "fixture '\(name)' has nothing for the state '\(state.name)'")
      }
      states[state.name] = value
    }
    return states
  }

  /// What is wrong with what an engine gave, one sentence a tensor; empty when everything expected is there and
  /// within `tolerance` of the largest number expected, NaN and infinities where they are expected.
  /// - Parameter floor: the magnitude from which errors are relative.
  package func mistakes(
    outputs: [String: Value], states: [String: Value], tolerance: Double, floor: Double
  ) -> (sentences: [String], worst: Double) {
    var sentences: [String] = []
    var worst = 0.0
    for (key, value) in expected.sorted(by: { $0.key < $1.key }) {
      let actual =
        key.hasPrefix("state/")
        ? states[FixtureBuilder.stateName(ofInput: String(key.dropFirst("state/".count)))] : outputs[key]
      guard let actual else {
        sentences.append("\(name): there is no \(key)")
        continue
      }
      guard actual.shape == value.shape else {
        sentences.append("\(name): \(key) is \(actual.type), not \(value.shape)")
        continue
      }
      if value.type.element == .int64 {
        if actual.integers != value.integers { sentences.append("\(name): \(key) is not equal") }
        continue
      }
      let error = largestError(actual.elements, from: value.elements, floor: floor)
      worst = max(worst, error)
      if !(error <= tolerance) { sentences.append("\(name): \(key) is off by \(error) of the largest") }
    }
    return (sentences, worst)
  }
}

/// The largest difference over the largest finite magnitude expected, or over `floor` where that is more; infinite
/// where one number is NaN or infinite and the other is not the same.
package func largestError(_ actual: [Double], from expected: [Double], floor: Double) -> Double {
  guard actual.count == expected.count else { return .infinity }
  let scale = expected.reduce(floor) { $1.isFinite ? max($0, abs($1)) : $0 }
  var worst = 0.0
  for (a, e) in zip(actual, expected) where !(a.isNaN && e.isNaN) && a != e {
    let error = abs(a - e) / scale
    worst = error.isFinite ? max(worst, error) : .infinity
  }
  return worst
}
