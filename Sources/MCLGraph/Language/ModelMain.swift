#if canImport(Glibc)
  // For `stdout`, which C declares as a variable.
  @preconcurrency import Glibc
#endif

/// The whole of the program that a model file is compiled into: builds the model with `key=value` arguments and
/// writes its text form to the file named first. Mistakes and traps go to the file descriptor named second, as
/// `ModelReport` reads them; without one, mistakes go to standard error.
/// - Returns: the exit code: 0, or 1 for mistakes, 2 for no file named, 3 for a file that cannot be written.
public func emitModel(_ model: @autoclosure () -> Model, arguments: [String]) -> Int32 {
  guard arguments.count >= 2 else { return 2 }
  let report = arguments.count > 2 ? Int32(arguments[2]) : nil
  if let report {
    _ = fcntl(report, F_SETFD, FD_CLOEXEC)
    ModelProcess.start(report: report)
  }
  // What a model prints must not be lost in a buffer when it traps.
  setvbuf(stdout, nil, _IONBF, 0)
  var given: [String: String] = [:]
  for argument in arguments.dropFirst(report == nil ? 2 : 3) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2 { given[String(parts[0])] = String(parts[1]) }
  }
  do {
    let text = try model().module(given).text
    guard let file = fopen(arguments[1], "w") else { return failed(arguments[1], report) }
    let written = text.utf8CString.withUnsafeBufferPointer { fwrite($0.baseAddress, 1, $0.count - 1, file) }
    if fclose(file) == 0 && written == text.utf8.count { return 0 }
    return failed(arguments[1], report)
  } catch {
    guard let report else { return ModelProcess.tell("\(error)\n", STDERR_FILENO) ? 1 : 3 }
    let diagnostics = (error as? ModelError)?.diagnostics ?? [Diagnostic("\(error)")]
    let lines = diagnostics.map { ModelReport.line("mistake", $0) }.joined()
    return ModelProcess.tell(lines, report) ? 1 : 3
  }
}

/// Tells that a file could not be written, and why.
private func failed(_ file: String, _ report: Int32?) -> Int32 {
  let message = "cannot write the graph to \(file): \(String(cString: strerror(errno)))"
  if let report {
    ModelProcess.tell(ModelReport.line(failure: message), report)
  } else {
    ModelProcess.tell("\(message)\n", STDERR_FILENO)
  }
  return 3
}
