/// How much the order and the motion alignment losses count, epoch by epoch (reference, section 3.7).
public enum LossWeights: String, Sendable, CaseIterable {
  /// As the model says, all the time.
  case constant
  /// order = epoch/epochs; alignment 2 in epochs 1 to 5, then 1.
  case ucf101
  /// order = 0; alignment 2 in epochs 1 to 5, then 1.
  case kinetics

  /// The values of the step's inputs `order_weight` and `mal_weight`; empty where the model's own hold.
  /// - Parameters:
  ///   - epoch: from 1.
  ///   - epochs: of the whole run.
  public func inputs(epoch: Int, epochs: Int) -> [String: Double] {
    let alignment: Double = epoch <= 5 ? 2 : 1
    return switch self {
    case .constant: [:]
    case .ucf101: ["order_weight": Double(epoch) / Double(max(epochs, 1)), "mal_weight": alignment]
    case .kinetics: ["order_weight": 0, "mal_weight": alignment]
    }
  }
}
