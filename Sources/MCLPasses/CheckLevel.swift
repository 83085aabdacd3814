import Foundation
import MCLGraph

/// How much the compiler and the runtime distrust themselves: `MCL_CHECK`.
package enum CheckLevel: Int, Sendable, Comparable {
  /// Nothing is checked.
  case off = 0
  /// Every pass's result is verified: types agree, nothing is used before it is defined. The default.
  case verify = 1
  /// The Double interpreter runs before and after every pass on random inputs, and the results must agree.
  case interpret = 2
  /// Besides, the first NaN or infinity that a launch gives stops the run.
  case trap = 3

  package static func < (a: CheckLevel, b: CheckLevel) -> Bool { a.rawValue < b.rawValue }

  /// What the environment asks for.
  /// - Throws: `ModelError` when `MCL_CHECK` is none of 0 to 3.
  package static func current() throws -> CheckLevel {
    guard let text = ProcessInfo.processInfo.environment["MCL_CHECK"] else { return .verify }
    guard let level = Int(text).flatMap(CheckLevel.init) else {
      throw ModelError([Diagnostic("MCL_CHECK is '\(text)'; give 0, 1, 2 or 3")])
    }
    return level
  }
}
