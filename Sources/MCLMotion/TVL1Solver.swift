import MCLSupport
import Synchronization

/// One flow computation by a team of threads: each runs all of `solve` on bands of rows of its own and waits for the
/// others where it needs their rows. What is computed for a pixel depends on no band, and sums are added by row, so
/// the result is the same bits for any number of threads.
final class TVL1Solver: @unchecked Sendable {
  let parameters: TVL1Flow
  private let kernels: FlowKernels
  private let pyramid: ImagePyramid
  let team: Int
  private let barrier: ThreadBarrier
  private let planes: FlowPlanes
  /// Between neighbouring scales: frames from finer to coarser, flow from coarser to finer.
  private let reductions, enlargements: [PyramidResize]

  /// The planes that exist once; the frames' scales follow.
  private enum Plane: Int, CaseIterable {
    case u, v, nextU, nextV, warpedX, warpedY, residual, square, ux, uy, vx, vy
    case sums, zeros, scratch
    /// Four planes that are one: the second frame at a scale, with its gradient, four channels a pixel.
    case second, second1, second2, second3
  }

  var width: Int { pyramid.levels[0].width }
  var height: Int { pyramid.levels[0].height }
  private var coarsest: Int { pyramid.levels.count - 1 }

  /// - Throws: `KernelError` or `LLVMError` where the kernels cannot be made, `ExecutionError` when memory is short.
  init(_ parameters: TVL1Flow, width: Int, height: Int, team: Int) throws {
    self.parameters = parameters
    self.team = team
    kernels = try FlowKernels.kernels(parameters)
    barrier = ThreadBarrier(count: team)
    pyramid = ImagePyramid(
      width: width, height: height, scales: parameters.scales, step: parameters.scaleStep)
    let levels = pyramid.levels
    // One plane holds five rows a thread for the medians, another 1 kB a thread of scratch memory.
    planes = try FlowPlanes(
      PlaneLayout(width: width, height: max(height, 6 * team)),
      count: Plane.allCases.count + 2 * levels.count + 1)
    let shrink = 1 / parameters.scaleStep
    reductions = zip(levels, levels.dropFirst()).map { finer, coarser in
      PyramidResize(from: finer, to: coarser, scaleX: shrink, scaleY: shrink, end: .sum)
    }
    enlargements = zip(levels, levels.dropFirst()).map { finer, coarser in
      PyramidResize(
        from: coarser, to: finer, scaleX: Double(coarser.width) / Double(finer.width),
        scaleY: Double(coarser.height) / Double(finer.height), end: .pixel,
        gain: Float(shrink))
    }
  }

  private func pixels(_ plane: Plane, _ layout: PlaneLayout) -> UnsafeMutablePointer<Float> {
    planes.pixels(plane.rawValue, layout)
  }

  /// Frame 0 or 1 at a scale.
  private func frame(_ frame: Int, _ scale: Int) -> UnsafeMutablePointer<Float> {
    planes.pixels(Plane.allCases.count + 2 * scale + frame, pyramid.levels[scale])
  }

  /// Computes the flow from `first` to `second`, which have the size the solver was made for.
  func solve(_ first: GrayImage, _ second: GrayImage, on pool: ThreadPool?) -> (
    flow: FlowField, work: FlowWork
  ) {
    let layout = pyramid.levels[0]
    let count = layout.width * layout.height
    var u = [Float](repeating: 0, count: count)
    var v = u
    let done = Mutex(FlowWork())
    u.withUnsafeMutableBufferPointer { u in
      v.withUnsafeMutableBufferPointer { v in
        // Each member writes the rows of its own band.
        nonisolated(unsafe) let (u, v) = (u, v)
        @Sendable func work(_ member: Int) {
          var work = Member(self, member)
          work.solve([first, second], u, v)
          if member == 0 { done.withLock { $0 = work.work } }
        }
        guard let pool, team > 1 else { return work(0) }
        // As many tasks as threads, each of which waits for all: every thread takes one.
        pool.run(tasks: team) { member, _ in work(member) }
      }
    }
    return (
      FlowField(uncheckedWidth: layout.width, height: layout.height, u: u, v: v), done.withLock { $0 }
    )
  }

  /// What one thread does and knows; all members make the same decisions.
  private struct Member {
    let solver: TVL1Solver
    let number: Int
    /// Which planes hold the flow, and which are free.
    var u = Plane.u
    var v = Plane.v
    var nextU = Plane.nextU
    var nextV = Plane.nextV
    var work = FlowWork()

    init(_ solver: TVL1Solver, _ number: Int) {
      self.solver = solver
      self.number = number
    }

    /// Bands of at least 8 rows; members without one only keep step.
    private func bands(_ layout: PlaneLayout) -> Int { min(solver.team, max(1, layout.height / 8)) }

    private func rows(_ layout: PlaneLayout) -> Range<Int> {
      let bands = bands(layout)
      return number < bands ? layout.rows(number, of: bands) : 0..<0
    }

    private func wait() { solver.barrier.wait() }

    private mutating func swapFlow() {
      swap(&u, &nextU)
      swap(&v, &nextV)
    }

    private func pixels(_ plane: Plane, _ layout: PlaneLayout) -> UnsafeMutablePointer<Float> {
      solver.pixels(plane, layout)
    }

