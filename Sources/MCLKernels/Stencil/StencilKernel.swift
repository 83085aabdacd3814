import LLVMBindings
import MCLGraph
import MCLKernelForms

/// The family of stencil sweeps. Its arguments are the planes' first pixels in order, then three pointers:
/// - int64 [4]: width, height, elements from a row to the next, bands;
/// - float32 [stride] of zeros;
/// - float32 [stages][height], where a stage that sums leaves the sum of each row.
///
/// Of a row plane the argument points to `bands` rows, of a sampled one to the pixel (0, 0) of an image with four
/// channels a pixel, rows `4 x stride` floats apart and 4 pixels of zeros on every side. Rows of the others must have room for whole vectors of 16 elements, and for
/// the taps' columns before and after; what stands there does not matter, and what lies past the width in the last
/// vector is overwritten. Sums are those of the lanes, each from left to right, then folded: they depend on the
/// target's vectors, never on bands.
///
/// Task b of a phase is band b: rows b height / bands ..< (b + 1) height / bands, more of them than the plan's
/// largest lag. How many there are is the caller's choice, so the plan's task counts are 0.
struct StencilKernel: KernelFamily {
  let name = "stencil"

  static let sweep = "_sweep"
  static let seam = "_seam"

  func plan(
    _ specification: KernelSpecification, symbol: String, target: TargetDescription
  ) throws -> KernelPlan? {
    guard case .stencilSweep(let sweep) = specification.form else { return nil }
    var phases = [KernelPlan.Phase(symbol: symbol + Self.sweep, taskCount: 0)]
    if try StencilPlan(sweep).largestLag > 0 {
      phases.append(KernelPlan.Phase(symbol: symbol + Self.seam, taskCount: 0))
    }
    return KernelPlan(
      phases: phases, temporaryBytes: 0, scratchBytes: StencilSampling.scratchBytes, family: name,
      multiplyAdds: 0)
  }

  func emit(
    _ specification: KernelSpecification, symbol: String, builder: ModuleBuilder, target: TargetDescription
  ) throws {
    guard case .stencilSweep(let sweep) = specification.form else { return }
    let plan = try StencilPlan(sweep)
    func rows(_ name: String, _ stages: [Int]) throws -> IRFunction {
      try StencilRowEmitter(
        sweep, stages: stages.map { ($0, plan.lags[$0]) }, builder: builder, target: target
      ).emit("\(symbol)_\(name)")
    }
    let single = try sweep.stages.indices.map { try rows("stage\($0)", [$0]) }
    let all = plan.isInterleaved && single.count > 1 ? try rows("all", Array(sweep.stages.indices)) : nil
    emitPhase(symbol + Self.sweep, sweep, plan, single, all, builder, isSeam: false)
    if plan.largestLag > 0 { emitPhase(symbol + Self.seam, sweep, plan, single, nil, builder, isSeam: true) }
  }

  /// - Parameters:
  ///   - single: a function a stage.
  ///   - all: one for all stages, for steps at which each has a row.
  private func emitPhase(
    _ symbol: String, _ sweep: StencilSweep, _ plan: StencilPlan, _ single: [IRFunction], _ all: IRFunction?,
    _ builder: ModuleBuilder, isSeam: Bool
  ) {
    let function = builder.beginFunction(symbol, parameters: [builder.pointer, builder.i64, builder.pointer])
    let (arguments, task, scratch) = (function.parameters[0], function.parameters[1], function.parameters[2])
    let geometry = StencilGeometry(arguments, sweep, builder)
    let (height, bands) = (geometry.height, geometry.bands)
    let first = builder.build(.signedDivide, builder.build(.multiply, task, height), bands)
    let next = builder.add(task, 1)
    let end = builder.build(.signedDivide, builder.build(.multiply, next, height), bands)
    let isLast = builder.compare(.equal, next, bands)
    let past = builder.add(end, plan.largestLag)
    // The last band has no seam: it does all its rows in the first phase.
    let (from, to) =
      isSeam
      ? (end, builder.select(isLast, end, past)) : (first, builder.select(isLast, past, end))

    func runEach(_ from: IRValue, _ to: IRValue) {
      builder.loop(from: from, to: to) { step in
        for (stage, lag) in plan.lags.enumerated() {
          let row = builder.add(step, -lag)
          let isInside = builder.and(
            builder.compare(.signedLess, row, isSeam ? end : height),
            builder.compare(.signedGreaterOrEqual, row, first))
          builder.when(isInside) { builder.call(single[stage], [arguments, step, task, scratch]) }
        }
      }
    }
    if let all {
      let begin = builder.minimum(builder.add(first, plan.largestLag), end)
      runEach(from, begin)
      builder.loop(from: begin, to: end) { step in builder.call(all, [arguments, step, task, scratch]) }
      runEach(end, to)
    } else {
      runEach(from, to)
    }
    builder.endFunction()
  }
}

/// The numbers and pointers that follow the planes in a sweep's arguments.
struct StencilGeometry {
  let width, height, stride, bands: IRValue
  private let arguments: IRValue
  private let planeCount: Int
  private let builder: ModuleBuilder

  init(_ arguments: IRValue, _ sweep: StencilSweep, _ builder: ModuleBuilder) {
    (self.arguments, planeCount, self.builder) = (arguments, sweep.planeCount, builder)
    let base = Self.pointer(arguments, sweep.planeCount, builder)
    func number(_ position: Int) -> IRValue {
      builder.load(builder.i64, builder.address(base, builder.constant(8 * position)), alignment: 8)
    }
    (width, height, stride, bands) = (number(0), number(1), number(2), number(3))
  }

  private static func pointer(_ arguments: IRValue, _ position: Int, _ builder: ModuleBuilder) -> IRValue {
    builder.load(builder.pointer, builder.address(arguments, builder.constant(8 * position)), alignment: 8)
  }

  func plane(_ number: Int) -> IRValue { Self.pointer(arguments, number, builder) }
  var zeros: IRValue { Self.pointer(arguments, planeCount + 1, builder) }
  var sums: IRValue { Self.pointer(arguments, planeCount + 2, builder) }
}
