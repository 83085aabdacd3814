#if canImport(Glibc)
  import Glibc
#endif

/// The whole of the program that a model file is compiled into: builds the model with `key=value` arguments and
/// writes its text form to the file named first. Mistakes go to standard error, one a line; exit code 1.
public func emitModel(_ model: Model, arguments: [String]) -> Int32 {
  guard arguments.count >= 2 else { return 2 }
  var given: [String: String] = [:]
  for argument in arguments.dropFirst(2) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2 { given[String(parts[0])] = String(parts[1]) }
  }
  do {
    let text = try model.module(given).text
    guard let file = fopen(arguments[1], "w") else { return 3 }
    let written = text.utf8CString.withUnsafeBufferPointer { fwrite($0.baseAddress, 1, $0.count - 1, file) }
    return fclose(file) == 0 && written == text.utf8.count ? 0 : 3
  } catch {
    let message = Array("\(error)\n".utf8)
    return write(STDERR_FILENO, message, message.count) >= 0 ? 1 : 3
  }
}