    mutating func solve(
      _ frames: [GrayImage], _ resultU: UnsafeMutableBufferPointer<Float>,
      _ resultV: UnsafeMutableBufferPointer<Float>
    ) {
      let levels = solver.pyramid.levels
      buildPyramids(frames)
      for scale in (0...solver.coarsest).reversed() {
        refine(scale)
        if scale == 0 { break }
        let enlargement = solver.enlargements[scale - 1]
        let finer = levels[scale - 1]
        for (from, to) in [(u, nextU), (v, nextV)] {
          enlargement.run(pixels(from, levels[scale]), to: pixels(to, finer), rows: rows(finer))
        }
        swapFlow()
        wait()
      }
      let layout = levels[0]
      for (plane, result) in [(u, resultU), (v, resultV)] {
        guard let base = result.baseAddress else { continue }
        // Bound: rows of the image, of which `result` holds all.
        for y in rows(layout) {
          (base + y * layout.width).update(
            from: pixels(plane, layout) + y * layout.stride, count: layout.width)
        }
      }
    }

    private func buildPyramids(_ frames: [GrayImage]) {
      let levels = solver.pyramid.levels
      for (number, frame) in frames.enumerated() {
        frame.pixels.withUnsafeBufferPointer { bytes in
          for y in rows(levels[0]) {
            let row = solver.frame(number, 0) + y * levels[0].stride
            for x in 0..<levels[0].width { row[x] = Float(bytes[y * levels[0].width + x]) }
          }
        }
      }
      for (finer, reduction) in solver.reductions.enumerated() {
        wait()
        for frame in 0..<2 {
          reduction.run(
            solver.frame(frame, finer), to: solver.frame(frame, finer + 1), rows: rows(levels[finer + 1]))
        }
      }
      wait()
    }

    /// Makes this member's share of a plane zero, padding and all.
    private func clear(_ plane: Plane, _ layout: PlaneLayout, planes: Int = 1) {
      let count = planes * layout.count
      let share = number * count / solver.team..<(number + 1) * count / solver.team
      (solver.planes.memory(plane.rawValue) + share.lowerBound).update(repeating: 0, count: share.count)
    }

    /// Improves the flow at one scale. The dual variables start at zero and live through all its warps.
    private mutating func refine(_ scale: Int) {
      let layout = solver.pyramid.levels[scale]
      for plane in [Plane.ux, .uy, .vx, .vy] { clear(plane, layout) }
      // What stands around the second frame is what the warp finds outside.
      clear(.second, layout, planes: 4)
      if scale == solver.coarsest {
        clear(u, layout)
        clear(v, layout)
      }
      wait()
      let second = solver.planes.memory(Plane.second.rawValue) + 4 * layout.origin
      WarpSweep.interleave(solver.frame(1, scale), to: second, layout: layout, rows: rows(layout))
      wait()
      let epsilon = solver.parameters.epsilon
      let tolerance = Double(Float(epsilon * epsilon * Double(layout.width * layout.height)))
      for _ in 0..<solver.parameters.warps {
        if number < bands(layout) {
          let planes = [u, v].map { pixels($0, layout) } + [solver.frame(0, scale)]
          let results = [Plane.warpedX, .warpedY, .residual, .square].map { pixels($0, layout) }
          var warp = run(solver.kernels.warp, [second] + planes + results, layout)
          warp.pass()
        }
        work.warps += 1
        work.warpedPixels += layout.width * layout.height
        iterate(layout, tolerance)
      }
    }

    /// A sweep over this member's band.
    private func run(
      _ code: CompiledSweep, _ planes: [UnsafeMutablePointer<Float>], _ layout: PlaneLayout
    ) -> CompiledSweep.Run {
      precondition(code.scratchBytes <= 1024, "a member has 1 kB of scratch memory")
      return CompiledSweep.Run(
        code, planes: planes, layout: layout, band: number, bands: bands(layout),
        zeros: pixels(.zeros, layout), sums: pixels(.sums, layout),
        scratch: solver.planes.memory(Plane.scratch.rawValue) + 256 * number)
    }

    /// Iterates until the summed squared change of a step is at most `tolerance`.
    private mutating func iterate(_ layout: PlaneLayout, _ tolerance: Double) {
      let bands = bands(layout)
      let sums = pixels(.sums, layout)
      let isBand = number < bands
      for _ in 0..<solver.parameters.outerIterations {
        if isBand {
          for (from, to) in [(u, nextU), (v, nextV)] {
            var median = run(
              solver.kernels.median, [pixels(from, layout), pixels(to, layout)] + solver.rankRows(layout),
              layout)
            median.pass()
          }
        }
        swapFlow()
        work.medians += 1
        work.medianPixels += layout.width * layout.height
        wait()
        var iteration = run(
          solver.kernels.iteration,
          [.warpedX, .warpedY, .residual, .square, u, v, .ux, .uy, .vx, .vy].map {
            pixels($0, layout)
          },
          layout)
        for _ in 0..<solver.parameters.innerIterations {
          if isBand { iteration.pass() }
          work.sweeps += 1
          work.sweptPixels += layout.width * layout.height
          wait()
          var change = 0.0
          for y in 0..<layout.height { change += Double(sums[y]) }
          if isBand { iteration.seam() }
          // Nobody overwrites sums that another member still reads.
          wait()
          if change <= tolerance { return }
        }
      }
    }
  }

  /// The five row planes of the median, `team` rows each, on the last plane.
  private func rankRows(_ layout: PlaneLayout) -> [UnsafeMutablePointer<Float>] {
    let base = planes.pixels(Plane.allCases.count + 2 * pyramid.levels.count, layout)
    return (0..<5).map { base + $0 * team * layout.stride }
  }
}
