/// Gradients averaged over several batches, each in a run of its own; only the last of them updates parameters.
///
/// A state `accumulated` [] counts the runs and is 0 when a step is whole; states `accumulated.NAME` hold the sums.
/// `descent` makes one where it is given more than one batch a step. Rules of your own use it directly.
public final class BatchAverage {
  private let batches: Int
  private let context: ProgramContext
  private let counter: String
  private let location: SourceLocation
  /// Batches of this average done after this run, 0 when it is whole; nil where every batch is an average of its own.
  private let remainder: Tensor?
  /// What training must know of it, for `Step(accumulation:)`; nil where every run is a step.
  public let accumulation: Graph.Accumulation?
  /// New values of the counter and of the sums asked for so far: they belong to the step's updates.
  public private(set) var updates: [(state: Tensor, value: Tensor)] = []

  /// An average over `batches` runs.
  /// - Parameters:
  ///   - batches: runs of a step, at least 1; with 1 every function gives what it takes.
  ///   - scope: what stands before `.accumulated` in the states' names; nothing unless given.
  ///   - context: of the program.
  ///   - file: the caller's file, for mistakes.
  ///   - line: the caller's line, for mistakes.
  public init(
    batches: Int, states scope: String = "", _ context: ProgramContext, file: String = #filePath,
    line: Int = #line
  ) {
    self.batches = batches
    self.context = context
    location = SourceLocation(file: file, line: line)
    counter = scope.isEmpty ? "accumulated" : "\(scope).accumulated"
    guard batches > 1 else {
      if batches < 1 { context.mistake("a step of \(batches) batches cannot be; give at least 1", location) }
      (remainder, accumulation) = (nil, nil)
      return
    }
    let done = context.state(counter, [], .int64, initializer: .constant(0), file: file, line: line)
    accumulation = Graph.Accumulation(counter: counter, runs: batches)
    let next = (done + 1) % Double(batches)
    remainder = next.converted(to: .float32)
    updates = [(done, next)]
  }

  /// The mean of the batches' gradients as far as they are known, this one's included: the sum of gradient / batches,
  /// as a PyTorch loop around `(loss / batches).backward()` has it.
  public func including(_ gradient: Tensor, named name: String) -> Tensor {
    guard batches > 1, !gradient.isPoisoned else { return gradient }
    let sum = context.state(
      "\(counter).\(name)", gradient.shape, initializer: .constant(0), file: location.file,
      line: location.line)
    let mean = sum + gradient * (1 / Double(batches))
    updates.append((sum, whenWhole(mean.filled(with: 0), else: mean)))
    return mean
  }

  /// `value` in the run that makes the average whole, `old` in the others.
  public func whenWhole(_ value: Tensor, else old: Tensor) -> Tensor {
    guard let remainder, !value.isPoisoned else { return value }
    let everywhere = remainder.reshaped(value.shape.map { _ in 1 }).broadcast(to: value.shape)
    return select(everywhere, .less, 0.5, then: value, else: old)
  }
}

/// Gradients times min(1, limit / (norm + 1e-6)), with the L2 norm over all of them: PyTorch's `clip_grad_norm_`.
/// - Parameter limit: the largest norm; 0 is no limit.
/// - Returns: the bounded gradients, and their norm before, of shape []; nil where there is no limit.
public func clipped(_ gradients: [Tensor], toNorm limit: Double) -> (gradients: [Tensor], norm: Tensor?) {
  guard limit > 0, let first = gradients.first else { return (gradients, nil) }
  let squares = gradients.dropFirst().reduce((first * first).sum()) { $0 + ($1 * $1).sum() }
  let norm = squares.squareRoot()
  let factor = limit / (norm + 1e-6)
  let bounded = minimum(factor, factor.filled(with: 1))
  return (gradients.map { $0 * bounded }, norm)
}
