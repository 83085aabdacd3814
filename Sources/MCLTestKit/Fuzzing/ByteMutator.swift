/// Damages files: bits, bytes, pieces, numbers and words, a few at a time.
package struct ByteMutator {
  private let corpus: [[UInt8]]
  private let words: [[UInt8]]

  /// Numbers at the edges of what a reader may expect.
  private static let numbers = [
    "0", "1", "2", "7", "8", "64", "65", "255", "4096", "65536", "1048576", "2147483647", "2147483648",
    "4294967295",
    "4294967296", "1099511627776", "4611686018427387904", "9223372036854775807", "9223372036854775808",
    "18446744073709551615", "99999999999999999999", "-1", "-9223372036854775808", "1e308", "1e-400", "nan",
    "inf",
    "0x7f", "00", "1.5", "-0",
  ].map { Array($0.utf8) }

  /// - Parameters:
  ///   - corpus: valid files.
  ///   - words: what the format is made of, to put anywhere.
  package init(corpus: [[UInt8]], words: [String]) {
    self.corpus = corpus
    self.words = words.map { Array($0.utf8) } + Self.numbers
  }

  /// A file of the corpus with up to eight damages.
  package func input(_ random: inout RandomValues) -> [UInt8] {
    var bytes = corpus[random.integer(below: corpus.count)]
    for _ in 0...random.integer(below: 1 << random.integer(below: 4)) { damage(&bytes, &random) }
    return bytes
  }

  private func damage(_ bytes: inout [UInt8], _ random: inout RandomValues) {
    guard !bytes.isEmpty else { return bytes.append(UInt8(random.integer(below: 256))) }
    // Half of the places are near the beginning, where headers are.
    let reach =
      random.integer(below: 2) == 0 ? bytes.count : min(bytes.count, 64 + random.integer(below: 1024))
    let place = random.integer(below: reach)
    let end = min(bytes.count, place + 1 + random.integer(below: 1 << random.integer(below: 8)))
    switch random.integer(below: 10) {
    case 0: bytes[place] ^= 1 << UInt8(random.integer(below: 8))
    case 1: bytes[place] = UInt8(random.integer(below: 256))
    case 2: bytes.removeSubrange(place..<end)
    case 3: bytes.insert(contentsOf: bytes[place..<end], at: random.integer(below: bytes.count))
    case 4: bytes.removeSubrange(place...)
    case 5:
      // A piece again and again: nesting and long lists.
      let piece = bytes[place..<end]
      for _ in 0..<1 + random.integer(below: 200) { bytes.insert(contentsOf: piece, at: place) }
    case 6: bytes.replaceSubrange(place..<place, with: words[random.integer(below: words.count)])
    case 7:
      let other = corpus[random.integer(below: corpus.count)]
      let start = random.integer(below: max(other.count, 1))
      bytes.replaceSubrange(place..<end, with: other[start..<min(other.count, start + 256)])
    default:
      // A number of the file becomes another.
      guard let first = bytes[place...].firstIndex(where: Self.isDigit) else { return }
      let last = bytes[first...].firstIndex { !Self.isDigit($0) } ?? bytes.count
      bytes.replaceSubrange(first..<last, with: Self.numbers[random.integer(below: Self.numbers.count)])
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
