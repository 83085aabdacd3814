import Foundation

/// The Swift compiler on this machine, and the built MCLGraph that model files import.
struct Toolchain {
  var compiler: String
  /// The folder of libMCLGraph.so.
  var libraryFolder: String
  /// The folder of MCLGraph.swiftmodule.
  var moduleFolder: String
  /// What tells source lines of a compiled model's addresses; nil where there is none.
  var symbolizer: Symbolizer?

  /// Finds swiftc by MCL_SWIFTC or on PATH, and MCLGraph in MCL_LIBRARY_DIR or beside the running executable.
  /// - Throws: `ModelLoadError` that says which is missing, and how to go on.
  init(environment: [String: String]) throws {
    guard let compiler = Self.compiler(environment) else {
      throw ModelLoadError(
        "mclc needs a Swift toolchain to compile models; put swiftc on PATH or name it in MCL_SWIFTC, or give a "
          + "compiled .mclc instead")
    }
    self.compiler = compiler
    let folders = Self.libraryFolders(environment)
    for folder in folders {
      guard Self.isFile("\(folder)/libMCLGraph.so") else { continue }
      for modules in ["\(folder)/Modules", folder, "\(folder)/../include"]
      where FileManager.default.fileExists(atPath: "\(modules)/MCLGraph.swiftmodule") {
        symbolizer = Symbolizer(compiler: compiler, environment: environment)
        libraryFolder = folder
        moduleFolder = modules
        return
      }
    }
    throw ModelLoadError(
      "cannot find libMCLGraph.so and MCLGraph.swiftmodule in \(folders.joined(separator: " or ")); build the "
        + "package with 'swift build -c release', or name their folder in MCL_LIBRARY_DIR")
  }

  /// Changes whenever the compiler or the library does.
  var stamp: String {
    [
      compiler, "\(libraryFolder)/libMCLGraph.so", "\(moduleFolder)/MCLGraph.swiftmodule",
    ].map { path in
      var status = stat()
      let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
      guard stat(resolved, &status) == 0 else { return resolved }
      let time = status.st_mtim
      return "\(resolved) \(status.st_size) \(time.tv_sec).\(time.tv_nsec)"
    }.joined(separator: "\n")
  }

  private static func compiler(_ environment: [String: String]) -> String? {
    if let named = environment["MCL_SWIFTC"], !named.isEmpty {
      return access(named, X_OK) == 0 && isFile(named) ? named : nil
    }
    for folder in (environment["PATH"] ?? "").split(separator: ":") {
      let candidate = "\(folder)/swiftc"
      if access(candidate, X_OK) == 0, isFile(candidate) { return candidate }
    }
    return nil
  }

  private static func libraryFolders(_ environment: [String: String]) -> [String] {
    if let named = environment["MCL_LIBRARY_DIR"], !named.isEmpty { return [named] }
    let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    var folders = [executable.deletingLastPathComponent()]
    // A test bundle may be run by another program, which gets the bundle's path as an argument.
    folders += CommandLine.arguments.filter { $0.hasSuffix(".xctest") }.map {
      URL(fileURLWithPath: $0).deletingLastPathComponent()
    }
    folders.append(folders[0].appendingPathComponent("../lib/mclc").standardizedFileURL)
    var seen = Set<String>()
    return folders.map(\.path).filter { seen.insert($0).inserted }
  }

  private static func isFile(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
  }
}
