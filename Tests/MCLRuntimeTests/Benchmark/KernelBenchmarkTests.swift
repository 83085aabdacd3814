import MCLBenchmark
import MCLCompiler
import MCLGraph
import MCLKernelForms
import MCLPasses
import MCLSupport
import MCLTestKit
import Testing

@Suite(.serialized) struct KernelBenchmarkTests {
  private func plan() throws -> ExecutionPlan {
    let module = try projectModel(
      "r2plus1d",
      settings: [
        "size": "32", "batch": "2", "layers": "1,1,1,1", "widths": "16,16,32,32", "stem": "16",
        "queue_size": "64",
      ])
    return try ProgramCompiler().compile(module.program("step")).plan
  }

  @Test func everyContractionOfAStepIsRightAndTimed() throws {
    let plan = try plan()
    let entries = ContractionEntry.all(of: plan)
    for group in [LaunchGroup.forward, .inputGradient, .weightGradient] {
      #expect(entries.contains { $0.group == group }, "no kernel is a \(group.rawValue)")
    }
    // The stem's input needs no gradient; every convolution is run for the query and three sets of keys.
    #expect(!entries.contains { $0.name.hasPrefix("backbone.conv1.inputGradient") })
    #expect(entries.first { $0.name == "backbone.conv1.forward" }?.count == 4)
    #expect(entries.first { $0.name == "backbone.layer2.0.conv2.forward" }?.layer == "16-16-1x3x3")
    let bench = try KernelBenchmark(plan, pool: ThreadPool(workers: 2), rounds: 1)
    for entry in entries {
      let result = try bench.measure(entry)
      #expect(result.isRight, "\(entry.name) deviates by \(result.deviation)")
      #expect((result.timing?.seconds ?? 0) > 0)
    }
  }

  @Test func aKernelThatComputesSomethingElseIsNotTimed() throws {
    let plan = try plan()
    let entries = ContractionEntry.all(of: plan)
    var entry = try #require(entries.first { $0.group == .weightGradient })
    // The definition is changed a little, the code is not.
    guard case .comprehension(var wrong) = entry.launch.specification.form else { return }
    wrong.body = wrong.body + .constant(0.01)
    entry.launch.specification = KernelSpecification(
      wrong, operandElements: entry.launch.specification.operandElements)
    let result = try KernelBenchmark(plan, pool: ThreadPool(workers: 1), rounds: 1).measure(entry)
    #expect(!result.isRight && result.timing == nil)
  }

  @Test func launchesOfAStepHaveGroups() throws {
    let plan = try plan()
    let groups = plan.launchGroups()
    #expect(groups.count == plan.launches.count)
    let gradients = zip(plan.launches, groups).filter { $0.1 == .weightGradient }.map(\.0)
    let isGradient = gradients.allSatisfy { launch in
      launch.parts.contains { $0.operation == "conv3d_weight_gradient" }
    }
    #expect(isGradient)
    let convolutions = plan.states.count { $0.isTrainable && $0.type.rank == 5 }
    #expect(gradients.count == convolutions)
    #expect(groups.contains(.update) && groups.contains(.loops) && groups.contains(.linear))
  }

  @Test func thePeakIsThatOfFusedMultiplyAdds() throws {
    let peak = try PeakKernel()
    let value = try (0..<3).map { _ in try peak.gigaflops(on: ThreadPool(workers: 1)) }.max() ?? 0
    // Any machine this is built for gives more than 1 and less than 10000 GFLOP/s a core.
    #expect((1...10_000).contains(value))
  }

  @Test func theRooflineIsWellFormed() {
    let picture = RooflinePicture(
      title: "a < b & c",
      points: [
        .init(name: "one", group: "forward", intensity: 10, gigaflops: 50),
        .init(name: "none", group: "forward", intensity: 0, gigaflops: 0),
      ], peak: 100, bandwidth: 20
    ).svg
    #expect(picture.hasPrefix("<svg") && picture.hasSuffix("</svg>\n"))
    #expect(picture.contains("a &lt; b &amp; c") && picture.contains("one: 50.0 GFLOP/s"))
    #expect(!picture.contains("nan") && !picture.contains("inf"))
  }
}
