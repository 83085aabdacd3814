import MCLSupport
import MCLWeights

/// The comparison of one tensor of a file of expected motion or flow with ours.
package struct MotionCheckRow: Sendable, Equatable {
  /// How the error is measured.
  package enum Measure: String, Sendable {
    /// The largest difference over the largest magnitude expected.
    case relative
    /// The largest difference.
    case absolute
    /// The mean length of the difference of two vectors, in pixels.
    case meanPixels = "mean px"
    /// How much our mean error exceeds the one expected, in pixels.
    case excessPixels = "excess px"
    /// Values that differ at all.
    case differing
  }

  package var name: String
  package var count: Int
  package var measure: Measure
  /// Infinite where the counts differ or a number is not finite.
  package var error: Double
  package var gate: Double
  /// What else is worth knowing, such as a percentile.
  package var note = ""

  package var isOK: Bool { error <= gate }

  /// The error as a part of what is allowed; infinite for an error where none is.
  package var share: Double { gate > 0 ? error / gate : (error == 0 ? 0 : .infinity) }

  init(
    _ name: String, _ actual: [Float], _ expected: [Float], _ measure: Measure, gate: Double,
    note: String = ""
  ) {
    self.name = name
    self.measure = measure
    self.gate = gate
    self.note = note
    count = expected.count
    let pairs = zip(actual, expected)
    guard actual.count == expected.count, pairs.allSatisfy({ $0.isFinite && $1.isFinite }) else {
      error = .infinity
      if actual.count != expected.count { self.note = "we have \(actual.count) values" }
      return
    }
    let largest = pairs.reduce(0) { max($0, abs(Double($1.0) - Double($1.1))) }
    switch measure {
    case .relative:
      let scale = expected.reduce(0) { max($0, abs(Double($1))) }
      // What is expected to be zero must be below 1e-7.
      error = scale > 0 ? largest / scale : (largest < ParityGate.zeroLimit ? 0 : .infinity)
    case .differing: error = Double(pairs.count { $0 != $1 })
    case .absolute, .meanPixels, .excessPixels: error = largest
    }
  }

  init(_ name: String, count: Int, _ measure: Measure, error: Double, gate: Double, note: String = "") {
    (self.name, self.count, self.measure, self.gate, self.note) = (name, count, measure, gate, note)
    self.error = error.isFinite ? error : .infinity
  }
}

/// All comparisons of a file, and what could not be compared.
package struct MotionCheckTable: Sendable {
  /// The worst first.
  package let rows: [MotionCheckRow]
  /// Tensors of the file that no comparison used, and why.
  package let notCompared: [(name: String, reason: String)]

  package var isOK: Bool { !rows.isEmpty && notCompared.isEmpty && rows.allSatisfy(\.isOK) }

  init(rows: [MotionCheckRow], notCompared: [(name: String, reason: String)]) {
    self.rows = rows.sorted { $0.share != $1.share ? $0.share > $1.share : $0.name < $1.name }
    self.notCompared = notCompared.sorted { $0.name < $1.name }
  }
}

/// A tensor file whose every tensor is to be used: keeps account of those that were.
final class AccountedTensors {
  let file: SafeTensors
  private(set) var used: Set<String> = []

  init(path: String) throws { file = try SafeTensors(path: path) }

  func has(_ name: String) -> Bool { file.entries[name] != nil }

  func shape(_ name: String) throws -> [Int] { try file.entry(name).shape }

  func floats(_ name: String) throws -> [Float] {
    used.insert(name)
    return try file.floats(name)
  }

  func integers(_ name: String) throws -> [Int] {
    used.insert(name)
    return try file.integers(name).map { Int($0) }
  }

  /// - Throws: `UsageError` where a value is no byte.
  func bytes(_ name: String) throws -> [UInt8] {
    try integers(name).map { value in
      guard let byte = UInt8(exactly: value) else {
        throw UsageError(
          "\(file.path): tensor \(TensorFileError.quoted(name)) holds \(value), which is no byte")
      }
      return byte
    }
  }

  /// - Throws: `UsageError` that names the tensor.
  func wrong(_ name: String, _ what: String) -> UsageError {
    UsageError("\(file.path): tensor \(TensorFileError.quoted(name)) \(what)")
  }

  /// The names' first parts (`clip0` of `clip0.u`) that begin with `prefix` and a number, in order of number.
  func groups(_ prefix: String) -> [String] {
    let numbers = file.names.compactMap { name -> Int? in
      guard name.hasPrefix(prefix), let dot = name.firstIndex(of: ".") else { return nil }
      return Int(name[name.index(name.startIndex, offsetBy: prefix.count)..<dot])
    }
    return Set(numbers).sorted().map { "\(prefix)\($0)" }
  }

  /// The last parts of the names of a group, in order.
  func members(_ group: String) -> [String] {
    file.names.filter { $0.hasPrefix(group + ".") }.map { String($0.dropFirst(group.count + 1)) }.sorted()
  }
}
