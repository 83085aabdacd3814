import MCLGraph
import MCLRuntime
import MCLSupport

extension FeatureProgram {
  /// The program that scores classes of clips, with the scores as its value.
  ///
  /// By default it is the one that validation measures: the first without updates that watches classes.
  /// - Parameters:
  ///   - name: of another program.
  ///   - layer: the output or the tap that is the scores [N, classes]; nil for those that the program watches, else for its
  ///     one output f32 [N, D].
  /// - Throws: `UsageError` where there is none.
  package static func classifying(in module: Module, program name: String?, layer: String?) throws -> Self {
    if let name {
      let scores = module.programs.first { $0.name == name }?.classification?.scores
      return try chosen(in: module, program: name, layer: layer ?? scores)
    }
    guard let program = module.validationProgram() else {
      let known = module.programs.map { "'\($0.name)'" }.joined(separator: ", ")
      throw UsageError(
        "no program of model '\(module.name)' (\(known)) watches scores of classes without updating states, so that none "
          + "predicts; name one with --program, and its scores with --layer")
    }
    return try Self(program, layer: layer ?? program.classification?.scores)
  }
}
