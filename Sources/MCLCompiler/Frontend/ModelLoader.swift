import Foundation
import MCLGraph

/// Loads models: `.mcl` files, which are Swift and are compiled and run in a child process, and graph text, which is
/// data and needs no toolchain.
///
/// A `.mcl` file is a program and is trusted like a `Package.swift`. Its child process has limits of time and memory
/// against mistakes, not against malice.
public struct ModelLoader: Sendable {
  /// What the child processes may use.
  public struct Limits: Sendable {
    /// For swiftc.
    public var compileSeconds: Double
    /// For the model's own code.
    public var runSeconds: Double
    /// Address space of the model's own code, in bytes.
    public var runMemory: Int

    public init(compileSeconds: Double = 60, runSeconds: Double = 20, runMemory: Int = 4 << 30) {
      self.compileSeconds = compileSeconds
      self.runSeconds = runSeconds
      self.runMemory = runMemory
    }
  }

  /// Where a module came from.
  public enum Origin: Sendable {
    /// The file itself is graph text.
    case graphText
    case cachedGraph
    /// The compiled model was in the cache and ran with new settings.
    case cachedExecutable
    case compiled
  }

  public var limits: Limits
  public var environment: [String: String]

  /// - Parameter environment: where MCL_SWIFTC, MCL_LIBRARY_DIR, MCL_CACHE, XDG_CACHE_HOME, HOME and PATH are read.
  public init(
    limits: Limits = Limits(), environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    self.limits = limits
    self.environment = environment
  }

  /// The module of the model at `path`, built with `settings`.
  /// - Throws: `ModelLoadError`: swiftc's errors or the model's diagnostics one a line, or one sentence.
  public func load(path: String, settings: [String: String] = [:]) throws -> Module {
    try loadWithOrigin(path: path, settings: settings).module
  }

  /// `load`, and where the module came from.
  public func loadWithOrigin(
    path: String, settings: [String: String] = [:]
  ) throws -> (module: Module, origin: Origin) {
    if let text = try graphText(path) {
      do { return (try Module(text: text).applying(settings, path: path), .graphText) } catch let error
        as ModelError
      {
        throw ModelLoadError("\(path): \(error)")
      }
    }
    for (key, value) in settings where key.isEmpty || (key + value).utf8.contains(0) || key.contains("=") {
      throw ModelLoadError("--set takes KEY=VALUE, not '\(key)=\(value)'")
    }
    let sources = try ModelSources(path: path)
    let toolchain = try Toolchain(environment: environment)
    let cache = ModelCache(environment: environment)

    let program = Self.generatedProgram(sources.entry)
    let executableKey =
      (["mclc model 1", toolchain.stamp, program] + Self.flags + sources.files.flatMap { [$0.path, $0.text] })
      .map { "\($0.utf8.count) \($0)" }.joined(separator: "\n")
    let graphKey =
      executableKey
      + settings.sorted { $0.key < $1.key }.map { "\n\($0.key.utf8.count) \($0.key)=\($0.value)" }.joined()

    if let bytes = cache.content(graphKey, "graph"), let text = String(validating: bytes, as: UTF8.self),
      let module = try? Module(text: text)
    {
      return (module, .cachedGraph)
    }

    let folder = try TemporaryFolder()
    defer { folder.remove() }
    var origin = Origin.compiled
    var text: String?
    if cache.content(executableKey, "model") != nil, let executable = cache.path(executableKey, "model") {
      text = try run(executable, path, settings, folder, isCached: true)
      origin = .cachedExecutable
    }
    if text == nil {
      let executable = try compile(sources, program, toolchain, folder)
      text = try run(executable, path, settings, folder, isCached: false)
      origin = .compiled
      if let bytes = FileManager.default.contents(atPath: executable) {
        cache.store([UInt8](bytes), executableKey, "model", isExecutable: true)
      }
    }
    guard let text else { throw ModelLoadError("the compiled model of \(path) could not be run") }
    do {
      let module = try Module(text: text)
      cache.store(Array(text.utf8), graphKey, "graph")
      return (module, origin)
    } catch { throw ModelLoadError("\(path): \(error)") }
  }

  /// The text of a file that is graph text by its first line; nil for anything that has to be compiled.
  private func graphText(_ path: String) throws -> String? {
    let bytes = try fileContents(path, description: "model file", limit: 1 << 30)
    guard bytes.starts(with: "mclgraph 1".utf8) else {
      if path.hasSuffix(".mclc") {
        throw ModelLoadError("\(path) is no compiled model: it must begin with 'mclgraph 1'")
      }
      return nil
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ModelLoadError("the model file \(path) is not UTF-8 text")
    }
    return text
  }

