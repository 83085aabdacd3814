import Foundation
import MCLGraph

/// Turns a model file into its graphs, as the Swift package manager turns a manifest into a package: the file is Swift
/// against MCLGraph, compiled and run in a child process that writes the graphs' text form and ends. The text is what
/// is kept. A model file is a program: trust it as you would a Package.swift.
public struct ModelLoader: Sendable {
  /// Processor seconds that a model may take to compile and to build its graphs.
  public var secondsLimit: Int
  /// Address space of the model's own run, in MiB.
  public var memoryLimit: Int
  private let cache: ObjectCache

  public init(cache: ObjectCache = .standard, secondsLimit: Int = 60, memoryLimit: Int = 8192) {
    self.cache = cache
    self.secondsLimit = secondsLimit
    self.memoryLimit = memoryLimit
  }

  /// The model's programs under these settings. Graph text, plain or at the head of a `.mclc`, is read as it is.
  /// - Throws: `ModelLoadError`, or `ModelError` for graph text.
  public func load(_ path: String, settings: [String: String] = [:]) throws -> Module {
    if let text = try Self.graphText(path) {
      guard settings.isEmpty else {
        throw ModelLoadError(
          "\(path): a compiled model keeps the settings it was compiled with; give --set to 'mclc compile' instead")
      }
      return try Module(text: text)
    }
    let source = try ModelSource(path: path)
    let library = try Self.libraryFolder()
    let code = source.files.map { "\($0.path)\n\($0.text)" }.joined(separator: "\u{0}")
    let identity = "model 1\n\(Self.stamp(library))\n\(code)"
    let arguments = settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let textKey = "text \(arguments)\n\(identity)"
    if let bytes = cache.object(textKey), let module = try? Module(text: String(decoding: bytes, as: UTF8.self)) {
      return module
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mclc-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch { throw ModelLoadError("\(folder.path) cannot be made; set TMPDIR to a folder with room") }
    let program = folder.appendingPathComponent("model").path
    if let bytes = cache.object("program \(identity)") {
      try Self.write(Data(bytes), program)
      try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: program)
    } else {
      try compile(source, library, folder, program)
      if let bytes = FileManager.default.contents(atPath: program) {
        _ = cache.store([UInt8](bytes), "program \(identity)")
      }
    }
    let text = try run(program, arguments, folder, path)
    let module = try Module(text: text)
    _ = cache.store(Array(text.utf8), textKey)
    return module
  }

