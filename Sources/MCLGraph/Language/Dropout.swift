/// Zeros in drawn places while training, the rest scaled so that the mean stays (Srivastava et al. 2014).
///
/// The draws are an input of the program, from `context.uniform`: a function of the run's seed, the batch's number and
/// the layer's path alone. So a resumed run draws the same, with any number of threads, and who runs the program can
/// give the draws.
public struct Dropout: Layer {
  /// The part of the path that the input of draws is called by.
  public let name: String
  let rate: Double
  let location: SourceLocation

  /// A layer that drops each element with probability `rate`.
  /// - Parameters:
  ///   - name: the last part of the path. The input of draws is called by the path, so each call needs its own.
  ///   - rate: the share of the elements that become zero: at least 0, below 1.
  ///   - file: the caller's file, for mistakes.
  ///   - line: the caller's line, for mistakes.
  public init(_ name: String, _ rate: Double, file: String = #filePath, line: Int = #line) {
    self.name = name
    self.rate = rate
    location = SourceLocation(file: file, line: line)
  }

  /// In a training scope `0` where the draw u < rate, else `x / (1 - rate)`; otherwise x. f32 of any shape, kept.
  ///
  /// Declares the input u, f32 of the shape of x, unless the rate is 0.
  public func expression(of input: Tensor, in scope: Scope) -> Tensor {
    if input.isPoisoned { return input }
    func unusable(_ what: String) -> Tensor {
      Tensor(poisonedBy: Diagnostic(what, path: scope.path, location: location), operands: [input])
    }
    guard (0..<1).contains(rate) else {
      return unusable("Dropout with a rate of \(rate) leaves nothing to scale; give 0 or more, below 1")
    }
    guard input.type.element == .float32 else { return unusable("Dropout takes f32, not \(input.type)") }
    guard !name.isEmpty else { return unusable("Dropout has no name for its draws; give it one") }
    guard scope.isTraining, rate > 0 else { return input }
    let draws = scope.context.uniform(scope.path, input.shape, file: location.file, line: location.line)
    return select(draws, .less, rate, then: input.filled(with: 0), else: input * (1 / (1 - rate)))
  }
}
