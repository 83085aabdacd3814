import LLVMBindings
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLMotion
import MCLTestKit
import Testing

@Suite struct StencilKernelTests {
  /// The host with its own vectors and with narrower ones.
  static let targets: [TargetDescription] = [64, 32, 16].map { bytes in
    let host = TargetDescription.host
    return TargetDescription(triple: host.triple, cpu: host.cpu, features: host.features, vectorBytes: bytes)
  }

  /// Runs a compiled sweep and its definition on the same planes; gives how many values differ in their bits.
  static func differences(
    _ sweep: StencilSweep, width: Int, height: Int, bands: Int, target: TargetDescription, seed: UInt64
  ) throws -> Int {
    var random = RandomValues(seed: seed)
    let sampled = Set(sweep.stages.compactMap(\.sampler?.plane))
    var planes = (0..<sweep.planeCount).map { plane in
      // Displacements of a few pixels, some of them far outside.
      (0..<width * height * (sampled.contains(plane) ? 4 : 1)).map { _ in
        Float(random.normal()) * (random.uniform() < 0.05 ? 40 : 2)
      }
    }
    let compiler = KernelCompiler(target: target, cache: ObjectCache(directory: nil))
    let code = try CompiledSweep.compile([sweep], compiler: compiler)[0]
    let trial = try SweepTrial(code, width: width, height: height, bands: bands, values: planes)
    trial.run()
    let sums = sweep.evaluate(&planes, width: width, height: height)
    var wrong = 0
    for plane in planes.indices where !sweep.rowPlanes.contains(plane) && !sampled.contains(plane) {
      wrong += zip(trial.values(plane), planes[plane]).count { $0.bitPattern != $1.bitPattern }
    }
    for (number, stage) in sweep.stages.enumerated() where stage.sum != nil {
      for (ours, exact) in zip(trial.sums(number), sums[number]) {
        let scale = max(abs(exact), 100 * Double(width))
        wrong += abs(Double(ours) - exact) <= 1e-5 * scale ? 0 : 1
      }
    }
    return wrong
  }

  /// Three stages with every kind of tap, a row handed on, and two sums.
  static func mixed() -> StencilSweep {
    var first = StencilSweep.Stage()
    let a = first.tap(0)
    let near = first.tap(1, row: -1, column: 2, edge: .zero) + first.tap(1, column: -1) * .constant(0.25)
    first.store(first.value(a + near), in: 0)
    first.store(a * first.tap(2, row: 2, column: -2) - first.tap(2, row: -3, edge: .zero), in: 5)
    first.sum(near * first.inside(column: -2) + first.hypotenuse(a, near) * first.inside(column: 1))
    var second = StencilSweep.Stage()
    let moved = second.tap(5, column: -3) + second.tap(5, column: 1, edge: .zero)
    second.store(
      .select(.less, moved, .constant(0), then: .unary(.negate, moved), else: second.tap(2)), in: 3)
    var third = StencilSweep.Stage()
    let below = third.tap(0, row: 2, column: 1) - third.tap(0, row: 1, edge: .zero)
    third.store(third.tap(1) + below / (.constant(2) + .unary(.absolute, third.tap(4, row: -2))), in: 1)
    third.sum(below * below)
    return StencilSweep(planeCount: 6, rowPlanes: [5], stages: [first, second, third])
  }

  @Test(arguments: [(1, 4), (2, 9), (15, 5), (16, 8), (17, 13), (33, 31), (70, 24)])
  func onePassIsWhatWholeStagesAre(width: Int, height: Int) throws {
    for target in Self.targets {
      for bands in 1...max(1, height / 4) where bands <= 5 {
        let wrong = try Self.differences(
          Self.mixed(), width: width, height: height, bands: bands, target: target,
          seed: UInt64(width + bands))
        #expect(wrong == 0, "\(width)x\(height), \(bands) bands, \(target.vectorBytes) bytes a vector")
      }
    }
  }

