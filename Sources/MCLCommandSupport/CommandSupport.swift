import ArgumentParser
import Foundation
import MCLFrontend
import MCLGraph
import MCLSupport

/// Options of every verb that takes a model.
package struct ModelOptions: ParsableArguments {
  @Argument(
    help: "A model file (.mcl), one compiled with 'mclc compile -o' (.mclc), or the folder of a run.")
  package var model: String

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "A setting of the model, such as size=112 or depth=18; may be given often.", valueName: "key=value"))
  package var settings: [String] = []

  package init() {}

  /// The settings as a dictionary.
  /// - Throws: `UsageError` for one without '=' or given twice.
  package func dictionary() throws -> [String: String] { try parsedSettings(settings, option: "--set") }

  /// The module of the model, or of the run whose folder is named.
  package func load() throws -> Module {
    isFolder(model)
      ? try RunConfiguration.model(in: model, given: try dictionary())
      : try loadModel(model, settings: try dictionary())
  }
}

/// Options of the form KEY=VALUE as a dictionary.
/// - Throws: `UsageError` for one without '=' or given twice.
package func parsedSettings(
  _ settings: [String], option: String, example: String = "size=112"
) throws -> [String: String] {
  var result: [String: String] = [:]
  for setting in settings {
    let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts[0].isEmpty else {
      throw UsageError("\(option) \(setting): write it as key=value, such as \(option) \(example)")
    }
    guard result.updateValue(parts[1], forKey: parts[0]) == nil else {
      throw UsageError("\(option) \(parts[0]) is given twice; keep one")
    }
  }
  return result
}

/// The module of a model file. What the model prints goes to standard error, as standard output is for results.
package func loadModel(_ path: String, settings: [String: String]) throws -> Module {
  var loader = ModelLoader()
  loader.onPrint = { StandardError.write($0) }
  return try loader.load(path: path, settings: settings)
}

/// Runs a verb's work and turns what it throws into one message and the exit code of its kind: 2 for what the user can
/// mend in the command or its inputs, 1 for work that failed.
package func reporting(_ body: () throws -> Void) throws {
  do { try body() } catch let error as UsageError { throw fail("\(error)", 2) } catch let error
    as ModelLoadError
  {
    throw fail("\(error)", 2)
  } catch let error as ModelError { throw fail("\(error)", 2) } catch let error as StandardOutputError {
    throw failed(error)
  } catch let exit as ExitCode {
    throw exit
  } catch {
    throw fail("\(error)", 1)
  }
}

private func fail(_ message: String, _ code: Int32) -> ExitCode {
  let isLocated = message.contains(": error: ")
  say(isLocated ? message : "mclc: \(message)")
  return ExitCode(code)
}

/// Answers a result that could not be written: with silence where its reader has left, as `head` does.
package func failed(_ error: StandardOutputError) -> ExitCode {
  error.isBrokenPipe ? ExitCode(1) : fail("\(error)", 1)
}

/// One line for people, on standard error. The work goes on where it cannot be written.
package func say(_ text: String) { StandardError.write(text + "\n") }

/// A line or more of a result, on standard output.
/// - Throws: `StandardOutputError` where it cannot be written.
package func printResult(_ text: String, terminator: String = "\n") throws {
  try StandardOutput.write(text + terminator)
}

/// An object for machines, on standard output.
package func printJSON(_ object: [String: Any]) throws {
  let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .prettyPrinted])
  try printResult(String(decoding: data, as: UTF8.self))
}

/// Numbers as people say them: 40.7 M, 5.3 G.
package func short(_ value: Double) -> String {
  for (limit, unit) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")] where value >= limit {
    return String(format: "%.1f %@", value / limit, unit)
  }
  return value == value.rounded() ? "\(Int(value))" : String(format: "%.2f", value)
}

package func mebibytes(_ bytes: Int) -> String { String(format: "%.1f MiB", Double(bytes) / 1_048_576) }

/// - Throws: `UsageError` where the file to write is one of those that are read, by whatever name.
package func expectDistinct<Path: PathConvertible>(_ output: String, from inputs: [Path]) throws {
  let file = FilePath(output)
  guard FileManager.default.fileExists(atPath: output),
    let input = inputs.first(where: { $0.filePath.isSameFile(as: file) })
  else { return }
  throw UsageError("\(output): it would be written over \(input.filePath), which is read; name another file")
}

/// The files that a model, or a run in whose folder one stands, is read from.
package func modelFiles(_ path: String) -> [String] {
  guard !isFolder(path) else {
    return [RunConfiguration.modelFile, RunConfiguration.fileName].map { "\(path)/\($0)" }
  }
  return (try? ModelLoader.files(of: path)) ?? [path]
}

/// MCL_THREADS, or nil for one a processor.
/// - Throws: `UsageError` when it is no number of threads.
package func threadCount() throws -> Int? {
  guard let text = ProcessInfo.processInfo.environment["MCL_THREADS"] else { return nil }
  guard let count = Int(text), (1...1024).contains(count) else {
    throw UsageError("MCL_THREADS is '\(text)'; give a number from 1 to 1024")
  }
  return count
}
