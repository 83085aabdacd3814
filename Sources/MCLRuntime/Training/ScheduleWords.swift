import MCLData
import MCLGraph
import MCLSupport

/// The words of a schedule's text: its kind, then `key=value`.
struct ScheduleWords {
  let kind: ScheduleText.Kind
  /// The value of a `constant`.
  private(set) var value: Double?
  private var texts: [String: Substring] = [:]

  private static let longest = 0x1p40

  private static func keys(_ kind: ScheduleText.Kind) -> [String] {
    let own =
      switch kind {
      case .constant: [String]()
      case .linear, .cosine: ["from", "to", "over"]
      case .steps: ["at", "times", "values", "from"]
      }
    return own + ["warmup", "multiplier", "by"]
  }

  /// - Throws: `UsageError` for a kind or a key that there is not.
  init(_ text: String) throws {
    let words = text.split(whereSeparator: \.isWhitespace)
    let kinds = ScheduleText.Kind.allCases.map(\.rawValue)
    guard let first = words.first else {
      throw UsageError("give a schedule: \(kinds.joined(separator: ", ")), such as 'cosine warmup=5'")
    }
    guard let kind = ScheduleText.Kind(rawValue: String(first)) else {
      throw UsageError("there is no schedule '\(first)'\(Self.known(String(first), kinds))")
    }
    self.kind = kind
    for word in words.dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        guard kind == .constant, value == nil else {
          throw UsageError("'\(word)': write it as key=value, such as warmup=5")
        }
        value = try Self.number(word, "'\(word)'", where: Self.isHeld)
        continue
      }
      let key = String(parts[0])
      guard Self.keys(kind).contains(key) else {
        throw UsageError("\(kind) takes no '\(key)'\(Self.known(key, Self.keys(kind)))")
      }
      guard texts.updateValue(parts[1], forKey: key) == nil else {
        throw UsageError("\(key) is given twice; keep one")
      }
    }
  }

  private static func known(_ name: String, _ names: [String]) -> String {
    (nearestName(to: name, in: names).map { "; did you mean '\($0)'? there are " } ?? "; there are ")
      + names.joined(separator: ", ")
  }

  /// - Throws: `UsageError` for a text that is no finite number, or none that fits.
  private static func number(
    _ text: Substring, _ origin: String, _ what: String = "a number",
    where isFit: (Double) -> Bool = { _ in true }
  ) throws -> Double {
    guard let number = Double(text), number.isFinite, isFit(number) else {
      throw UsageError("\(origin): give \(what)")
    }
    return number
  }

  /// Whether an input can hold a value.
  private static func isHeld(_ value: Double) -> Bool { Float(value).isFinite }

  func number(_ key: String) throws -> Double? {
    try texts[key].map { try Self.number($0, "\(key)=\($0)", where: Self.isHeld) }
  }

  func number(_ key: String, atLeast least: Double) throws -> Double? {
    try texts[key].map {
      try Self.number($0, "\(key)=\($0)", "a number of at least \(Int(least))") { $0 >= least }
    }
  }

  func number(_ key: String, above bound: Double) throws -> Double? {
    try texts[key].map { try Self.number($0, "\(key)=\($0)", "a number above \(Int(bound))") { $0 > bound } }
  }

  /// Numbers with commas; none where the key is not given.
  func numbers(_ key: String) throws -> [Double] {
    try (texts[key] ?? "").split(separator: ",", omittingEmptySubsequences: texts[key] == nil).map {
      try Self.number($0, "\(key)=\(texts[key] ?? "")", "numbers, such as \(key)=2,1", where: Self.isHeld)
    }
  }

  func choice<Value: RawRepresentable & CaseIterable>(_ key: String, _: Value.Type) throws -> Value?
  where Value.RawValue == String {
    guard let text = texts[key] else { return nil }
    guard let value = Value(rawValue: String(text)) else {
      let known = Value.allCases.map(\.rawValue)
      throw UsageError(
        "\(key)=\(text): give " + known.dropLast().joined(separator: ", ") + " or " + known.suffix(1).joined()
      )
    }
    return value
  }

  func length(_ key: String, orZero: Bool = false) throws -> ScheduleText.Length? {
    try texts[key].map { try length($0, key, orZero: orZero) }
  }

  /// Lengths with commas; none where the key is not given.
  func lengths(_ key: String) throws -> [ScheduleText.Length] {
    try (texts[key] ?? "").split(separator: ",", omittingEmptySubsequences: texts[key] == nil).map {
      try length($0, key, orZero: false)
    }
  }

  /// Epochs, or steps where the text ends so: `5`, `2.5epochs`, `500steps`.
  private func length(_ text: Substring, _ key: String, orZero: Bool) throws -> ScheduleText.Length {
    let isSteps = text.hasSuffix("steps")
    let count = isSteps ? text.dropLast(5) : text.hasSuffix("epochs") ? text.dropLast(6) : text
    let what =
      (orZero ? "a length of at least 0" : "a length above 0") + ", in epochs as 5 or in steps as 500steps"
    let number = try Self.number(count, "\(key)=\(texts[key] ?? "")", what) {
      (orZero ? $0 >= 0 : $0 > 0) && $0 <= Self.longest
    }
    return isSteps ? .steps(number) : .epochs(number)
  }
}
