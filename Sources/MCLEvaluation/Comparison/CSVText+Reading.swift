import MCLSupport

extension CSVText {
  /// The rows of a text of comma-separated values (RFC 4180), whose lines may end in LF or CR LF. Empty lines are left out.
  /// - Parameter name: of the file, for messages.
  /// - Throws: `UsageError` where quotation marks do not fit together.
  package static func rows(_ bytes: some Sequence<UInt8>, of name: String) throws -> [[String]] {
    var rows: [[String]] = []
    var row: [String] = []
    var field: [UInt8] = []
    var (isQuoted, wasQuoted, isPending) = (false, false, false)
    var line = 1
    var fieldLine = 1
    func wrong(_ what: String, _ line: Int) -> UsageError {
      UsageError("\(name): line \(line) \(what); evaluate anew, which writes it")
    }
    func endField() {
      row.append(String(decoding: field, as: UTF8.self))
      (field, wasQuoted) = ([], false)
    }
    func endRow() {
      endField()
      if row != [""] { rows.append(row) }
      row = []
    }
    for byte in bytes {
      if isQuoted {
        if isPending {
          isPending = false
          if byte == quote {
            field.append(quote)
            continue
          }
          (isQuoted, wasQuoted) = (false, true)
        } else {
          if byte == quote { isPending = true } else { field.append(byte) }
          if byte == newline { line += 1 }
          continue
        }
      }
      switch byte {
      case comma: endField()
      case newline:
        if field.last == carriageReturn { field.removeLast() }
        endRow()
        line += 1
      case quote where field.isEmpty && !wasQuoted: (isQuoted, fieldLine) = (true, line)
      case carriageReturn where wasQuoted: continue
      default:
        guard !wasQuoted else { throw wrong("goes on after a closing quotation mark", line) }
        field.append(byte)
      }
    }
    guard !isQuoted || isPending else { throw wrong("opens a quotation mark that is not closed", fieldLine) }
    if !field.isEmpty || !row.isEmpty || isQuoted || wasQuoted { endRow() }
    return rows
  }

  private static let quote = UInt8(ascii: "\"")
  private static let comma = UInt8(ascii: ",")
  private static let newline = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")
}
