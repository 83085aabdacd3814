/// One program of a model: a name and how its step is built.
public struct Program {
  let name: String
  let location: SourceLocation
  let build: (ProgramContext) -> Step

  /// A program: one run takes inputs, reads states, gives outputs and changes states.
  /// - Parameters:
  ///   - name: what `--program` names; the programs of a model have different names.
  ///   - file: the caller's file, for mistakes.
  ///   - line: the caller's line, for mistakes.
  ///   - build: declares inputs and states, and gives what a run computes. Each building calls it once.
  public init(
    _ name: String, file: String = #filePath, line: Int = #line,
    _ build: @escaping (ProgramContext) -> Step
  ) {
    self.name = name
    location = SourceLocation(file: file, line: line)
    self.build = build
  }
}

/// Programs as statements of a closure, where `if`, `for` and `switch` may stand.
@resultBuilder
public enum ProgramsBuilder {
  /// A statement that is one program.
  public static func buildExpression(_ program: Program) -> [Program] { [program] }
  /// A statement that is an array of programs, such as the result of a function.
  public static func buildExpression(_ programs: [Program]) -> [Program] { programs }
  /// A statement that is no program, such as an assignment or a `print`.
  public static func buildExpression(_ statement: Void) -> [Program] { [] }
  /// The programs of all statements, in their order.
  public static func buildBlock(_ parts: [Program]...) -> [Program] { parts.flatMap { $0 } }
  /// The programs of an `if` without `else`; none where it does not hold.
  public static func buildOptional(_ part: [Program]?) -> [Program] { part ?? [] }
  /// The programs of the first branch of an `if` or `switch`.
  public static func buildEither(first: [Program]) -> [Program] { first }
  /// The programs of the other branch of an `if` or `switch`.
  public static func buildEither(second: [Program]) -> [Program] { second }
  /// The programs of all iterations of a `for`, in their order.
  public static func buildArray(_ parts: [[Program]]) -> [Program] { parts.flatMap { $0 } }
}

/// What a model file declares: programs over shared states, built from settings.
public struct Model: Sendable {
  /// The name of the model, which messages and files of runs show.
  public let name: String
  let location: SourceLocation
  let programs: @Sendable (Settings) -> [Program]

  /// A model. A `.mcl` file declares one at the margin: `let NAME = Model("NAME") { settings in … }`.
  /// - Parameters:
  ///   - name: the name that messages show.
  ///   - file: the caller's file, for mistakes.
  ///   - line: the caller's line, for mistakes.
  ///   - programs: reads the settings and gives the programs. Each building calls it once.
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
