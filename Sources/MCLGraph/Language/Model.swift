/// One program of a model: a name and how its step is built.
public struct Program {
  let name: String
  let location: SourceLocation
  let build: (ProgramContext) -> Step

  public init(
    _ name: String, file: String = #filePath, line: Int = #line,
    _ build: @escaping (ProgramContext) -> Step
  ) {
    self.name = name
    location = SourceLocation(file: file, line: line)
    self.build = build
  }
}

@resultBuilder
public enum ProgramsBuilder {
  public static func buildExpression(_ program: Program) -> [Program] { [program] }
  public static func buildExpression(_ programs: [Program]) -> [Program] { programs }
  /// A statement that is no program, such as an assignment or a `print`.
  public static func buildExpression(_ statement: Void) -> [Program] { [] }
  public static func buildBlock(_ parts: [Program]...) -> [Program] { parts.flatMap { $0 } }
  public static func buildOptional(_ part: [Program]?) -> [Program] { part ?? [] }
  public static func buildEither(first: [Program]) -> [Program] { first }
  public static func buildEither(second: [Program]) -> [Program] { second }
  public static func buildArray(_ parts: [[Program]]) -> [Program] { parts.flatMap { $0 } }
}

/// What a model file declares: programs over shared states, built from settings.
public struct Model: Sendable {
  public let name: String
  let location: SourceLocation
  let programs: @Sendable (Settings) -> [Program]

  public init(
    _ name: String, file: String = #filePath, line: Int = #line,
    @ProgramsBuilder _ programs: @escaping @Sendable (Settings) -> [Program]
  ) {
    self.name = name
    location = SourceLocation(file: file, line: line)
    self.programs = programs
  }

  /// Builds and freezes every program with these settings.
  /// - Throws: `ModelError` with all diagnostics of the settings and the programs.
  public func module(_ given: [String: String] = [:]) throws -> Module {
    var module = Module(name: name)
    let settings = Settings(given)
    var diagnostics: [Diagnostic] = []
    var scalars: [String] = []
    var names = Set<String>()
    for program in programs(settings) {
      if !names.insert(program.name).inserted {
        diagnostics.append(
          Diagnostic("the program '\(program.name)' is declared twice", location: program.location))
      }
      let context = ProgramContext()
      let step = program.build(context)
      scalars += context.inputs.filter { $0.defaultValue != nil }.map(\.name)
      do {
        module.programs.append(try context.freeze(program.name, step))
      } catch let error as ModelError {
        for diagnostic in error.diagnostics where !diagnostics.contains(diagnostic) {
          diagnostics.append(diagnostic)
        }
      }
    }
    // Wrong settings come first: they are often why a shape is wrong.
    diagnostics = settings.diagnostics(scalars: scalars) + diagnostics
    guard diagnostics.isEmpty else { throw ModelError(diagnostics) }
    guard !module.programs.isEmpty else {
      throw ModelError([Diagnostic("model '\(name)' has no program", location: location)])
    }
    for (key, value) in given.sorted(by: { $0.key < $1.key }) where scalars.contains(key) {
      if settings.values.contains(where: { $0.key == key }) { continue }
      do { try module.setDefault(key, value) } catch {
        throw ModelError([Diagnostic("--set \(key)=\(value): \(error)")])
      }
    }
    module.settings = settings.values
    try module.verifyDeclarations()
    return module
  }
}
