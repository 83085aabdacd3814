import MCLCompiler
import MCLGraph
import MCLRuntime
import MCLTestKit
import Testing

/// Convolutions by Winograd's minimal filtering, forward and backward, against the direct way; that one is held against
/// the definitions by `TapContractionTests`.
@Suite struct WinogradTests {
  typealias Case = TapContractionTests.Case

  static let shapes: [Case] = [
    // Odd images: the last row and column of tiles hang over.
    Case(batch: 1, channels: 64, outputs: 64, size: [2, 45, 47], kernel: [1, 3, 3], padding: [0, 1, 1]),
    // No padding: forward nothing is checked, backward the window may lie outside by two.
    Case(batch: 1, channels: 64, outputs: 96, size: [1, 52, 61], kernel: [1, 3, 3]),
    Case(batch: 3, channels: 32, outputs: 128, size: [1, 36, 42], kernel: [1, 3, 3], padding: [0, 2, 1]),
    // Along time and height.
    Case(batch: 2, channels: 48, outputs: 80, size: [10, 22, 13], kernel: [3, 3, 1], padding: [1, 1, 0]),
    // Sums of so many products that registers are emptied in between.
    Case(batch: 4, channels: 256, outputs: 128, size: [1, 14, 14], kernel: [1, 3, 3], padding: [0, 1, 1]),
  ]

  private static func families(_ plan: ExecutionPlan) -> [String] {
    plan.launches.map { plan.kernels[$0.kernel].family }
  }

  @Test(arguments: shapes.indices) func bothWaysAgree(number: Int) throws {
    let graph = try Self.shapes[number].program()
    var random = RandomValues(seed: UInt64(number))
    let inputs = TapContractionTests.inputs(graph, &random)
    for target in TapContractionTests.targets {
      let direct = try TapContractionTests.run(
        graph, inputs, threads: 2, target: target, excluded: ["winograd"])
      #expect(!Self.families(direct.plan).contains("winograd"))
      let found = try TapContractionTests.run(graph, inputs, threads: 2, target: target)
      #expect(Self.families(found.plan).contains("winograd"), "\(found.plan.text)")
      for (name, expected) in direct.values {
        let actual = try #require(found.values[name])
        let deviation = Deviation(actual.map { Double($0) }, from: expected.map { Double($0) })
        #expect(deviation.relativeToLargest < 4e-6, "\(name) of \(Self.shapes[number]), \(deviation)")
      }
    }
  }

  /// Its rounding against exact sums is of the size of the direct way's.
  @Test func roundingIsThatOfTheDirectWay() throws {
    let graph = try Self.shapes[4].program()
    var random = RandomValues(seed: 3)
    let inputs = TapContractionTests.inputs(graph, &random)
    var errors: [Double] = []
    for excluded: Set<String> in [[], ["winograd"]] {
      let plan = try TapContractionTests.run(graph, inputs, threads: 1, excluded: excluded).plan
      let library = try KernelLibrary(plan.objects)
      let wanted = excluded.isEmpty ? "winograd" : "contraction"
      let launch = try #require(plan.launches.first { plan.kernels[$0.kernel].family == wanted })
      let trial = try KernelTrial(launch, of: plan, library: library, pool: ThreadPool(workers: 1))
      errors.append(trial.deviation(places: 400, budget: 2_000_000))
    }
    #expect(errors[0] < max(0.5, 3 * errors[1]), "in units of the rounding to expect: \(errors)")
  }

  @Test func anyNumberOfThreadsGivesTheSameBits() throws {
    let graph = try Self.shapes[0].program()
    var random = RandomValues(seed: 9)
    let inputs = TapContractionTests.inputs(graph, &random)
    let expected = try TapContractionTests.run(graph, inputs, threads: 1).values.mapValues {
      $0.map(\.bitPattern)
    }
    for threads in [2, 3, 7] {
      let found = try TapContractionTests.run(graph, inputs, threads: threads).values
      #expect(found.mapValues { $0.map(\.bitPattern) } == expected, "\(threads) threads")
    }
  }

  /// What is no window of 3 x 3 in steps of one, or would not gain, is left to the direct way.
  @Test(arguments: [
    Case(batch: 1, channels: 64, outputs: 64, size: [2, 90, 94], kernel: [1, 3, 3], stride: [1, 2, 2]),
    Case(batch: 1, channels: 64, outputs: 64, size: [2, 48, 48], kernel: [1, 3, 3], dilation: [1, 2, 2]),
    Case(batch: 1, channels: 64, outputs: 64, size: [2, 48, 48], kernel: [1, 5, 3]),
    Case(batch: 1, channels: 64, outputs: 64, size: [8, 24, 24], kernel: [3, 3, 3], padding: [1, 1, 1]),
    Case(batch: 1, channels: 128, outputs: 128, size: [2, 48, 48], kernel: [1, 3, 3], groups: 2),
    Case(batch: 1, channels: 16, outputs: 256, size: [2, 48, 48], kernel: [1, 3, 3]),
    Case(batch: 64, channels: 64, outputs: 64, size: [4, 4, 4], kernel: [1, 3, 3], padding: [0, 0, 0]),
    Case(batch: 2, channels: 1024, outputs: 512, size: [4, 7, 7], kernel: [1, 3, 3], padding: [0, 1, 1]),
  ]) func others(example: Case) throws {
    let compiler = KernelCompiler(cache: ObjectCache(directory: nil))
    let plan = try ProgramCompiler(compiler).compile(example.program()).plan
    let forward = plan.launches.first { plan.kernels[$0.kernel].multiplyAdds > 0 }
    #expect(forward.map { plan.kernels[$0.kernel].family } == "contraction", "\(example)")
  }

  @Test(arguments: ["+avx512f,+avx512vl,+avx512bw,+avx512dq,+avx2,+fma", "+avx2,+fma"])
  func theInnerLoopsDoNotSpill(features: String) throws {
    let programs = try Self.shapes.prefix(2).map { try $0.program() }
    #expect(try TapContractionTests.scanForSpills(programs, features: features) >= 4)
  }

  @Test func aFamilyThatIsNotThereIsTold() throws {
    let compiler = KernelCompiler(cache: ObjectCache(directory: nil), excludedFamilies: ["winnograd"])
    let program = try TapContractionTests.shapes[0].program()
    #expect {
      try ProgramCompiler(compiler).compile(program)
    } throws: {
      "\($0)".contains("no kernel family 'winnograd' to leave out") && "\($0)".contains(" winograd")
    }
  }
}
