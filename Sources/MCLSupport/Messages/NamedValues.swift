/// Values by name in the order in which they were added; names are compared byte by byte.
///
/// Swift takes two strings as equal that differ only in their Unicode form (NFC, NFD), so a dictionary of strings would
/// keep one of two tensors. The files, and the programs that write them, tell such names apart.
public struct NamedValues<Value> {
  /// The names in order.
  public private(set) var keys: [String] = []
  /// The values in the order of their names.
  public private(set) var values: [Value] = []
  private var places: [Name: Int] = [:]

  private struct Name: Hashable, Sendable {
    let text: String
    static func == (a: Self, b: Self) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }
    func hash(into hasher: inout Hasher) {
      // The length first, so that no name is the beginning of another.
      hasher.combine(text.utf8.count)
      let isHashed: Void? = text.utf8.withContiguousStorageIfAvailable {
        hasher.combine(bytes: UnsafeRawBufferPointer($0))
      }
      if isHashed == nil { for byte in text.utf8 { hasher.combine(byte) } }
    }
  }

  package init() {}

  /// The value of a name; nil where there is none.
  public subscript(name: String) -> Value? { places[Name(text: name)].map { values[$0] } }

  /// Sets a value, at its old place in the order where the name is known.
  /// - Returns: the value before.
  @discardableResult
  package mutating func updateValue(_ value: Value, forKey name: String) -> Value? {
    guard let place = places[Name(text: name)] else {
      places[Name(text: name)] = values.count
      keys.append(name)
      values.append(value)
      return nil
    }
    defer { values[place] = value }
    return values[place]
  }

  package func mapValues<Result>(_ transform: (Value) throws -> Result) rethrows -> NamedValues<Result> {
    var result = NamedValues<Result>()
    for (name, value) in self { result.updateValue(try transform(value), forKey: name) }
    return result
  }
}

extension NamedValues: Sendable where Value: Sendable {}

extension NamedValues: RandomAccessCollection {
  /// The place of the first value, 0.
  public var startIndex: Int { 0 }
  /// The number of values.
  public var endIndex: Int { values.count }
  /// Name and value at a place.
  /// - Precondition: `position` is in 0 ..< `endIndex`.
  public subscript(position: Int) -> (key: String, value: Value) { (keys[position], values[position]) }
}

extension String {
  /// Whether this name comes before another by their bytes.
  package func precedesByBytes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }

  /// The same bytes, where `==` takes two Unicode forms of one text as equal.
  package func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }

  /// What follows a prefix, compared by bytes; nil where the text begins otherwise.
  package func withoutPrefix(_ prefix: String) -> String? {
    guard utf8.starts(with: prefix.utf8) else { return nil }
    return String(utf8.dropFirst(prefix.utf8.count))
  }
}