  /// The text of a file that begins as graph text does; nil for any other.
  private static func graphText(_ path: String) throws -> String? {
    guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? handle.close() }
    let magic = "mclgraph 1\n"
    guard let head = try? handle.read(upToCount: magic.utf8.count), Array(head) == Array(magic.utf8) else {
      return nil
    }
    guard let rest = try? handle.readToEnd() else { throw ModelLoadError("\(path): it ends after its first line") }
    // The text of a compiled model ends at the first zero byte; kernels follow.
    let text = rest.prefix { $0 != 0 }
    guard let decoded = String(data: text, encoding: .utf8) else {
      throw ModelLoadError("\(path): the graph text is damaged; compile the model again")
    }
    return magic + decoded
  }

  private func compile(_ source: ModelSource, _ library: URL, _ folder: URL, _ program: String) throws {
    var files: [String] = []
    for (index, file) in source.files.enumerated() {
      let name = folder.appendingPathComponent("part\(index).swift").path
      let quoted = file.path.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
      try Self.write(Data("#sourceLocation(file: \"\(quoted)\", line: 1)\n\(file.text)\n".utf8), name)
      files.append(name)
    }
    let main = folder.appendingPathComponent("main.swift").path
    try Self.write(
      Data("import Foundation\nimport MCLGraph\nexit(emitModel(\(source.entry), arguments: CommandLine.arguments))\n".utf8), main)
    let compiler = ProcessInfo.processInfo.environment["MCL_SWIFTC"] ?? "swiftc"
    let outcome = try BoundedProcess.run(
      [
        "/usr/bin/env", compiler, "-swift-version", "6", "-Onone", "-module-name", "model", "-I",
        library.appendingPathComponent("Modules").path, "-L", library.path, "-lMCLGraph", "-Xlinker", "-rpath",
        "-Xlinker", library.path, "-o", program,
      ] + files + [main], seconds: secondsLimit, mebibytes: nil)
    guard outcome.status != 0 else { return }
    if outcome.isTimeOut {
      throw ModelLoadError("\(source.files[0].path): compiling took over \(secondsLimit) s; split long expressions")
    }
    if outcome.status == 127 || outcome.status == 126 {
      throw ModelLoadError(
        "\(source.files[0].path): '\(compiler)' was not found, and compiling models needs a Swift toolchain; put it on "
          + "PATH or name it in MCL_SWIFTC, or give a model compiled elsewhere with 'mclc compile -o x.mclc'")
    }
    let errors = outcome.output.split(separator: "\n").filter { $0.contains(": error: ") }
    var unique: [Substring] = []
    for error in errors where !unique.contains(error) { unique.append(error) }
    throw ModelLoadError(unique.isEmpty ? outcome.output : unique.joined(separator: "\n"))
  }

  private func run(_ program: String, _ arguments: [String], _ folder: URL, _ path: String) throws -> String {
    let output = folder.appendingPathComponent("graph.txt").path
    let outcome = try BoundedProcess.run(
      [program, output] + arguments, seconds: secondsLimit, mebibytes: memoryLimit)
    if outcome.isTimeOut {
      throw ModelLoadError(
        "\(path): building the model took over \(secondsLimit) s and was ended; look for a loop that does not end")
    }
    guard outcome.status == 0 else {
      let said = outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
      if outcome.status == 1, !said.isEmpty { throw ModelLoadError(said) }
      let reason = said.split(separator: "\n").first { $0.contains("rror") }.map { ": \($0)" } ?? ""
      throw ModelLoadError("\(path): building the model ended with status \(outcome.status)\(reason)")
    }
    guard let data = FileManager.default.contents(atPath: output) else {
      throw ModelLoadError("\(path): building the model wrote no graph; does the file call exit?")
    }
    return String(decoding: data, as: UTF8.self)
  }

  private static func write(_ data: Data, _ path: String) throws {
    guard FileManager.default.createFile(atPath: path, contents: data) else {
      throw ModelLoadError("\(path) cannot be written; set TMPDIR to a folder with room")
    }
  }

  /// The folder that holds libMCLGraph.so and the folder Modules: beside the running program, in MCL_LIBRARY_DIR, or
  /// among the products of the package being tested.
  private static func libraryFolder() throws -> URL {
    var candidates: [URL] = []
    if let named = ProcessInfo.processInfo.environment["MCL_LIBRARY_DIR"] {
      candidates.append(URL(fileURLWithPath: named))
    }
    if let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
      candidates.append(URL(fileURLWithPath: own).deletingLastPathComponent())
    }
    for argument in CommandLine.arguments {
      candidates.append(URL(fileURLWithPath: argument).deletingLastPathComponent())
    }
    for folder in candidates {
      let files = ["libMCLGraph.so", "Modules/MCLGraph.swiftmodule"].map { folder.appendingPathComponent($0).path }
      if files.allSatisfy(FileManager.default.fileExists) { return folder.standardizedFileURL }
    }
    throw ModelLoadError(
      "libMCLGraph.so and its module were not found beside mclc; run it from its build folder or set MCL_LIBRARY_DIR")
  }

  /// What changes whenever the library does: its size and time of change.
  private static func stamp(_ library: URL) -> String {
    let path = library.appendingPathComponent("libMCLGraph.so").path
    let attributes = (try? FileManager.default.attributesOfItem(atPath: path)) ?? [:]
    let date = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
    return "\(path) \(attributes[.size] ?? 0) \(date)"
  }
}
