import Foundation
import MCLKernelForms
import MCLKernels
import MCLMotion
import MCLSupport
import MCLVideo

/// Times TV-L1 flow on pairs of frames, and its sweep alone beside what the machine gives.
package struct FlowBenchmark {
  package struct Pair: Sendable {
    /// Where the frames come from.
    package var name: String
    package var first, second: GrayImage
  }

  /// A sweep over planes of one size, again and again.
  package struct SweepTiming: Sendable {
    package var seconds: Double
    /// Operations of the sweep's expressions: additions, multiplications, divisions, roots, comparisons.
    package var gigaflops: Double
    /// Each plane counted once when it is read and once when it is written.
    package var gigabytesPerSecond: Double
  }

  /// The sweep, and what bounds it.
  package struct Limits: Sendable {
    /// Over the frames' planes.
    package var sweep: SweepTiming
    /// Of one component, and of a warp, likewise.
    package var median: SweepTiming
    package var warp: SweepTiming
    /// Over planes that stay in the first cache: what the arithmetic allows.
    package var inFirstCache: SweepTiming
    /// memcpy within as many bytes as the frames' planes have: what the caches allow. Reads and writes counted.
    package var copyGigabytesPerSecond: Double
    /// memcpy within 128 MiB: what main memory allows.
    package var memoryGigabytesPerSecond: Double
    /// Fused multiply-adds in registers.
    package var peakGigaflops: Double
  }

  package let pairs: [Pair]
  package let pool: ThreadPool
  private let flow = TVL1Flow()

  package init(_ pairs: [Pair], pool: ThreadPool) {
    self.pairs = pairs
    self.pool = pool
  }

  // MARK: Frames

  /// Neighbouring frames of a video, spread over its first 64, scaled to a size.
  ///
  /// - Throws: `VideoError` for a file that does not decode, `MotionError` where it has fewer than two frames.
  package static func pairs(video path: String, count: Int, width: Int, height: Int) throws -> [Pair] {
    let decoder = try VideoDecoder(path: path, shortSide: min(width, height))
    let resize = CubicImageResize(
      fromWidth: decoder.width, height: decoder.height, toWidth: width, height: height)
    var frames: [GrayImage] = []
    while frames.count < 64, let frame = try decoder.next() {
      let gray = try GrayImage(rgb: frame.pixels, width: decoder.width, height: decoder.height)
      frames.append(try GrayImage(width: width, height: height, pixels: resize(gray.pixels)))
    }
    guard frames.count > 1 else {
      throw MotionError("\(path) has \(frames.count) frame; name a video of two at least")
    }
    let wanted = min(count, frames.count - 1)
    return (0..<wanted).map { number in
      let place = (2 * number + 1) * (frames.count - 1) / (2 * wanted)
      let name = "\(URL(fileURLWithPath: path).lastPathComponent) \(place)"
      return Pair(name: name, first: frames[place], second: frames[place + 1])
    }
  }

  /// A texture that turns and moves, drawn: for when there is no video.
  package static func drawnPairs(count: Int, width: Int, height: Int) throws -> [Pair] {
    try (0..<count).map { number in
      let angle = 0.01 * Double(number + 1)
      func frame(_ turn: Double, _ dx: Double, _ dy: Double) throws -> GrayImage {
        try GrayImage(
          width: width, height: height,
          pixels: (0..<width * height).map { i in
            let (x, y) = (Double(i % width - width / 2), Double(i / width - height / 2))
            let (u, v) = (x * cos(turn) - y * sin(turn) + dx, x * sin(turn) + y * cos(turn) + dy)
            let value = sin(u / 3.1) * cos(v / 4.3) + sin((u + 2 * v) / 9.7) + 0.5 * cos((3 * u - v) / 17)
            return UInt8((127.5 + 50 * value).rounded())
          })
      }
      return Pair(
        name: "drawn \(number)", first: try frame(0, 0, 0),
        second: try frame(angle, 0.7 * Double(number + 1), -0.4))
    }
  }

  // MARK: Validation

  /// Compares the compiled sweep with its definition, and the flow of a pair on one thread, on all and on three.
  ///
  /// - Throws: `ExecutionError` where any bit differs.
  package func validate() throws {
    let kernels = try FlowKernels.kernels(flow)
    let (width, height) = (67, 41)
    for code in [kernels.iteration, kernels.median, kernels.warp] {
      let sampled = Set(code.sweep.stages.compactMap(\.sampler?.plane))
      var planes = randomPlanes(code.sweep, width: width, height: height, seed: 1)
      let trial = try SweepTrial(code, width: width, height: height, bands: 3, values: planes)
      trial.run()
      code.sweep.evaluate(&planes, width: width, height: height)
      for plane in planes.indices where !code.sweep.rowPlanes.contains(plane) && !sampled.contains(plane) {
        guard zip(trial.values(plane), planes[plane]).allSatisfy({ $0.bitPattern == $1.bitPattern }) else {
          throw ExecutionError(
            "plane \(plane) of a compiled sweep is not what it is defined as; no time is given")
        }
      }
    }
    guard let pair = pairs.first else { return }
    let alone = try flow.flow(from: pair.first, to: pair.second)
    for pool in [pool, ThreadPool(workers: 3)] {
      guard try flow.flow(from: pair.first, to: pair.second, on: pool) == alone else {
        throw ExecutionError(
          "the flow of '\(pair.name)' depends on the number of threads; no time is given")
      }
    }
  }

  /// Values of -4 to 4 for each plane of a sweep.
  private func randomPlanes(_ sweep: StencilSweep, width: Int, height: Int, seed: UInt64) -> [[Float]] {
    var random = CounterRandom(seed: seed, purpose: CounterRandom.Purpose("bench flow"))
    let sampled = Set(sweep.stages.compactMap(\.sampler?.plane))
    return (0..<sweep.planeCount).map { plane in
      (0..<width * height * (sampled.contains(plane) ? 4 : 1)).map { _ in 8 * Float(random.uniform()) - 4 }
    }
  }

  // MARK: Measurements

  /// The flow of a pair, the seconds it took, and what was done for it.
  package func run(_ pair: Pair) throws -> (flow: FlowField, seconds: Double, work: FlowWork) {
    let start = ContinuousClock.now
    let (field, work) = try flow.flowAndWork(from: pair.first, to: pair.second, on: pool)
    return (field, (ContinuousClock.now - start).seconds, work)
  }

  /// Times the sweep over planes of the frames' size.
  ///
  /// - Throws: `LLVMError` where a kernel cannot be made, `ExecutionError` when memory is short.
  package func limits() throws -> Limits {
    guard let image = pairs.first?.first else { throw ExecutionError("there are no frames to sweep over") }
    let kernels = try FlowKernels.kernels(flow)
    let bytes = image.width * image.height * 4 * kernels.iteration.sweep.planeCount
    func overFrames(_ code: CompiledSweep) throws -> SweepTiming {
      try time(code, width: image.width, height: image.height)
    }
    return Limits(
      sweep: try overFrames(kernels.iteration), median: try overFrames(kernels.median),
      warp: try overFrames(kernels.warp),
      inFirstCache: try timeInFirstCache(kernels.iteration),
      copyGigabytesPerSecond: try copySpeed(bytes), memoryGigabytesPerSecond: try copySpeed(128 << 20),
      peakGigaflops: try PeakKernel().gigaflops(on: pool))
  }

  private func time(_ code: CompiledSweep, width: Int, height: Int) throws -> SweepTiming {
    let trial = try SweepTrial(
      code, width: width, height: height, bands: pool.workerCount,
      values: randomPlanes(code.sweep, width: width, height: height, seed: 2))
    return timing(code.sweep, pixels: width * height) { trial.run($0, on: pool) }
  }

  /// Each thread sweeps over planes of its own, ten of 2.5 kB, and waits for nobody.
  private func timeInFirstCache(_ code: CompiledSweep) throws -> SweepTiming {
    let (width, height) = (128, 5)
    let trials = try (0..<pool.workerCount).map { _ in
      try SweepTrial(
        code, width: width, height: height, bands: 1,
        values: randomPlanes(code.sweep, width: width, height: height, seed: 2))
    }
    return timing(code.sweep, pixels: width * height * trials.count) { times in
      pool.run(tasks: trials.count) { task, _ in trials[task].run(times) }
    }
  }

  private func timing(_ sweep: StencilSweep, pixels: Int, run: (Int) -> Void) -> SweepTiming {
    let times = max(20, 16_000_000 / pixels)
    run(times / 10)
    let seconds = (0..<7).map { _ in
      let start = ContinuousClock.now
      run(times)
      return (ContinuousClock.now - start).seconds / Double(times)
    }.sorted()[3]
    return SweepTiming(
      seconds: seconds, gigaflops: 1e-9 * Double(pixels * sweep.operationCount) / seconds,
      gigabytesPerSecond: 1e-9 * Double(pixels * sweep.byteCount) / seconds)
  }

  /// Bytes a second, in 1e9, that all threads read and write copying one half of `bytes` to the other.
  private func copySpeed(_ bytes: Int) throws -> Double {
    let tasks = pool.workerCount
    let part = bytes / 2 / tasks
    let regions = try (0..<2 * tasks).map { _ in try MemoryRegion(byteCount: part, purpose: "copy") }
    // Written first: pages never touched are all the same page of zeros.
    for region in regions { memset(region.base, 1, part) }
    let times = max(1, (64 << 20) / bytes)
    let seconds = (0..<5).map { _ in
      let start = ContinuousClock.now
      pool.run(tasks: tasks) { task, _ in
        for _ in 0..<times { memcpy(regions[2 * task + 1].base, regions[2 * task].base, part) }
      }
      return (ContinuousClock.now - start).seconds
    }
    return 2e-9 * Double(part * tasks * times) / (seconds.min() ?? 1)
  }
}
