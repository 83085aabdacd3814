import MCLSupport

/// `predictions.csv` as it is read back: what class each test video got. The file is not trusted.
package struct PredictionTable: Sendable {
  package struct Row: Sendable, Equatable {
    /// Empty for a video that could not be read, where it is not known.
    package var label: String
    /// The best first, at most five; none for a video that could not be read.
    package var classes: [String]

    package var isRight: Bool { classes.first == label }
    package var isAmongFive: Bool { classes.contains(label) }
  }

  /// By the video's name, compared byte by byte.
  package let rows: [FilePath: Row]

  /// Reads the table of an evaluation.
  /// - Parameter result: the evaluation's own.
  /// - Returns: nil where its protocols say no class for each video.
  /// - Throws: `UsageError` where the file is missing, damaged, or of another evaluation.
  package init?(_ folder: EvaluationFolder, of result: EvaluationResult) throws {
    guard result.shown != nil else { return nil }
    let name = EvaluationFolder.predictionsFile
    guard let data = try folder.text(name) else {
      throw UsageError(
        "\(folder.path): it holds no \(name), which its \(EvaluationFolder.resultFile) tells of; evaluate anew"
      )
    }
    let file = folder.file(name)
    try self.init(CSVText.rows(data, of: file), of: result, file: file)
  }

  /// - Parameter file: for messages.
  package init(_ table: [[String]], of result: EvaluationResult, file: String) throws {
    func wrong(_ what: String) -> UsageError {
      UsageError("\(file): \(what); evaluate anew, which writes it")
    }
    let shown = min(5, result.classes.count)
    let columns = ["video", "label"] + (1...max(shown, 1)).flatMap { ["class_\($0)", "score_\($0)"] }
    guard let header = table.first else { throw wrong("it is empty") }
    guard header == columns else {
      let missing = columns.first { !header.contains($0) }
      throw wrong(
        missing.map { "it has no column '\($0)'" }
          ?? "its columns are not \(columns.joined(separator: ","))")
    }
    let classes = Set(result.classes)
    var rows: [FilePath: Row] = [:]
    for (number, fields) in table.dropFirst().enumerated() {
      // The header is row 1.
      let place = "row \(number + 2)"
      guard fields.count == columns.count else {
        throw wrong("\(place) has \(fields.count) fields, not \(columns.count)")
      }
      let named = [fields[1]] + stride(from: 2, to: fields.count, by: 2).map { fields[$0] }
      if let unknown = named.first(where: { !classes.contains($0) }) {
        throw wrong(
          "\(place) names \(TensorFileError.quoted(unknown)), which is none of the \(classes.count) classes")
      }
      let scores = stride(from: 3, to: fields.count, by: 2).map { fields[$0] }
      if let score = scores.first(where: { !(Float($0)?.isFinite ?? false) }) {
        throw wrong("\(place) has the score \(TensorFileError.quoted(score)), which is no number")
      }
      let row = Row(label: fields[1], classes: Array(named.dropFirst()))
      guard rows.updateValue(row, forKey: FilePath(fields[0])) == nil else {
        throw wrong("\(place) names the video \(TensorFileError.quoted(fields[0])) a second time")
      }
    }
    guard rows.count == result.test.videos else {
      throw wrong(
        "it has \(rows.count) videos, but \(EvaluationFolder.resultFile) beside it tells of \(result.test.videos)"
      )
    }
    // What could not be read has no class, and counts as wrong.
    for video in result.test.unreadable where rows[FilePath(video.name)] == nil {
      rows[FilePath(video.name)] = Row(label: video.label ?? "", classes: [])
    }
    self.rows = rows
  }

  /// In words, how its videos differ from another's; nil where they are the same with the same labels.
  /// - Parameters:
  ///   - own: the folder that this table is of.
  ///   - folder: the folder of the other.
  package func difference(from other: PredictionTable, own: String, _ folder: String) -> String? {
    let alone = rows.keys.filter { other.rows[$0] == nil }
    let missing = other.rows.keys.filter { rows[$0] == nil }
    let count = alone.count + missing.count
    if count > 0 {
      // The first by name, so that the example is the same each time.
      let example = (alone + missing).min().map { name in
        "\(TensorFileError.quoted(name.description)) of \(rows[name] == nil ? folder : own)"
      }
      return
        "\(count) \(count == 1 ? "video stands" : "videos stand") in one of them alone, such as \(example ?? "")"
    }
    let relabelled = rows.keys.filter { name in
      let labels = [rows[name]?.label ?? "", other.rows[name]?.label ?? ""]
      return labels[0] != labels[1] && !labels.contains("")
    }
    guard let first = relabelled.min() else { return nil }
    return
      "\(relabelled.count) \(relabelled.count == 1 ? "video has" : "videos have") other labels, such as "
      + TensorFileError.quoted(first.description)
  }
}
