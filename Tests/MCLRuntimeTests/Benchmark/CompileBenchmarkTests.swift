import Foundation
import MCLBenchmark
import Testing

@Suite struct CompileBenchmarkTests {
  /// Every family compiles, and computes what the interpreter does: `measure` throws where not.
  @Test(arguments: CompileFamily.all.map(\.name))
  func familiesComputeWhatTheInterpreterDoes(name: String) throws {
    let family = try #require(CompileFamily.all.first { $0.name == name })
    let small = try CompileBenchmark(secondsPerSize: 0).measure(family, size: 12)
    let large = try CompileBenchmark(secondsPerSize: 0).measure(family, size: 24)
    #expect(small.isChecked && large.isChecked)
    #expect(large.operations > small.operations)
    let slowest = try #require(large.slowest)
    #expect(large.stages.allSatisfy { $0.seconds <= slowest.seconds })
    #expect(!large.stages.contains { $0.name == "kernels" })
  }

  @Test func thereAreTenFamiliesAtLeast() {
    #expect(Set(CompileFamily.all.map(\.name)).count >= 10)
  }

  @Test func sizesDoubleUpToTheLargest() {
    #expect(CompileBenchmark.sizes(most: 3200) == [25, 50, 100, 200, 400, 800, 1600, 3200])
    #expect(CompileBenchmark.sizes(most: 50) == [25, 50])
  }

  /// Times that grow as a power of the size have that power for exponent; the smaller half does not count.
  @Test func exponentIsTheSlope() throws {
    func measurement(_ size: Int, _ seconds: Double) -> CompileBenchmark.Measurement {
      CompileBenchmark.Measurement(
        size: size, operations: size, launches: size, kernels: 1, planningSeconds: seconds, codeSeconds: 0,
        stages: [], isChecked: false)
    }
    let sizes = CompileBenchmark.sizes(most: 3200)
    let list = sizes.map { measurement($0, $0 < 400 ? 1 : pow(Double($0), 1.5)) }
    let exponent = try #require(CompileBenchmark.exponent(list, \.seconds))
    #expect(abs(exponent - 1.5) < 1e-9)
    #expect(CompileBenchmark.exponent(Array(list.prefix(1)), \.seconds) == nil)
  }
}
