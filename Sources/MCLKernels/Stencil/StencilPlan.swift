import MCLGraph
import MCLKernelForms

/// By how many rows each stage of a sweep follows the first, so that one pass gives what whole stages would.
///
/// At step s of a band a stage with lag l computes row s - l. A stage may read
/// - what an earlier stage makes of a plane, at its own row or below: it follows until that row is there;
/// - what a later stage has not yet overwritten, at its own row or above: the later one keeps behind.
///
/// Bands of rows run at once. A band leaves the last l rows of a stage with lag l to a second phase, the seam, when all
/// bands have done the first: below them it reads what the next band made, and above the next band nothing has
/// changed before.
struct StencilPlan {
  /// Rows a stage is behind the first.
  let lags: [Int]
  var largestLag: Int { lags.max() ?? 0 }
  /// Whether all stages may take a vector of a step's rows in turn, instead of whole rows: a stage then reads of the
  /// rows that this step writes only what is there (of an earlier stage) or not yet overwritten (by a later one). The
  /// pixels at a row's ends, which stand for those outside, are read before the row is begun.
  let isInterleaved: Bool

  /// - Throws: `KernelError` where the stages cannot be one pass.
  init(_ sweep: StencilSweep) throws {
    guard !sweep.stages.isEmpty else {
      throw KernelError("a stencil sweep has no stages; give it one at least")
    }
    let writers = try Self.writers(sweep)
    var lags = [Int](repeating: 0, count: sweep.stages.count)
    for (number, stage) in sweep.stages.enumerated() {
      for case .tap(let tap) in stage.definitions {
        guard sweep.rowPlanes.contains(tap.plane) || writers[tap.plane] != nil else { continue }
        guard let writer = writers[tap.plane], !(sweep.rowPlanes.contains(tap.plane) && writer >= number)
        else {
          throw KernelError(
            "stage \(number) of a stencil sweep reads row plane \(tap.plane) before it is written")
        }
        if writer < number {
          guard tap.row >= 0, tap.row == 0 || !sweep.rowPlanes.contains(tap.plane) else {
            throw KernelError(
              "stage \(number) of a stencil sweep reads plane \(tap.plane) \(tap.row) rows away from where an "
                + "earlier stage writes it; only rows below are there in one pass, and of a row plane none")
          }
          lags[number] = max(lags[number], lags[writer] + tap.row)
        } else if writer > number {
          guard tap.row <= 0 else {
            throw KernelError(
              "stage \(number) of a stencil sweep reads plane \(tap.plane) below where a later stage writes it; "
                + "only rows above are unchanged in every band")
          }
          lags[writer] = max(lags[writer], lags[number] - tap.row)
        } else if tap.row != 0 || tap.column != 0 {
          throw KernelError(
            "stage \(number) of a stencil sweep reads neighbours in plane \(tap.plane), which it writes; write another"
          )
        }
      }
    }
    // A row that is handed on must be used at the step it is made.
    for (number, stage) in sweep.stages.enumerated() {
      for case .tap(let tap) in stage.definitions where sweep.rowPlanes.contains(tap.plane) {
        guard let writer = writers[tap.plane], lags[writer] == lags[number] else {
          throw KernelError(
            "row plane \(tap.plane) of a stencil sweep is read at another step than it is written")
        }
      }
    }
    self.lags = lags
    isInterleaved = sweep.stages.enumerated().allSatisfy { number, stage in
      stage.definitions.allSatisfy { definition in
        guard case .tap(let tap) = definition, let writer = writers[tap.plane],
          sweep.rowPlanes.contains(tap.plane) || tap.row - lags[number] == -lags[writer]
        else { return true }
        if writer < number { return tap.column == 0 || tap.column < 0 && tap.edge == .zero }
        return tap.column >= 0
      }
    }
  }

  /// The stage that writes each plane.
  private static func writers(_ sweep: StencilSweep) throws -> [Int: Int] {
    var writers: [Int: Int] = [:]
    for (number, stage) in sweep.stages.enumerated() {
      for (position, definition) in stage.definitions.enumerated() {
        switch definition {
        case .tap(let tap):
          guard 0..<sweep.planeCount ~= tap.plane else {
            throw KernelError(
              "stage \(number) of a stencil sweep reads plane \(tap.plane) of \(sweep.planeCount)")
          }
        case .sample(let channel):
          guard let sampler = stage.sampler, 0..<4 ~= channel,
            0..<position ~= sampler.right, 0..<position ~= sampler.below,
            0..<sweep.planeCount ~= sampler.plane, !sweep.rowPlanes.contains(sampler.plane)
          else {
            throw KernelError(
              "stage \(number) of a stencil sweep samples what it does not say; give it a sampler")
          }
        case .inside: break
        case .hypotenuse(let a, let b):
          guard 0..<position ~= a, 0..<position ~= b else {
            throw KernelError(
              "value \(position) of stage \(number) of a stencil sweep uses more than the definitions before it"
            )
          }
        case .value(let expression):
          var isPlain = true
          expression.forEach { node in
            switch node {
            case .load(let earlier): isPlain = isPlain && 0..<position ~= earlier
            case .integer, .index, .accumulator, .convert: isPlain = false
            default: break
            }
          }
          guard isPlain else {
            throw KernelError(
              "value \(position) of stage \(number) of a stencil sweep uses more than the definitions before it"
            )
          }
        }
      }
      for store in stage.stores {
        guard 0..<sweep.planeCount ~= store.plane, stage.definitions.indices ~= store.definition else {
          throw KernelError(
            "stage \(number) of a stencil sweep writes plane \(store.plane) of \(sweep.planeCount)")
        }
        guard writers.updateValue(number, forKey: store.plane) == nil else {
          throw KernelError("plane \(store.plane) of a stencil sweep is written twice; write it once")
        }
      }
    }
    for (number, stage) in sweep.stages.enumerated() {
      if let sampler = stage.sampler, writers[sampler.plane] != nil {
        throw KernelError(
          "stage \(number) of a stencil sweep samples plane \(sampler.plane), which a stage writes")
      }
    }
    return writers
  }
}
