import Foundation

/// A model file and those it names in lines `// mcl-uses: a.mcl b.mcl`, directly or through others, each once.
struct ModelSources {
  struct File {
    /// The path as the user wrote it; for a used file, beside the one that names it.
    var path: String
    var text: String

    /// The path as Swift knows it. Its directive takes text as it stands, without escapes: what would end it is shown
    /// as something else.
    var name: String { String(path.map { $0 == "\\" ? "_" : $0 == "\"" ? "'" : $0 }) }
  }

  private(set) var files: [File] = []
  /// The name of the one model value that the first file declares.
  private(set) var entry = ""

  /// More than any model needs; a path that leads elsewhere (a video, a disk image) is refused early.
  private static let largestFile = 4 << 20
  private static let mostFiles = 256

  /// - Throws: `ModelLoadError` for a file that is missing, no text, or does not declare exactly one model.
  init(path: String) throws {
    var seen = Set<String>()
    var pending: [(path: String, user: String?)] = [(path, nil)]
    while let (next, user) = pending.popLast() {
      let resolved = URL(fileURLWithPath: next).resolvingSymlinksInPath().path
      guard seen.insert(resolved).inserted else { continue }
      guard files.count < Self.mostFiles else {
        throw ModelLoadError("\(path): the model uses more than \(Self.mostFiles) files")
      }
      let text = try Self.text(next, usedBy: user)
      files.append(File(path: next, text: text))
      let folder = (next as NSString).deletingLastPathComponent
      for used in Self.uses(in: text).reversed() {
        let isAbsolute = used.hasPrefix("/") || folder.isEmpty
        pending.append((isAbsolute ? used : "\(folder == "/" ? "" : folder)/\(used)", next))
      }
    }
    let models = Self.models(in: files[0].text)
    guard let model = models.first else {
      throw ModelLoadError(
        "\(path) declares no model; give it one line that begins with 'let NAME = Model(\"NAME\")'")
    }
    guard models.count == 1 else {
      throw ModelLoadError(
        "\(path) declares \(models.count) models (\(models.joined(separator: ", "))); keep one a file and name the "
          + "others' files in a line '// mcl-uses: FILE.mcl'")
    }
    entry = model
  }

  /// Stands for the folder that relative paths begin in, in what a compiled model knows of its lines.
  static let workingFolder = "/mclc-model"

  /// The file that a compiled model calls `name`: as `#filePath` has it, or in absolute form as debug information does.
  func file(named name: String) -> File? {
    if let file = files.first(where: { $0.name == name }) { return file }
    guard name.hasPrefix("/") else { return nil }
    func components(_ path: String) -> [Substring] { path.split(separator: "/").filter { $0 != "." } }
    let wanted = components(name)
    return files.first { file in
      components(file.name.hasPrefix("/") ? file.name : "\(Self.workingFolder)/\(file.name)") == wanted
    }
  }

  private static func text(_ path: String, usedBy user: String?) throws -> String {
    let origin = user.map { ", which \($0) names in '// mcl-uses:'" } ?? ""
    guard !path.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
      throw ModelLoadError("the path of a model file has a control character in it; rename the file")
    }
    let bytes = try fileContents(path, description: "model file", origin: origin, limit: largestFile)
    guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
      throw ModelLoadError("the model file \(path)\(origin) is not UTF-8 text")
    }
    return text
  }

  /// The files named in lines `// mcl-uses:`.
  static func uses(in text: String) -> [String] {
    text.split(whereSeparator: \.isNewline).flatMap { line -> [String] in
      let line = line.drop { $0 == " " || $0 == "\t" }
      guard line.hasPrefix("//") else { return [] }
      let comment = line.dropFirst(2).drop { $0 == " " }
      guard comment.hasPrefix("mcl-uses:") else { return [] }
      return comment.dropFirst("mcl-uses:".count).split { $0 == " " || $0 == "\t" || $0 == "," }.map(
        String.init)
    }
  }

  /// The names that lines `let NAME = Model(` declare at the margin.
  static func models(in text: String) -> [String] {
    text.split(whereSeparator: \.isNewline).compactMap { line in
      var words = line.split(whereSeparator: { " \t=:".contains($0) }).map(String.init)
      if words.first == "public" || words.first == "nonisolated" { words.removeFirst() }
      guard let first = line.first, first != " ", first != "\t", words.count >= 3, words[0] == "let" else {
        return nil
      }
      let value = words[2] == "Model" && words.count > 3 ? words[3] : words[2]
      let isName = words[1].allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
      return isName && value.hasPrefix("Model(") ? words[1] : nil
    }
  }
}

/// The bytes of a regular file.
/// - Throws: `ModelLoadError` in one sentence when it is missing, no file, too large or cannot be read.
func fileContents(_ path: String, description: String, origin: String = "", limit: Int) throws -> [UInt8] {
  // A pipe or a device is refused before it is opened, since opening one may wait for ever.
  var status = stat()
  guard stat(path, &status) == 0 else {
    let reason = String(cString: strerror(errno))
    throw ModelLoadError("cannot read the \(description) \(path)\(origin): \(reason)")
  }
  guard status.st_mode & S_IFMT == S_IFREG else {
    throw ModelLoadError("cannot read the \(description) \(path)\(origin): it is not a regular file")
  }
  guard status.st_size <= limit else {
    throw ModelLoadError(
      "cannot read the \(description) \(path)\(origin): it has \(status.st_size) bytes, more than \(limit)")
  }
  do { return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) } catch {
    throw ModelLoadError(
      "cannot read the \(description) \(path)\(origin): \((error as NSError).localizedDescription)")
  }
}
