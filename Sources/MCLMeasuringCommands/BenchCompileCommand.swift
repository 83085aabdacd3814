import ArgumentParser
import MCLBenchmark
import MCLCommandSupport

struct BenchCompileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile", abstract: "Times the compiler over families of growing programs.",
    discussion: paragraphs(
      """
      A family is a program that grows by an element, such as a chain of so many operations; sizes double up to --most.
      The cache of objects is not used: all machine code is made anew at every compilation. Programs of up to 50 elements
      are first run and compared with the interpreter; where one is wrong, nothing is timed and the exit code is 1.
      'planning' is passes, schedule and memory plan, 'code' is machine code, each with its exponent: the slope of the
      logarithm of the time over that of the size, by least squares over the larger half of the sizes.

        mclc bench compile
        mclc bench compile --family 'joined slices' --most 1600 --json
      """))

  @Option(help: "The largest size.") var most = 3200
  @Option(
    name: .customLong("family"), parsing: .singleValue, help: "Only this family; may be given often.")
  var names: [String] = []
  @Flag(help: "Print JSON, with every size.") var json = false

  func validate() throws {
    guard (50...100_000).contains(most) else { throw ValidationError("--most takes 50 to 100000") }
    let known = CompileFamily.all.map(\.name)
    if let unknown = names.first(where: { !known.contains($0) }) {
      throw ValidationError("--family \(unknown): the families are \(known.joined(separator: ", "))")
    }
  }

  func run() throws {
    try reporting {
      let families = CompileFamily.all.filter { names.isEmpty || names.contains($0.name) }
      let benchmark = CompileBenchmark()
      var results: [CompileReport.Result] = []
      for family in families {
        var measurements: [CompileBenchmark.Measurement] = []
        for size in CompileBenchmark.sizes(most: most) {
          measurements.append(try benchmark.measure(family, size: size))
        }
        results.append(CompileReport.Result(family: family, measurements: measurements))
        if !json { say("\(family.name): done") }
      }
      let report = CompileReport(results: results)
      if json { try printJSON(report.object) } else { try printResult(report.text) }
    }
  }
}
