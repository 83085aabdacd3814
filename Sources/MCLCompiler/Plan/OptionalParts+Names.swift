import MCLKernelForms
import MCLKernels
import MCLPasses

/// What there is to leave out.
extension OptionalParts {
  /// Passes, in the order they run.
  package static let passes = Pipeline.passes.filter { !$0.isRequired }.map(\.name)

  /// Rules of planning.
  static let rules = ["by-products", ByProducts.mapsRule, ByProducts.operandRule]

  /// What puts operations together; without these, each has a launch and a path of its own.
  static let fusion: Set<String> = Set(rules + [FusePointwise().name, FuseEpilogues().name])

  static var families: [String] { KernelRegistry.families.dropLast().map(\.name) }

  /// - Throws: `KernelError` that names what is none of the parts.
  static func verify(_ names: Set<String>) throws {
    let known = Set(passes + rules + families)
    guard let unknown = names.subtracting(known).min() else { return }
    throw KernelError(
      "there is no kernel family, pass or rule '\(unknown)' to leave out (MCL_WITHOUT); there are "
        + known.sorted().joined(separator: ", "))
  }
}
