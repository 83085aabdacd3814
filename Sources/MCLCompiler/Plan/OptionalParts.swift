import Foundation

/// The parts of the compiler that may be left out, by name: to find which of them a fault comes from, and to measure what
/// each gains. Results stay the same but for the order in which sums are added (docs/IR.md).
public enum OptionalParts {
  /// What the environment leaves out: `MCL_WITHOUT`, names with commas between them.
  public static let leftOut = Set(
    (ProcessInfo.processInfo.environment["MCL_WITHOUT"] ?? "").split(separator: ",").map(String.init))

  /// Passes, in the order they run.
  public static let passes = Pipeline.passes.filter { !$0.isRequired }.map(\.name)

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
