import Foundation

/// A program that tells which source line an address of an executable belongs to: LLVM's symbolizer, or binutils'
/// `addr2line`, which understand the same arguments but for one.
struct Symbolizer {
  /// A call in a source file. Code that was inlined has one for every function it came from, innermost first.
  struct Frame {
    var function: String
    /// Absolute.
    var file: String
    var line: Int
  }

  /// What one command line holds easily.
  private static let mostAddresses = 1 << 14

  private let program: String
  private let arguments: [String]

  /// Finds one beside the Swift compiler, or on PATH; nil where there is none.
  init?(compiler: String, environment: [String: String]) {
    let resolved = URL(fileURLWithPath: compiler).resolvingSymlinksInPath()
    let folders =
      [resolved.deletingLastPathComponent().path]
      + (environment["PATH"] ?? "").split(separator: ":").map(
        String.init)
    for (name, arguments) in [("llvm-symbolizer", ["--output-style=GNU"]), ("addr2line", [])] {
      for folder in folders where access("\(folder)/\(name)", X_OK) == 0 {
        program = "\(folder)/\(name)"
        self.arguments = arguments
        return
      }
    }
    return nil
  }

  /// The frames of each address of `executable`, innermost first; none for an address that is not known, or where the
  /// program fails, as a diagnostic then has its second best place.
  func frames(of addresses: some Collection<UInt>, in executable: String) -> [UInt: [Frame]] {
    guard !addresses.isEmpty else { return [:] }
    let words = addresses.prefix(Self.mostAddresses).map { "0x" + String($0, radix: 16) }
    let child = ChildProcess(seconds: 20, memory: nil)
    guard
      let result = try? child.run(
        program, arguments + ["-a", "-i", "-f", "-e", executable] + words),
      result.outcome == .exited(0)
    else { return [:] }
    return Self.frames(result.output.text)
  }

  /// Reads lines of an address followed by two lines a frame: the function, and `file:line`.
  static func frames(_ text: String) -> [UInt: [Frame]] {
    var frames: [UInt: [Frame]] = [:]
    var address: UInt?
    var function: String?
    for line in text.split(separator: "\n") {
      if let name = function {
        function = nil
        guard let address, let (file, number) = place(line) else { continue }
        frames[address, default: []].append(Frame(function: name, file: file, line: number))
      } else if line.hasPrefix("0x"), let value = UInt(line.dropFirst(2), radix: 16) {
        address = value
      } else {
        function = String(line)
      }
    }
    return frames
  }

  /// `file:line`, perhaps with ` (discriminator 2)` behind it; the line is 0 where it is not known.
  private static func place(_ line: Substring) -> (file: String, line: Int)? {
    guard let colon = line.lastIndex(of: ":") else { return nil }
    return (String(line[..<colon]), Int(line[line.index(after: colon)...].prefix(while: \.isNumber)) ?? 0)
  }
}
