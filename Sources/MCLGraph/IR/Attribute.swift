/// One named property of an operation, as it stands in the text form.
public enum Attribute: Sendable {
  /// `step=2`
  case integer(Int)
  /// `kernel=[1,3,3]`
  case integers([Int])
  /// `epsilon=1e-05`
  case number(Double)
  /// `moment="first"`
  case text(String)
}

/// Numbers are equal when they have the same bits: NaN equals itself, and 0 is not -0.
extension Attribute: Hashable {
  /// Whether both are of one kind and hold the same bits.
  public static func == (a: Attribute, b: Attribute) -> Bool {
    switch (a, b) {
    case (.integer(let a), .integer(let b)): a == b
    case (.integers(let a), .integers(let b)): a == b
    case (.number(let a), .number(let b)): a.bitPattern == b.bitPattern
    case (.text(let a), .text(let b)): a == b
    default: false
    }
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .integer(let value): hasher.combine(value)
    case .integers(let values): hasher.combine(values)
    case .number(let value): hasher.combine(value.bitPattern)
    case .text(let value): hasher.combine(value)
    }
  }
}

/// The properties of an operation, read back while the text form is parsed.
package struct AttributeReader {
  let operation: String
  let values: [String: Attribute]

  package init(operation: String, values: [String: Attribute]) {
    self.operation = operation
    self.values = values
  }

  private func missing(_ key: String, _ kind: String) -> ShapeError {
    ShapeError("\(operation) needs the attribute '\(key)', \(kind)")
  }

  package func integer(_ key: String) throws -> Int {
    guard case .integer(let value)? = values[key] else { throw missing(key, "an integer") }
    return value
  }

  package func integers(_ key: String) throws -> [Int] {
    guard case .integers(let value)? = values[key] else { throw missing(key, "a list of integers") }
    return value
  }

  package func number(_ key: String) throws -> Double {
    switch values[key] {
    case .number(let value)?: return value
    case .integer(let value)?: return Double(value)
    default: throw missing(key, "a number")
    }
  }

  /// A number as elements of a type hold it.
  package func scalar(_ key: String, _ element: ElementType) throws -> Scalar {
    switch values[key] {
    case .number(let value)?: return Scalar.float(value).held(by: element)
    case .integer(let value)?: return Scalar.integer(Int64(value)).held(by: element)
    default: throw missing(key, element == .int64 ? "an integer" : "a number")
    }
  }

  package func text(_ key: String) throws -> String {
    guard case .text(let value)? = values[key] else { throw missing(key, "a text") }
    return value
  }

  /// A case of a closed set, by its raw value.
  package func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _: Choice.Type) throws -> Choice
  where Choice.RawValue == String {
    let raw = try text(key)
    guard let value = Choice(rawValue: raw) else {
      let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw ShapeError("\(operation) has \(key) '\(raw)'; known are \(known)")
    }
    return value
  }
}
