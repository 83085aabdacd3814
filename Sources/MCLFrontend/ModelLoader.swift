import Foundation
import MCLGraph
import MCLSupport

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

    /// Limits in seconds of wall time and in bytes.
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
    /// The graph of these settings was in the cache.
    case cachedGraph
    /// The compiled model was in the cache and ran with new settings.
    case cachedExecutable
    /// The model was compiled and run.
    case compiled
  }

  /// What the child processes may use.
  public var limits: Limits
  /// The variables that say where the compiler, the libraries and the cache are.
  public var environment: [String: String]
  /// Is given what a model printed while it was built. Where that fails, the error has the last lines of it.
  public var onPrint: (@Sendable (String) -> Void)?

  /// A loader for this machine.
  ///
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

    let program = ModelCompilation.mainProgram(sources.entry)
    let executableKey =
      (["mclc model 2", toolchain.stamp, program] + ModelCompilation.flags
      + sources.files.flatMap { [$0.path, $0.text] })
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
    var origin = Origin.cachedExecutable
    func run(_ executable: String) throws -> (text: String, printed: String)? {
      try ModelRun(executable: executable, sources: sources, limits: limits, toolchain: toolchain)
        .graph(settings: settings, in: folder, isCached: origin == .cachedExecutable)
    }
    var result: (text: String, printed: String)?
    if cache.content(executableKey, "model") != nil, let executable = cache.path(executableKey, "model") {
      result = try run(executable)
    }
    if result == nil {
      origin = .compiled
      let executable = try ModelCompilation(
        sources: sources, toolchain: toolchain, seconds: limits.compileSeconds
      ).executable(in: folder)
      if let bytes = FileManager.default.contents(atPath: executable) {
        cache.store([UInt8](bytes), executableKey, "model", isExecutable: true)
      }
      result = try run(executable)
    }
    guard let result else { throw ModelLoadError("the compiled model of \(path) could not be run") }
    do {
      let module = try Module(text: result.text)
      // A model that prints is run whenever it is loaded, or it would print but once.
      if result.printed.isEmpty { cache.store(Array(result.text.utf8), graphKey, "graph") }
      if !result.printed.isEmpty { onPrint?(result.printed) }
      return (module, origin)
    } catch { throw ModelLoadError("\(path): \(error)") }
  }

  /// The files that a model is read from: itself and those it uses.
  /// - Throws: `ModelLoadError` where one cannot be read.
  public static func files(of path: String) throws -> [String] {
    let bytes = try fileContents(path, description: "model file", limit: 1 << 30)
    return bytes.starts(with: "mclgraph 1".utf8) ? [path] : try ModelSources(path: path).files.map(\.path)
  }

  /// SHA-256 of a model's text and of the files it uses, in hexadecimal digits.
  /// - Throws: `ModelLoadError` where one cannot be read.
  public static func textHash(path: String) throws -> String {
    let bytes = try fileContents(path, description: "model file", limit: 1 << 30)
    guard !bytes.starts(with: "mclgraph 1".utf8) else { return SHA256.hexadecimal(bytes) }
    let texts = try ModelSources(path: path).files.map(\.text)
    return SHA256.hexadecimal(texts.map { "\($0.utf8.count) \($0)" }.joined().utf8)
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
}
