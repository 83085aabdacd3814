import MCLCompiler
import MCLGraph

/// What a training will take of memory, told before it starts.
public struct MemoryForecast: Sendable {
  /// Parts in bytes, with what makes them larger.
  public private(set) var parts: [(name: String, bytes: Int)]

  /// Adds up what a plan and its training will take.
  ///
  /// - Parameters:
  ///   - plan: of the step.
  ///   - threads: that run kernels.
  ///   - workers: that make batches; as many batches and one more are made ahead, one is in use.
  ///   - decoded: bytes of decoded frames that are kept, at most.
  public init(_ plan: ExecutionPlan, threads: Int, workers: Int, decoded: Int) {
    let inputs = plan.inputs.reduce(0) { $0 + $1.type.byteCount }
    let states = plan.states.reduce(0) { $0 + $1.type.byteCount }
    parts = [
      ("values of the step", plan.arenaBytes + inputs + plan.scratchBytes * threads),
      ("states", states),
      // All tensors at once, and the file's bytes of one.
      ("a checkpoint being written", states + (plan.states.map(\.type.byteCount).max() ?? 0)),
      ("batches made ahead", inputs * (workers + 2)),
      ("decoded frames", decoded),
    ]
  }

  /// The sum of the parts, in bytes.
  public var byteCount: Int { parts.reduce(0) { $0 + $1.bytes } }

  /// `about 120 MiB (16 MiB for values of the step, …)`
  public var summary: String {
    let list = parts.map { "\(Self.size($0.bytes)) for \($0.name)" }.joined(separator: ", ")
    return "about \(Self.size(byteCount)) (\(list))"
  }

  /// Why a training will not fit, and what would make it smaller; nil where it fits.
  /// - Parameter available: bytes.
  public func complaint(available: Int) -> String? {
    guard byteCount > available, let largest = parts.max(by: { $0.bytes < $1.bytes }) else { return nil }
    let remedy =
      switch largest.name {
      case "values of the step": "a smaller --set batch (with --accumulate) or --set size"
      case "batches made ahead": "fewer --workers or a smaller --set batch"
      case "decoded frames": "a smaller --decoded-memory"
      default: "a smaller --set queue_size or depth"
      }
    return
      "this training takes \(summary) of memory, but \(Self.size(available)) are available; give "
      + "\(remedy), or --ignore-memory to try"
  }

  package static func size(_ bytes: Int) -> String {
    let mebibytes = (bytes + (1 << 20) - 1) >> 20
    return mebibytes < 10_240 ? "\(mebibytes) MiB" : "\((mebibytes + 512) / 1024) GiB"
  }
}
