import Foundation
import MCLSupport
import MCLWeights

/// The files that tables of features are kept in.
///
/// | ending | holds | is read back |
/// |---|---|---|
/// | `.safetensors` | `clips` [videos, views, D], `features` [videos, D], the means; the rest as metadata | yes |
/// | `.npy` | `clips`; the rest in a `.json` beside it | yes |
/// | `.csv` | a row a video: name, label, means | no |
///
/// Files that are read are not trusted: every length is checked before it is used, and every number must be finite.
package enum FeatureFile {
  private static let format = "mclc features 1"
  private static let (clipsName, meansName) = ("clips", "features")
  package static let endings = ["safetensors", "npy", "csv"]

  /// - Throws: `UsageError` for a name that ends otherwise.
  package static func checkEnding(_ path: String) throws {
    guard endings.contains(FilePath(path).ending) else {
      throw UsageError("\(path): name a file that ends in .safetensors, .npy or .csv")
    }
  }

  /// Every file that a table is written to.
  package static func files(of path: String) -> [String] {
    FilePath(path).ending == "npy" ? [path, companion(of: path)] : [path]
  }

  /// Writes a table in the form that the ending says; each file appears whole or not at all.
  /// - Throws: `UsageError` for another ending, `TensorFileError` where a file cannot be written.
  package static func write(_ table: FeatureTable, to path: String) throws {
    try checkEnding(path)
    switch FilePath(path).ending {
    case "csv": try AtomicFile.write(to: path) { try writeRows(table, $0) }
    case "npy":
      // The text first: an array without it could not be told from any other.
      let description = try encoder.encode(Description(table))
      try AtomicFile.write(String(decoding: description, as: UTF8.self) + "\n", to: companion(of: path))
      try NumpyFile.write(table.clips, shape: [table.count, table.views, table.width], to: path)
    default:
      let description = Description(table)
      try SafeTensors.write(
        [
          clipsName: HostTensor([table.count, table.views, table.width], .float32(table.clips)),
          meansName: HostTensor([table.count, table.width], .float32(table.means)),
        ], metadata: try description.metadata(encoder), to: path)
    }
  }

  /// Reads a table.
  /// - Parameter width: numbers that its features must have; nil for any.
  /// - Throws: `TensorFileError` for a file that is damaged, or no such table.
  package static func read(_ path: String, width: Int? = nil) throws -> FeatureTable {
    switch FilePath(path).ending {
    case "csv":
      throw TensorFileError("\(path): tables in CSV are not read back; give a .safetensors or .npy")
    case "npy":
      let (values, shape) = try NumpyFile.read(path)
      return try table(try Description(reading: companion(of: path)), values, shape, nil, path, width)
    default:
      let file = try SafeTensors(path: path)
      guard file.metadata["format"] == format, let clips = file.entries[clipsName],
        let means = file.entries[meansName]
      else { throw TensorFileError("\(path): it is no table of features; write one with 'mclc embed'") }
      guard clips.element == .float32, means.element == .float32 else {
        throw TensorFileError("\(path): its features are no f32; write it anew with 'mclc embed'")
      }
      let description = try Description(file.metadata, path)
      guard clips.shape.count == 3, means.shape == [clips.shape[0], clips.shape[2]] else {
        throw TensorFileError(
          "\(path): clips of shape \(clips.shape) and means of shape \(means.shape) do not belong together; it is damaged"
        )
      }
      return try table(
        description, try file.floats(clipsName), clips.shape, try file.floats(meansName), path, width)
    }
  }

  private static func table(
    _ description: Description, _ clips: [Float], _ shape: [Int], _ means: [Float]?, _ path: String,
    _ width: Int?
  ) throws -> FeatureTable {
    func damaged(_ what: String) -> TensorFileError { TensorFileError("\(path): \(what); it is damaged") }
    guard shape.count == 3, shape[1] > 0, shape[2] > 0 else {
      throw damaged("features have the shape \(shape), not videos x views x numbers")
    }
    guard description.names.count == shape[0], description.labels.count == shape[0] else {
      throw damaged(
        "it names \(description.names.count) videos and \(description.labels.count) labels, but has features of \(shape[0])"
      )
    }
    if let width, width != shape[2] {
      throw TensorFileError(
        "\(path): its features have \(shape[2]) numbers, but \(width) are wanted; extract both tables with one program"
      )
    }
    if let place = clips.firstIndex(where: { !$0.isFinite }) {
      let (video, rest) = place.quotientAndRemainder(dividingBy: shape[1] * shape[2])
      throw TensorFileError(
        "\(path): number \(rest % shape[2]) of view \(rest / shape[2]) of \(TensorFileError.quoted(description.names[video])) "
          + "is \(clips[place]); extract it anew with weights that are whole")
    }
    let table = FeatureTable(
      names: description.names, labels: description.labels, views: shape[1], width: shape[2], clips: clips,
      source: description.source, unreadable: description.unreadable)
    guard description.classes == table.classes else {
      throw damaged("its classes are not those of its labels")
    }
    if let means, means != table.means { throw damaged("its means are not those of its views") }
    return table
  }

  // MARK: What is no number

  private static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }

  /// The path of the text beside an array.
  private static func companion(of path: String) -> String { FilePath(path).stem.description + ".json" }

  /// All of a table but the numbers.
  private struct Description: Codable {
    var format: String
    var names: [String]
    var labels: [String?]
    var classes: [String]
    var source: FeatureSource
    var unreadable: [UnreadableVideo]

    init(_ table: FeatureTable) {
      (format, names, labels, classes) = (FeatureFile.format, table.names, table.labels, table.classes)
      (source, unreadable) = (table.source, table.unreadable)
    }

    func metadata(_ encoder: JSONEncoder) throws -> [String: String] {
      func text(_ value: some Encodable) throws -> String {
        String(decoding: try encoder.encode(value), as: UTF8.self)
      }
      return [
        "format": format, "names": try text(names), "labels": try text(labels), "classes": try text(classes),
        "source": try text(source), "unreadable": try text(unreadable),
      ]
    }

    init(_ metadata: [String: String], _ path: String) throws {
      func value<Value: Decodable>(_ key: String) throws -> Value {
        guard let text = metadata[key],
          let value = try? JSONDecoder().decode(Value.self, from: Data(text.utf8))
        else {
          throw TensorFileError(
            "\(path): its metadata has no '\(key)' that can be read; write it anew with 'mclc embed'")
        }
        return value
      }
      format = FeatureFile.format
      (names, labels, classes) = (try value("names"), try value("labels"), try value("classes"))
      (source, unreadable) = (try value("source"), try value("unreadable"))
    }

    /// Reads the text beside an array.
    init(reading path: String) throws {
      guard let data = FileManager.default.contents(atPath: path), data.count <= 1 << 30,
        let value = try? JSONDecoder().decode(Self.self, from: data), value.format == FeatureFile.format
      else {
        throw TensorFileError(
          "\(path): it is no description of features; keep it beside its array, as 'mclc embed' wrote both")
      }
      self = value
    }
  }

  // MARK: CSV

  private static func writeRows(
    _ table: FeatureTable, _ append: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    func write(_ fields: [String]) throws {
      try Array((CSVText.line(fields)).utf8).withUnsafeBytes { try append($0) }
    }
    try write(["video", "label"] + (0..<table.width).map { "f\($0)" })
    for (video, name) in table.names.enumerated() {
      let numbers = table.means[video * table.width..<(video + 1) * table.width].map { "\($0)" }
      try write([name, table.labels[video] ?? ""] + numbers)
    }
  }
}

/// Lines of comma-separated values (RFC 4180), but that they end as lines of text do.
package enum CSVText {
  package static func line(_ fields: [String]) -> String {
    fields.map { field in
      let isPlain = !field.utf8.contains { [0x2c, 0x22, 0x0a, 0x0d].contains($0) }
      return isPlain ? field : "\"" + field.replacing("\"", with: "\"\"") + "\""
    }.joined(separator: ",") + "\n"
  }
}
