import MCLGraph

/// Compiles the sources of a model into an executable with swiftc, and says why where that fails.
struct ModelCompilation {
  let sources: ModelSources
  let toolchain: Toolchain
  /// After this time swiftc is stopped.
  let seconds: Double

  /// Line tables let a mistake be found by its calls. Names of files in them do not depend on where mclc was started.
  static let flags = [
    "-swift-version", "6", "-Onone", "-wmo", "-gline-tables-only", "-file-compilation-dir",
    ModelSources.workingFolder, "-diagnostic-style", "llvm",
  ]

  /// The main file of the executable.
  static func mainProgram(_ entry: String) -> String {
    """
    import Glibc
    import MCLGraph

    exit(MCLGraph.emitModel(\(entry), arguments: CommandLine.arguments))

    """
  }

  /// Compiles into `folder` and gives the executable's path.
  /// - Throws: `ModelLoadError`: swiftc's errors one a line, or how it ended and what it printed last.
  func executable(in folder: TemporaryFolder) throws -> String {
    var files: [String] = []
    for (index, file) in sources.files.enumerated() {
      files.append(
        try folder.write("\(index).swift", "#sourceLocation(file: \"\(file.name)\", line: 1)\n\(file.text)"))
    }
    files.append(try folder.write("main.swift", Self.mainProgram(sources.entry)))
    let executable = folder.file("model")
    let result = try ChildProcess(seconds: seconds, memory: nil).run(
      toolchain.compiler,
      Self.flags + [
        "-module-name", "Model", "-I", toolchain.moduleFolder, "-L", toolchain.libraryFolder, "-lMCLGraph",
        "-Xlinker", "-rpath", "-Xlinker", toolchain.libraryFolder, "-o", executable,
      ] + files)
    switch result.outcome {
    case .exited(0): return executable
    case .outOfTime:
      throw ModelLoadError(
        "\(sources.files[0].path): swiftc took more than \(seconds) s to compile the model and was "
          + "stopped; split long expressions")
    case .exited, .signalled: throw ModelLoadError(failure(result, folder))
    }
  }

  /// swiftc's error lines, each once; without one, how it ended and what it printed last.
  private func failure(_ result: ChildProcess.Result, _ folder: TemporaryFolder) -> String {
    var errors: [String] = []
    for line in result.errors.lines + result.output.lines where line.contains(": error: ") {
      // The linker's own reason stands in the lines before.
      if !line.hasPrefix("clang: error: ") && !errors.contains(line) { errors.append(line) }
    }
    if errors.isEmpty {
      let last = result.lastLines(5).suffix(5).joined(separator: "\n")
      let printed = last.isEmpty ? ", and printed nothing" : "; it printed last:\n\(last)"
      return "\(toolchain.compiler) \(result.outcome.description)\(folder.wantOfSpace)\(printed)"
    }
    let most = 20
    var lines = Array(errors.prefix(most))
    if errors.count > most { lines.append("and \(errors.count - most) more errors") }
    if errors.contains(where: Self.isOfResultBuilder) { lines.append(Self.resultBuilderNote) }
    let space = folder.wantOfSpace
    if !space.isEmpty { lines.append("note: \(space.dropFirst(2))") }
    return lines.joined(separator: "\n")
  }

  /// Whether Swift complains that a closure of programs or layers holds what it may not, in words that do not tell
  /// what to do.
  private static func isOfResultBuilder(_ error: String) -> Bool {
    error.contains("cannot be used with result builder")
      || error.contains("in closure expected to return '[Program]'")
      || error.contains("in closure expected to return 'Chain'")
      || error.contains("trailing closure passed to parameter of type '[any Layer]'")
  }

  private static let resultBuilderNote =
    "note: in the closure of a Model or a Chain, 'func', types, 'guard', 'while' and 'defer' may not stand beside "
    + "bare programs or layers; move them out of the closure, write a function as 'let f = { (x: Tensor) -> Tensor "
    + "in ... }', or give the result with 'return [Program(...) { ... }]' or 'return Chain([...])'"
}
