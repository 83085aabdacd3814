import MCLBenchmark
import MCLCompiler
import MCLGraph
import MCLPasses

/// What the page's script draws from. Texts that come again and again are numbers into a table.
struct PlanPageData: Encodable {
  struct Program: Encodable {
    var name: String
    var texts: [String]
    var kinds: [String]
    var roles: [String]
    var launches: [Launch]
    var values: [Value]
    var liveBytes: [Int]
    var peakLaunch: Int
    var peakValues: [Int]
    var arenaBytes: Int
    var unsharedBytes: Int
    var scratchBytes: Int
    var stateBytes: Int
    var inputBytes: Int
    var preparationCount: Int
    /// Rule, operation, path, type and reason, -1 where it was done; then the same three of each target.
    var decisions: [[Int]]
    /// What each rule is for.
    var purposes: [String: String]
    var compiling: Compiling
    var timing: Timing?
  }

  struct Launch: Encodable {
    var kind: Int
    var family: Int
    var path: Int
    var scope: Int
    /// Role, operation, path and type of each.
    var parts: [[Int]]
    var operands: [Int]
    var result: Int
    var besides: [Int]
    var sources: [Int]
    var axes: [Int]
    var rank: Int
    var formula: Int
    var tasks: [Int]
    var temporary: Int
    var bytes: Int
    var flops: Int
    /// The launches that run as one with it.
    var siblings: [Int]
    /// The names of the states that it writes, as one text; -1 where it writes none.
    var state: Int
  }

  struct Value: Encodable {
    var role: String
    var name: Int
    /// -1 for memory without a type.
    var type: Int
    var bytes: Int
    /// -1 outside the arena.
    var offset: Int
    var maker: Int
    var first: Int
    var last: Int
    var readers: [Int]
    var kept: [Int]
  }

  struct Compiling: Encodable {
    struct Pass: Encodable {
      var name: String
      var before: Int
      var after: Int
      var milliseconds: Double
    }
    struct Stage: Encodable {
      var name: String
      var milliseconds: Double
    }
    var operations: Int
    var passes: [Pass]
    var stages: [Stage]
    var milliseconds: Double
    var distinctKernels: Int
    var compiledKernels: Int
    var cachedKernels: Int
    var isCacheWritable: Bool
  }

  struct Timing: Encodable {
    /// Microseconds of each launch.
    var launches: [Double]
    /// Milliseconds of each run, ascending.
    var runs: [Double]
    var gigaflops: Double
    var gigabytes: Double
    var threads: Int
  }

  var programs: [Program]

  init(_ programs: [PlanPage.Program]) {
    self.programs = programs.map { Self.program($0) }
  }

  /// Texts by number, each once.
  private struct Texts {
    var all: [String] = []
    private var numbers: [String: Int] = [:]

    mutating func number(_ text: String) -> Int {
      if let known = numbers[text] { return known }
      numbers[text] = all.count
      all.append(text)
      return all.count - 1
    }
  }

  private static func program(_ program: PlanPage.Program) -> Program {
    let report = program.report
    var texts = Texts()
    let kinds = PlanReport.Kind.allCases
    let roles = Compute.Part.Role.allCases
    let launches = report.launches.enumerated().map { index, launch in
      Launch(
        kind: kinds.firstIndex(of: launch.kind) ?? 0, family: texts.number(launch.family),
        path: texts.number(launch.path), scope: texts.number(launch.scope),
        parts: launch.parts.map { part in
          [
            roles.firstIndex(of: part.role) ?? 0, texts.number(part.operation), texts.number(part.path),
            texts.number(part.type.description),
          ]
        }, operands: launch.operands, result: launch.result, besides: launch.byProducts,
        sources: launch.sources, axes: launch.axes, rank: launch.outputRank,
        formula: texts.number(launch.formula), tasks: launch.tasks, temporary: launch.temporaryBytes,
        bytes: launch.bytes, flops: launch.operations,
        siblings: launch.call.filter { $0 != index },
        state: launch.statesWritten.isEmpty
          ? -1 : texts.number(launch.statesWritten.joined(separator: ", ")))
    }
    let values = report.values.map { value in
      var offset = -1
      if case .arena(let place) = value.place { offset = place }
      return Value(
        role: value.role.rawValue, name: texts.number(value.name),
        type: value.type.map { texts.number($0.description) } ?? -1, bytes: value.byteCount, offset: offset,
        maker: value.maker ?? -1, first: value.first, last: value.last, readers: value.readers,
        kept: value.keptAs.map { texts.number($0) })
    }
    let decisions = report.compilation.decisions.map { decision -> [Int] in
      func numbers(_ subject: Decision.Subject) -> [Int] {
        [
          texts.number(subject.operation), texts.number(subject.path),
          texts.number(subject.type.description),
        ]
      }
      return [texts.number(decision.rule)] + numbers(decision.subject)
        + [decision.reason.map { texts.number($0) } ?? -1] + decision.targets.flatMap(numbers)
    }
    let peak = report.peakLaunch ?? 0
    return Program(
      name: report.name, texts: texts.all, kinds: kinds.map { Self.spoken($0.rawValue) },
      roles: roles.map { Self.spoken($0.rawValue) }, launches: launches, values: values,
      liveBytes: report.liveBytes, peakLaunch: peak, peakValues: report.alive(at: peak),
      arenaBytes: report.arenaBytes, unsharedBytes: report.unsharedBytes, scratchBytes: report.scratchBytes,
      stateBytes: report.stateBytes, inputBytes: report.inputBytes,
      preparationCount: report.preparationCount, decisions: decisions, purposes: report.compilation.purposes,
      compiling: compiling(report.compilation), timing: program.timing.map { timing($0) })
  }

  private static func compiling(_ report: ProgramCompiler.Report) -> Compiling {
    Compiling(
      operations: report.operationsBefore,
      passes: report.passes.map {
        .init(
          name: $0.name, before: $0.entriesBefore, after: $0.entriesAfter,
          milliseconds: rounded($0.seconds * 1e3))
      }, stages: report.stages.map { .init(name: $0.name, milliseconds: rounded($0.seconds * 1e3)) },
      milliseconds: rounded(report.seconds * 1e3), distinctKernels: report.distinctKernels,
      compiledKernels: report.compiledKernels, cachedKernels: report.cachedKernels,
      isCacheWritable: report.isCacheWritable)
  }

  private static func timing(_ timing: PlanTiming) -> Timing {
    Timing(
      launches: timing.launchSeconds.map { rounded($0 * 1e6) },
      runs: timing.runSeconds.map { rounded($0 * 1e3) },
      gigaflops: rounded(timing.peakGigaflops), gigabytes: rounded(timing.copyGigabytesPerSecond),
      threads: timing.threads)
  }

  /// To a thousandth, which is all that is shown.
  private static func rounded(_ value: Double) -> Double { (value * 1e3).rounded() / 1e3 }

  /// `byProduct` as `by-product`.
  private static func spoken(_ name: String) -> String {
    name.map { $0.isUppercase ? "-\($0.lowercased())" : String($0) }.joined()
  }
}
