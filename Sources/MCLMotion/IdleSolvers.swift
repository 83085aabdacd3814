import Foundation
import MCLSupport
import Synchronization

/// Solvers that have done their work, kept for the next pair of frames of the same size: their memory is some ten
/// megabytes, and getting that from the system anew takes as long as many sweeps.
extension TVL1Solver {
  private static let idle = Mutex<[TVL1Solver]>([])

  /// As many as can be at work at once, and no more.
  private static let limit = ProcessorCount.threads

  /// A solver for nobody else.
  ///
  /// - Throws: as `init`.
  static func idle(_ parameters: TVL1Flow, width: Int, height: Int, team: Int) throws -> TVL1Solver {
    let known = idle.withLock { idle -> TVL1Solver? in
      let place = idle.lastIndex {
        $0.parameters == parameters && $0.width == width && $0.height == height && $0.team == team
      }
      return place.map { idle.remove(at: $0) }
    }
    return try known ?? TVL1Solver(parameters, width: width, height: height, team: team)
  }

  /// Gives the solver back; the one that has rested longest goes where there are too many.
  func rest() {
    Self.idle.withLock { idle in
      idle.append(self)
      if idle.count > Self.limit { idle.removeFirst() }
    }
  }
}
