/// What a process wrote: its beginning and its end, so that one that never stops writing fills no memory.
struct ProcessOutput {
  private static let mostHead = 1 << 20
  private static let mostTail = 1 << 16

  private var head: [UInt8] = []
  private var tail: [UInt8] = []
  private var isCut = false

  mutating func append(_ bytes: ArraySlice<UInt8>) {
    let room = min(Self.mostHead - head.count, bytes.count)
    head += bytes.prefix(room)
    tail += bytes.dropFirst(room)
    guard tail.count > 2 * Self.mostTail else { return }
    tail.removeFirst(tail.count - Self.mostTail)
    isCut = true
  }

  /// All of it, with a line of three points where something is left out.
  var text: String {
    let cut = isCut ? Array("\n...\n".utf8) : []
    return String(decoding: head + cut + tail, as: UTF8.self)
  }

  /// Its lines, without those that are blank.
  var lines: [String] { text.split(whereSeparator: \.isNewline).map(String.init) }

  /// The last lines, for an error; at most `count`, each cut to some width.
  func lastLines(_ count: Int) -> [String] {
    lines.suffix(count).map { $0.count > 400 ? "\($0.prefix(400))..." : $0 }
  }
}