  @Test func motionSweepsAreTheirDefinitions() throws {
    for sweep in [
      TVL1Sweep.sweep(threshold: 0.045, theta: 0.3, dualStep: 0.8), MedianSweep.sweep(), WarpSweep.sweep(),
    ] {
      for target in Self.targets {
        for (width, height, bands) in [(3, 3, 1), (31, 10, 3), (67, 43, 4)] {
          let wrong = try Self.differences(
            sweep, width: width, height: height, bands: bands, target: target, seed: 7)
          #expect(wrong == 0, "\(width)x\(height), \(bands) bands, \(target.vectorBytes) bytes a vector")
        }
      }
    }
  }

  @Test func lagsFollowFromTheTaps() throws {
    let sweep = TVL1Sweep.sweep(threshold: 0.045, theta: 0.3, dualStep: 0.8)
    let plan = try KernelCompiler().plan(KernelSpecification(sweep))
    #expect(
      plan.family == "stencil" && plan.phases.map(\.symbol).map { $0.hasSuffix("_seam") } == [false, true])
    #expect(sweep.byteCount == 64)
    #expect(try KernelCompiler().plan(KernelSpecification(MedianSweep.sweep())).phases.count == 1)
  }

  @Test func refusesWhatIsNoSinglePass() {
    func sentence(_ sweep: StencilSweep) -> String {
      do {
        _ = try KernelCompiler().plan(KernelSpecification(sweep))
        return "accepted"
      } catch { return "\(error)" }
    }
    func stage(reads: (plane: Int, row: Int, column: Int), writes: Int) -> StencilSweep.Stage {
      var stage = StencilSweep.Stage()
      stage.store(stage.tap(reads.plane, row: reads.row, column: reads.column), in: writes)
      return stage
    }
    func sweep(_ stages: StencilSweep.Stage..., rows: Set<Int> = []) -> StencilSweep {
      StencilSweep(planeCount: 3, rowPlanes: rows, stages: stages)
    }
    #expect(sentence(sweep()) == "a stencil sweep has no stages; give it one at least")
    #expect(
      sentence(sweep(stage(reads: (0, 0, 1), writes: 0)))
        == "stage 0 of a stencil sweep reads neighbours in plane 0, which it writes; write another")
    #expect(
      sentence(sweep(stage(reads: (0, 0, 0), writes: 1), stage(reads: (1, -1, 0), writes: 2)))
        == "stage 1 of a stencil sweep reads plane 1 -1 rows away from where an earlier stage writes it; only rows "
        + "below are there in one pass, and of a row plane none")
    #expect(
      sentence(sweep(stage(reads: (1, 1, 0), writes: 0), stage(reads: (2, 0, 0), writes: 1)))
        == "stage 0 of a stencil sweep reads plane 1 below where a later stage writes it; only rows above are "
        + "unchanged in every band")
    #expect(
      sentence(sweep(stage(reads: (0, 0, 0), writes: 1), stage(reads: (2, 0, 0), writes: 1)))
        == "plane 1 of a stencil sweep is written twice; write it once")
    #expect(
      sentence(sweep(stage(reads: (3, 0, 0), writes: 1)))
        == "stage 0 of a stencil sweep reads plane 3 of 3")
    #expect(
      sentence(sweep(stage(reads: (0, 0, 0), writes: 3))) == "stage 0 of a stencil sweep writes plane 3 of 3")
    #expect(
      sentence(sweep(stage(reads: (1, 0, 0), writes: 2), rows: [1]))
        == "stage 0 of a stencil sweep reads row plane 1 before it is written")
    var sampling = StencilSweep.Stage()
    let (right, below) = (sampling.tap(1), sampling.tap(2))
    sampling.store(sampling.samples(0, right: right, below: below, sharpness: -0.5)[1], in: 0)
    #expect(
      sentence(sweep(sampling)) == "stage 0 of a stencil sweep samples plane 0, which a stage writes")
    var outside = StencilSweep.Stage()
    outside.store(
      outside.samples(3, right: outside.tap(1), below: outside.tap(2), sharpness: -0.5)[0], in: 2)
    #expect(
      sentence(sweep(outside)) == "stage 0 of a stencil sweep samples what it does not say; give it a sampler"
    )
    var indexed = StencilSweep.Stage()
    indexed.store(.convert(.float32, .index(0)), in: 0)
    #expect(
      sentence(sweep(indexed))
        == "value 0 of stage 0 of a stencil sweep uses more than the definitions before it")
  }
}
