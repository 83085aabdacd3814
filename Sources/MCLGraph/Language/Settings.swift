/// The `--set key=value` parameters a model reads while it is built. Each read names its default; keys that
/// nobody read are mistakes, reported with the nearest name that was.
public final class Settings {
  private let given: [String: String]
  private var read: [(key: String, value: String)] = []
  private var problems: [Diagnostic] = []

  package init(_ given: [String: String] = [:]) { self.given = given }

  private func value<T>(
    _ key: String, _ fallback: T, show: (T) -> String, kind: String, location: SourceLocation,
    parse: (String) -> T?
  ) -> T {
    var result = fallback
    if let text = given[key] {
      if let parsed = parse(text) {
        result = parsed
      } else {
        problems.append(Diagnostic("--set \(key)=\(text): '\(text)' is not \(kind)", location: location))
      }
    }
    if !read.contains(where: { $0.key == key }) { read.append((key, show(result))) }
    return result
  }

  /// Whether the user gave this key; a model uses it for shorthands such as `depth`.
  public func isGiven(_ key: String) -> Bool { given[key] != nil }

  /// An integer, such as `8` in `--set batch=8`.
  ///
  /// A text that is none in `range` is reported when the model is built, and `fallback` is given.
  /// - Parameters:
  ///   - key: what `--set` names.
  ///   - fallback: the value where the key is not given; it is not checked.
  ///   - range: what is allowed; 1 ... 2^24 unless given.
  ///   - file: the caller's file, for mistakes.
  ///   - line: the caller's line, for mistakes.
  public func integer(
    _ key: String, default fallback: Int, in range: ClosedRange<Int> = 1...1 << 24, file: String = #filePath,
    line: Int = #line
  ) -> Int {
    value(
      key, fallback, show: { "\($0)" }, kind: "an integer in \(range.lowerBound)...\(range.upperBound)",
      location: SourceLocation(file: file, line: line)
    ) { Int($0).flatMap { range.contains($0) ? $0 : nil } }
  }

  /// A list of 1 to 64 integers, such as `3,4,6,3`.
  ///
  /// A text that is none is reported when the model is built, and `fallback` is given.
  /// - Parameters:
  ///   - key: what `--set` names.
  ///   - fallback: the value where the key is not given; it is not checked.
  ///   - range: what each of them may be; 1 ... 2^20 unless given.
  ///   - file: the caller's file, for mistakes.
  ///   - line: the caller's line, for mistakes.
  public func integers(
    _ key: String, default fallback: [Int], in range: ClosedRange<Int> = 1...1 << 20,
    file: String = #filePath,
    line: Int = #line
  ) -> [Int] {
    value(
      key, fallback, show: { $0.map(String.init).joined(separator: ",") },
      kind: "a list such as 3,4,6,3 of integers in \(range.lowerBound)...\(range.upperBound)",
      location: SourceLocation(file: file, line: line)
    ) { text in
      let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
      guard !parts.isEmpty, parts.count <= 64 else { return nil }
      var numbers: [Int] = []
      for case let part? in parts where range.contains(part) { numbers.append(part) }
      return numbers.count == parts.count ? numbers : nil
    }
  }

  /// A finite number, such as `0.5`.
  ///
  /// A text that is none is reported when the model is built, and `fallback` is given.
  /// - Parameters:
  ///   - key: what `--set` names.
  ///   - fallback: the value where the key is not given; it is not checked.
  ///   - least: the smallest number that is allowed; any unless given.
  ///   - file: the caller's file, for mistakes.
  ///   - line: the caller's line, for mistakes.
  public func number(
    _ key: String, default fallback: Double, atLeast least: Double? = nil, file: String = #filePath,
    line: Int = #line
  ) -> Double {
    value(
      key, fallback, show: { "\($0)" },
      kind: least.map { "a finite number of at least \($0)" } ?? "a finite number",
      location: SourceLocation(file: file, line: line)
    ) { Double($0).flatMap { $0.isFinite && $0 >= least ?? -.infinity ? $0 : nil } }
  }

  /// One of several words.
  ///
  /// A text that is none of them is reported when the model is built, and `fallback` is given.
  /// - Parameters:
  ///   - key: what `--set` names.
  ///   - fallback: the value where the key is not given; it is not checked.
  ///   - choices: the words.
  ///   - file: the caller's file, for mistakes.
  ///   - line: the caller's line, for mistakes.
  public func choice(
    _ key: String, default fallback: String, of choices: [String], file: String = #filePath, line: Int = #line
  ) -> String {
    value(
      key, fallback, show: { $0 }, kind: "one of \(choices.joined(separator: ", "))",
      location: SourceLocation(file: file, line: line)
    ) { choices.contains($0) ? $0 : nil }
  }

  /// A frame size: `112` for a square, `96x80` for height x width.
  public func size(
    _ key: String, default fallback: Int, file: String = #filePath, line: Int = #line
  ) -> (height: Int, width: Int) {
    let pair = value(
      key, [fallback, fallback], show: { $0[0] == $0[1] ? "\($0[0])" : "\($0[0])x\($0[1])" },
      kind: "a size such as 112 or 96x80, each side in 1...8192",
      location: SourceLocation(file: file, line: line)
    ) { text -> [Int]? in
      let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
      guard (1...2).contains(parts.count), parts.allSatisfy({ (1...8192).contains($0) }) else { return nil }
      return [parts[0], parts[parts.count - 1]]
    }
    return (pair[0], pair[1])
  }

  /// What was read, and its value.
  public var values: [(key: String, value: String)] { read }

  /// Everything wrong with the settings given: values of the wrong kind, and keys that the model does not know.
  func diagnostics(scalars: [String]) -> [Diagnostic] {
    let known = read.map(\.key) + scalars
    let unknown = given.keys.sorted().filter { !known.contains($0) }
    return problems
      + unknown.map { key in
        let nearest = nearestName(to: key, in: known).map { "; did you mean '\($0)'?" } ?? ""
        return Diagnostic("the model has no setting '\(key)'\(nearest)")
      }
  }
}