  private static let flags = ["-swift-version", "6", "-Onone", "-wmo", "-diagnostic-style", "llvm"]

  private static func generatedProgram(_ entry: String) -> String {
    """
    import Glibc
    import MCLGraph

    exit(MCLGraph.emitModel(\(entry), arguments: CommandLine.arguments))

    """
  }

  /// Compiles the sources into an executable in `folder` and gives its path.
  private func compile(
    _ sources: ModelSources, _ program: String, _ toolchain: Toolchain, _ folder: TemporaryFolder
  ) throws -> String {
    var files: [String] = []
    for (index, file) in sources.files.enumerated() {
      // The directive takes its text as it stands, without escapes: what would end it is shown as something else.
      let name = String(file.path.map { $0 == "\\" ? "_" : $0 == "\"" ? "'" : $0 })
      files.append(
        try folder.write("\(index).swift", "#sourceLocation(file: \"\(name)\", line: 1)\n\(file.text)"))
    }
    files.append(try folder.write("main.swift", program))
    let executable = folder.file("model")
    let output = folder.file("compiler.txt")
    let child = ChildProcess(seconds: limits.compileSeconds, memory: nil)
    let outcome = try child.run(
      toolchain.compiler,
      Self.flags + [
        "-module-name", "Model", "-I", toolchain.moduleFolder, "-L", toolchain.libraryFolder, "-lMCLGraph",
        "-Xlinker", "-rpath", "-Xlinker", toolchain.libraryFolder, "-o", executable,
      ] + files, output: output)
    switch outcome {
    case .exited(0): return executable
    case .outOfTime:
      throw ModelLoadError(
        "\(sources.files[0].path): swiftc took more than \(limits.compileSeconds) s to compile the model and was "
          + "stopped; split long expressions")
    case .exited, .signalled: throw ModelLoadError(Self.compilerErrors(output, toolchain.compiler))
    }
  }

  /// swiftc's error lines, each once; what it printed last when it failed without one.
  private static func compilerErrors(_ output: String, _ compiler: String) -> String {
    let lines = printed(output)
    var errors: [String] = []
    for line in lines where line.contains(": error: ") && !errors.contains(line) { errors.append(line) }
    let most = 20
    if errors.count > most {
      return (errors.prefix(most) + ["and \(errors.count - most) more errors"]).joined(separator: "\n")
    }
    if !errors.isEmpty { return errors.joined(separator: "\n") }
    return "\(compiler) failed: \(lines.suffix(5).joined(separator: " "))"
  }

  /// What a child printed, at most the first MiB of it, as lines.
  private static func printed(_ path: String) -> [String] {
    guard let file = FileHandle(forReadingAtPath: path) else { return [] }
    defer { try? file.close() }
    let data = (try? file.read(upToCount: 1 << 20)) ?? Data()
    return String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
  }

  /// Runs a compiled model and gives the graph text it wrote; nil when a cached one does not run at all.
  private func run(
    _ executable: String, _ path: String, _ settings: [String: String], _ folder: TemporaryFolder,
    isCached: Bool
  ) throws -> String? {
    let graph = folder.file("graph.txt")
    let output = folder.file("model.txt")
    let child = ChildProcess(seconds: limits.runSeconds, memory: limits.runMemory)
    let arguments = settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let outcome = try child.run(executable, [graph] + arguments, output: output)
    let lines = Self.printed(output)
    switch outcome {
    case .exited(0):
      let bytes = try fileContents(graph, description: "graph", limit: 1 << 30)
      return String(decoding: bytes, as: UTF8.self)
    case .outOfTime:
      throw ModelLoadError(
        "\(path): the model was not built after \(limits.runSeconds) s and was stopped; look for an endless loop"
      )
    case .exited(1) where !lines.isEmpty: throw ModelLoadError(lines.joined(separator: "\n"))
    case .exited(126), .exited(127):
      if isCached { return nil }
      throw ModelLoadError("\(path): the compiled model cannot be run: \(lines.joined(separator: " "))")
    case .exited(let code):
      throw ModelLoadError("\(path): the model ended with exit code \(code) before it was built")
    case .signalled(let signal):
      let gibibytes = Double(limits.runMemory) / Double(1 << 30)
      let reason =
        lines.first { $0.contains("Fatal error") }
        ?? "signal \(signal), perhaps for want of memory beyond \(gibibytes) GiB"
      throw ModelLoadError("\(path): the model crashed while it was built: \(reason)")
    }
  }
}
