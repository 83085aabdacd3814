/// A help text with a paragraph a line, so that the parser of arguments wraps it once, to the terminal's width.
///
/// Lines that begin with a blank are examples. They stay as they are, but for commands that are too long for 80 columns:
/// these are broken as a shell takes them.
package func paragraphs(_ text: String) -> String {
  var lines: [String] = []
  var isInParagraph = false
  for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
    let isText = line.first.map { !$0.isWhitespace } ?? false
    if isText, isInParagraph, let last = lines.popLast() {
      lines.append("\(last) \(line)")
    } else {
      lines += isText ? [String(line)] : broken(line)
    }
    isInParagraph = isText
  }
  return lines.joined(separator: "\n")
}

/// A command in lines of at most 78 columns, each but the last ending in a backslash.
private func broken(_ example: Substring) -> [String] {
  let limit = 78
  guard example.count > limit else { return [String(example)] }
  let indentation = String(example.prefix { $0 == " " })
  var lines: [String] = []
  var line = indentation
  var isFirstWord = true
  for word in example.split(separator: " ") {
    if !isFirstWord, line.count + word.count + 3 > limit {
      lines.append(line + " \\")
      line = indentation + "    " + word
    } else {
      line += (isFirstWord ? "" : " ") + word
    }
    isFirstWord = false
  }
  return lines + [line]
}
