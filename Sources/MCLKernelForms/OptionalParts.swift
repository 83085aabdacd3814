import Foundation

/// The parts of the compiler that may be left out, by name: to find which of them a fault comes from, and to measure what
/// each gains. Results stay the same but for the order in which sums are added (docs/IR.md).
package enum OptionalParts {
  /// What the environment leaves out: `MCL_WITHOUT`, names with commas between them.
  package static let leftOut = Set(
    (ProcessInfo.processInfo.environment["MCL_WITHOUT"] ?? "").split(separator: ",").map(String.init))
}
