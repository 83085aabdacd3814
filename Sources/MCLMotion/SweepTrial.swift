import MCLKernelForms
import MCLSupport

/// A sweep on planes of its own: for tests and measurements.
package final class SweepTrial: @unchecked Sendable {
  private let code: CompiledSweep
  private let layout: PlaneLayout
  private let bands: Int
  private let planes: FlowPlanes
  private let sampled: Set<Int>
  private let scratch: MemoryRegion

  /// - Parameters:
  ///   - bands: bands of rows, each higher than the largest lag of the sweep's stages.
  ///   - values: the planes [height, width] at the start, a sampled one [height, width, 4]; the rest is NaN, which no result may depend on.
  /// - Throws: `ExecutionError` when memory is short.
  package init(_ code: CompiledSweep, width: Int, height: Int, bands: Int, values: [[Float]]) throws {
    self.code = code
    self.bands = bands
    layout = PlaneLayout(width: width, height: height)
    let count = code.sweep.planeCount
    // Sums and zeros follow; row planes need a row a band, sums one a stage.
    let rows = max(height, bands, (code.sweep.stages.count * height + layout.stride - 1) / layout.stride)
    let sampled = Set(code.sweep.stages.compactMap(\.sampler?.plane))
    self.sampled = sampled
    // A sampled plane has four channels and zeros around it: it takes four of ours, after the others.
    planes = try FlowPlanes(PlaneLayout(width: width, height: rows), count: count + 2 + 4 * sampled.count)
    scratch = try MemoryRegion(
      byteCount: max(1, code.scratchBytes) * bands, purpose: "a sweep's scratch memory")
    // Bound: the layout's elements, of which each plane has at least as many.
    for plane in 0...count { planes.memory(plane).update(repeating: .nan, count: layout.count) }
    for (plane, values) in values.enumerated() {
      if sampled.contains(plane) {
        for y in 0..<height {
          (pointer(plane) + 4 * y * layout.stride).update(
            from: Array(values[4 * y * width..<4 * (y + 1) * width]), count: 4 * width)
        }
        continue
      }
      for y in 0..<height {
        for x in 0..<width {
          planes.pixels(plane, layout)[y * layout.stride + x] = values[y * width + x]
        }
      }
    }
  }

  /// Pixel (0, 0) of a plane.
  private func pointer(_ plane: Int) -> UnsafeMutablePointer<Float> {
    guard let place = sampled.sorted().firstIndex(of: plane) else { return planes.pixels(plane, layout) }
    return planes.memory(code.sweep.planeCount + 2 + 4 * place) + 4 * layout.origin
  }

  private func run(band: Int) -> CompiledSweep.Run {
    let count = code.sweep.planeCount
    return CompiledSweep.Run(
      code, planes: (0..<count).map { pointer($0) }, layout: layout, band: band, bands: bands,
      zeros: planes.pixels(count + 1, layout), sums: planes.pixels(count, layout),
      scratch: scratch.base + band * code.scratchBytes)
  }

  /// Runs the sweep some times, all its bands one after the other.
  package func run(_ times: Int = 1) {
    var runs = (0..<bands).map { run(band: $0) }
    for _ in 0..<times {
      for band in runs.indices { runs[band].pass() }
      for band in runs.indices { runs[band].seam() }
    }
  }

  /// Runs the sweep `times` times on as many threads as there are bands.
  package func run(_ times: Int, on pool: ThreadPool) {
    precondition(pool.workerCount == bands, "each band needs a thread")
    let barrier = ThreadBarrier(count: bands)
    pool.run(tasks: bands) { band, _ in
      var run = run(band: band)
      for _ in 0..<times {
        run.pass()
        barrier.wait()
        run.seam()
        barrier.wait()
      }
    }
  }

  /// What a plane holds, [height, width].
  package func values(_ plane: Int) -> [Float] {
    (0..<layout.width * layout.height).map {
      planes.pixels(plane, layout)[$0 / layout.width * layout.stride + $0 % layout.width]
    }
  }

  /// The sums of a stage by row.
  package func sums(_ stage: Int) -> [Float] {
    (0..<layout.height).map { planes.pixels(code.sweep.planeCount, layout)[stage * layout.height + $0] }
  }
}
