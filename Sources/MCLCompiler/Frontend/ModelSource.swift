import Foundation

/// A model file and those it names in lines `// mcl-uses: other.mcl`, read.
struct ModelSource {
  struct File {
    /// As the user wrote it, for diagnostics.
    var path: String
    var text: String
  }

  private(set) var files: [File] = []
  /// The name of the one model value that the first file declares.
  private(set) var entry = ""

  private static let sizeLimit = 4 << 20

  /// - Throws: `ModelLoadError` when a file cannot be read or declares no model, or several.
  init(path: String) throws {
    var pending = [(path: path, from: "")]
    var seen = Set<String>()
    while let next = pending.popLast() {
      guard seen.insert(URL(fileURLWithPath: next.path).standardizedFileURL.path).inserted else { continue }
      let named = next.from.isEmpty ? "" : ", which \(next.from) uses"
      guard let data = FileManager.default.contents(atPath: next.path) else {
        throw ModelLoadError("\(next.path)\(named): there is no such file, or it may not be read; check the path")
      }
      guard data.count <= Self.sizeLimit, let text = String(data: data, encoding: .utf8) else {
        throw ModelLoadError("\(next.path)\(named): this is no model text; a .mcl file is Swift in UTF-8")
      }
      files.append(File(path: next.path, text: text))
      let folder = (next.path as NSString).deletingLastPathComponent
      for line in text.split(separator: "\n") {
        guard let range = line.range(of: "// mcl-uses:"), line[..<range.lowerBound].allSatisfy(\.isWhitespace)
        else { continue }
        for name in line[range.upperBound...].split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" }) {
          pending.append(((folder as NSString).appendingPathComponent(String(name)), next.path))
        }
      }
    }
    let names = try Self.models(in: files[0].text)
    guard let entry = names.first else {
      throw ModelLoadError("\(path): it declares no model; write one as 'let name = Model(\"name\") { … }'")
    }
    guard names.count == 1 else {
      throw ModelLoadError("\(path): it declares \(names.count) models (\(names.joined(separator: ", "))); keep one a file")
    }
    self.entry = entry
  }

  private static func models(in text: String) throws -> [String] {
    let pattern = try NSRegularExpression(
      pattern: #"^(?:public\s+)?let\s+(\w+)\s*(?::\s*Model\s*)?=\s*Model\s*\("#, options: .anchorsMatchLines)
    let range = NSRange(text.startIndex..., in: text)
    return pattern.matches(in: text, range: range).compactMap { match in
      Range(match.range(at: 1), in: text).map { String(text[$0]) }
    }
  }
}
