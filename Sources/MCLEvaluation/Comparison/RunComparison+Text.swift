import Foundation

extension RunComparison {
  /// A number with the standard error over its seeds.
  static func number(_ cell: Cell?) -> String {
    guard let cell else { return "-" }
    guard let error = cell.standardError else { return String(format: "%.1f", 100 * cell.mean) }
    return String(format: "%.1f ± %.1f", 100 * cell.mean, 100 * error)
  }

  /// The difference to the first run with its interval; empty where there is none.
  static func difference(_ cell: Cell?) -> String {
    guard let cell, let difference = cell.difference else { return "" }
    guard let interval = cell.interval else { return signed(difference) }
    // Both of one table, where several seeds make the mean another number.
    return "\(signed(interval.difference)) [\(signed(interval.lower)), \(signed(interval.upper))]"
  }

  private static func signed(_ share: Double) -> String {
    // Without a sign where nothing is left after rounding.
    let text = String(format: "%+.1f", 100 * share)
    return ["+0.0", "-0.0"].contains(text) ? "0.0" : text
  }

  /// The table as people read it in a terminal: percent, `*` at the best, differences to the first run.
  package var lines: [String] {
    let header = ["percent", "chance"] + runs.map(\.name)
    let table = rows.map { row in
      let cells = row.cells.enumerated().map { place, cell in
        let number = Self.number(cell) + (row.best.contains(place) && cell != nil ? "*" : " ")
        let difference = Self.difference(cell)
        return difference.isEmpty ? number : "\(number) \(difference)"
      }
      return [row.metric, String(format: "%.1f", 100 * row.chance)] + cells
    }
    let widths = header.indices.map { column in ([header] + table).map { $0[column].count }.max() ?? 0 }
    return ([header] + table).map { row in
      let padded = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      let line = padded.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }

  /// What stands below the table.
  package var explanation: String {
    "\(testVideos) test videos; * is the best; differences are to \(runs.first?.name ?? ""), in brackets with the 95 % "
      + "interval of \(resamples) paired resamples of the videos by seed \(seed)"
  }

  /// The comparison as JSON.
  package var text: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
  }
}
