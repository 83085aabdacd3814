import Foundation
import MCLBenchmark
import MCLCompiler
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLSupport
import MCLTestKit
import Testing

/// Convolutions drawn at random, with both their gradients: every kernel right, and every one with more than ten million
/// operations at 40 % of what the machine can do or more. A long suite: `make soak`. MCL_SEED reproduces a run.
///
/// What the machine can do is its roofline (Williams, Waterman and Patterson 2009): the multiply-adds of its registers
/// or, where a kernel has few for each byte, as with an image of three channels, the bytes of its memory; both are
/// measured in the same run, and each tensor's bytes are counted once. Time is that of the processor on one thread, so
/// that other work on the machine counts little; operations are those on values, not on padding.
@Suite(.serialized, .enabled(if: soakFactor > 1)) struct RandomConvolutionSpeedTests {
  let seed: UInt64 =
    ProcessInfo.processInfo.environment["MCL_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1 << 32)
  static let count =
    ProcessInfo.processInfo.environment["MCL_CONVOLUTIONS"].flatMap { Int($0) } ?? 200
  static let leastOperations = 10e6
  static let leastPercent = 40.0

  private struct Finding {
    var percent: Double
    /// Of the FMA peak alone.
    var ofPeak: Double
    var text: String
  }

  private static func draw(_ random: inout RandomValues) -> TapContractionTests.Case? {
    func pick(_ list: [Int]) -> Int { list[random.integer(below: list.count)] }
    let kernel = [
      [1, 1, 1], [1, 3, 3], [3, 1, 1], [1, 3, 3], [3, 1, 1], [3, 3, 3], [1, 7, 7], [4, 7, 7], [1, 5, 5],
      [5, 1, 1],
    ][random.integer(below: 10)]
    let isStem = random.integer(below: 10) == 0
    let stride = pick([1, 1, 1, 2])
    let example = TapContractionTests.Case(
      batch: pick([1, 2, 4]),
      channels: isStem ? 3 : pick([16, 32, 45, 64, 64, 83, 128, 128, 144, 230, 256, 512]),
      outputs: pick([16, 32, 45, 64, 64, 83, 128, 144, 230, 256, 512]),
      size: [pick([1, 2, 4, 8, 16]), pick([7, 14, 17, 28, 56]), pick([7, 14, 19, 28, 56])], kernel: kernel,
      stride: [1, stride, stride], padding: kernel.map { $0 / 2 }, dilation: [1, 1, 1])
    let work =
      example.batch * example.outputs * example.channels * example.size.reduce(1, *) * kernel.reduce(1, *)
      / (stride * stride)
    let room = (0..<3).allSatisfy { example.size[$0] + 2 * example.padding[$0] >= kernel[$0] }
    return room && (2_000_000..<600_000_000).contains(work) ? example : nil
  }

  @Test func drawnConvolutionsAreRightAndFast() throws {
    print("drawn convolutions, seed \(seed)")
    var random = RandomValues(seed: seed)
    let pool = ThreadPool(workers: 1)
    let peak = try PeakKernel()
    _ = try peak.gigaflops(on: pool, clock: .processor)
    let bandwidth = try KernelBenchmark.copySpeed(pool)
    let compiler = ProgramCompiler(
      KernelCompiler(cache: ObjectCache(directory: nil)), makesOperands: false)
    var drawn = 0
    var findings: [Finding] = []
    while drawn < Self.count {
      guard let example = Self.draw(&random) else { continue }
      drawn += 1
      let plan = try compiler.compile(example.program(isOfImage: true)).plan
      let library = try KernelLibrary(plan.objects)
      for launch in plan.launches where plan.kernels[launch.kernel].multiplyAdds > 0 {
        guard case .comprehension(let comprehension) = launch.specification.form,
          let shape = ContractionShape(comprehension)
        else { continue }
        let trial = try KernelTrial(launch, of: plan, library: library, pool: pool)
        let what =
          "\(example): \(comprehension.axes) \(comprehension.outputRank), family "
          + "\(plan.kernels[launch.kernel].phases.count) phases"
        let deviation = trial.deviation()
        #expect(deviation < KernelBenchmark.allowedDeviation, "\(what), seed \(seed)")
        let operations = 2 * Double(shape.validMultiplyAdds)
        guard operations >= Self.leastOperations else { continue }
        var (percent, ofPeak) = (0.0, 0.0)
        // The best of some turns: what else runs on the machine empties the caches.
        for turn in 0..<12 where turn < 3 || percent < Self.leastPercent * 1.1 {
          let before = try peak.gigaflops(on: pool, clock: .processor)
          let seconds = trial.secondsPerRun(filling: 0.005, clock: .processor)
          let ofMemory = 1e-9 * Double(trial.byteCount) / bandwidth
          ofPeak = max(ofPeak, 100 * operations * 1e-9 / before / seconds)
          percent = max(percent, ofPeak, 100 * ofMemory / seconds)
        }
        findings.append(Finding(percent: percent, ofPeak: ofPeak, text: what))
      }
    }
    findings.sort { $0.percent < $1.percent }
    let middle = findings.isEmpty ? 0 : findings[findings.count / 2].percent
    let ofMemory = findings.count { $0.ofPeak < Self.leastPercent && $0.percent >= Self.leastPercent }
    print(
      "\(drawn) convolutions, \(findings.count) kernels over 10 MFLOP: median \(middle) % of roofline; "
        + "\(ofMemory) held up by memory alone")
    for finding in findings.prefix(25) {
      print("  \(finding.percent) % (\(finding.ofPeak) % of the FMA peak): \(finding.text)")
    }
    let slow = findings.filter { $0.percent < Self.leastPercent }
    #expect(slow.isEmpty, "\(slow.count) of \(findings.count) are slower, seed \(seed)")
  }
}
