import Foundation
import MCLTestKit
import Testing

/// What a user sees of `mclc`: sentences and exit codes, from the program itself.
@Suite struct CommandLineTests {
  struct Outcome {
    var code: Int32
    var output: String
    var errors: String
  }

  static let folder: URL = {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "mclc-cli-\(UUID().uuidString)")
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }()

  /// Runs `mclc` in the repository, so that models are named as users name them.
  func mclc(_ arguments: [String], stopAfter seconds: Double? = nil) throws -> Outcome {
    try run("mclc", arguments, stopAfter: seconds)
  }

  /// Runs a program that was built beside the tests.
  func run(
    _ program: String, _ arguments: [String], stopAfter seconds: Double? = nil,
    environment: [String: String] = [:]
  ) throws -> Outcome {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(
      program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.currentDirectoryURL = repositoryFolder
    let names = ["out", "err"].map { Self.folder.appendingPathComponent("\(UUID().uuidString).\($0)") }
    for name in names { FileManager.default.createFile(atPath: name.path, contents: nil) }
    process.standardOutput = try FileHandle(forWritingTo: names[0])
    process.standardError = try FileHandle(forWritingTo: names[1])
    process.standardInput = FileHandle.nullDevice
    try process.run()
    if let seconds {
      Thread.sleep(forTimeInterval: seconds)
      process.interrupt()
    }
    process.waitUntilExit()
    let said = try names.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
    return Outcome(code: process.terminationStatus, output: said[0], errors: said[1])
  }

  func write(_ name: String, _ text: String) throws -> String {
    let path = Self.folder.appendingPathComponent(name).path
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test func benchFlowValidatesAndGivesFigures() throws {
    let run = try mclc(
      ["bench", "flow", "--size", "40x52", "--rounds", "1", "--pairs", "1", "--threads", "2", "--json"])
    #expect(run.code == 0, "\(run.errors)")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    #expect(object["height"] as? Int == 40 && object["width"] as? Int == 52 && object["threads"] as? Int == 2)
    for name in ["medianSeconds", "percentOfFirstCache", "copyGigabytesPerSecond", "peakGigaflops"] {
      #expect((object[name] as? Double ?? 0) > 0, "\(name)")
    }
    let pair = try #require((object["pairs"] as? [[String: Any]])?.first)
    #expect((pair["sweeps"] as? Int ?? 0) > 5 && (pair["warps"] as? Int ?? 0) % 5 == 0)

    let saved = Self.folder.appendingPathComponent("pairs.safetensors").path
    #expect(try mclc(["bench", "flow", "--size", "40x52", "--pairs", "2", "--save", saved]).code == 0)
    #expect(FileManager.default.fileExists(atPath: saved))
    let wrong = try mclc(["bench", "flow", "--size", "40"])
    #expect(
      wrong.code != 0 && wrong.errors.contains("--size takes height x width in pixels"), "\(wrong.errors)")
    let missing = try mclc(["bench", "flow", "nothing.avi"])
    #expect(missing.code == 2 && missing.errors.contains("nothing.avi"), "\(missing.errors)")
  }

  @Test func aCheckSaysWhatIsOffAndExitsWithOne() throws {
    let goldens = "Tests/Goldens"
    let arguments = [
      "check", "models/r2plus1d.mcl", "--inputs", "\(goldens)/mcl_tiny_init.safetensors", "--expect",
      "\(goldens)/mcl_tiny_main.safetensors", "--steps", "1",
    ]
    let right = try mclc(arguments)
    #expect(right.code == 0, "\(right.output)\(right.errors)")
    #expect(right.output.contains("915 tensors expected: 624 compared"), "\(right.output)")
    #expect(right.output.contains("0 unknown; 0 off"))

    let wrong = try mclc(arguments + ["--set", "mal_weight=1.01"])
    #expect(wrong.code == 1)
    #expect(wrong.output.contains("OFF  as trained  step1.loss.total"), "\(wrong.output)")
  }

  @Test func aProgramRunsOnTensorsOfAFile() throws {
    let out = Self.folder.appendingPathComponent("out.safetensors").path
    let arguments = [
      "run", "models/r2plus1d.mcl", "--program", "encode", "--tensors",
      "Tests/Goldens/mcl_tiny_init.safetensors",
      "--set", "layers=1,1,1,1", "--set", "widths=8,16,32,64", "--set", "stem=8", "--set", "size=64", "--set",
      "batch=4",
      "--set", "num_channels=16", "--set", "queue_size=256", "--out", out,
    ]
    let outcome = try mclc(arguments)
    #expect(outcome.code == 2)
    #expect(outcome.errors == "mclc: no file holds input 'clip' f32[4,3,16,64,64] of program 'encode'\n")
  }

  @Test func wrongUseIsAnsweredWithOneSentenceAndTwo() throws {
    let table: [([String], String)] = [
      (
        ["check", "models/tiny.mcl", "--expect", "models/tiny.mcl"],
        "mclc: models/tiny.mcl: it is text, not safetensors; give a file of weights (.safetensors)\n"
      ),
      (
        ["check", "models/tiny.mcl", "--formula", "--expect", "nothing.safetensors"],
        "mclc: nothing.safetensors: there is no such file, or it may not be read; check the path\n"
      ),
      (
        ["compile", "models/nope.mcl"],
        "mclc: cannot read the model file models/nope.mcl: No such file or directory\n"
      ),
      (
        ["compile", "models/tiny.mcl", "--set", "sise=64"],
        "mclc: error: the model has no setting 'sise'; did you mean 'size'?\n"
      ),
      (
        ["compile", "models/tiny.mcl", "--set", "size"],
        "mclc: --set size: write it as key=value, such as --set size=112\n"
      ),
      (
        ["compile", "models/tiny.mcl", "--program", "stop"],
        "mclc: error: model 'tiny' has no program 'stop'; it has 'step', 'encode', 'embed'\n"
      ),
      (
        ["train", "models/tiny.mcl", "--data", "/nowhere", "--out", "/tmp/unused", "--steps", "1"],
        "mclc: /nowhere: there is no such folder; name one with videos, or make some with 'mclc synthesize'\n"
      ),
    ]
    for (arguments, sentence) in table {
      let outcome = try mclc(arguments)
      #expect(outcome.code == 2, "\(arguments)")
      #expect(outcome.errors == sentence)
    }
    #expect(try mclc(["train", "models/tiny.mcl", "--data", "x", "--out", "y"]).code == 2)
    #expect(try mclc(["compile", "models/tiny.mcl", "--nonsense"]).code == 2)
    #expect(try mclc(["--help"]).code == 0)
  }

  @Test func mistakesInAModelPointIntoIt() throws {
    let type = try write(
      "type.mcl",
      "import MCLGraph\nlet m = Model(\"m\") { settings in\n  Program(\"p\") { nothing in x }\n}\n")
    let wrong = try mclc(["compile", type])
    #expect(wrong.code == 2)
    #expect(wrong.errors.contains("type.mcl:3:") && wrong.errors.contains("cannot find 'x' in scope"))

    let shape = try write(
      "shape.mcl",
      """
      import MCLGraph
      let m = Model("m") { settings in
        Program("p") { context in
          let a = context.input("a", [2, 3])
          let b = context.input("b", [4, 3])
          return Step(outputs: [("y", a.matmul(b))])
        }
      }
      """)
    let misfit = try mclc(["compile", shape])
    #expect(misfit.code == 2)
    #expect(
      misfit.errors.contains("shape.mcl:") && misfit.errors.contains("f32[2,3]")
        && misfit.errors.contains("f32[4,3]"))
  }

  /// Synthesizes, trains, is interrupted, resumes to the end, and finds nothing left to do.
  @Test func aRunCanBeInterruptedAndResumed() throws {
    let data = Self.folder.appendingPathComponent("videos").path
    let run = Self.folder.appendingPathComponent("run").path
    #expect(try mclc(["synthesize", "--out", data, "--videos", "3", "--frames", "40"]).code == 0)
    try Data().write(to: URL(fileURLWithPath: data + "/empty.avi"))
    let small = ["--set", "batch=2", "--set", "size=32", "--set", "queue_size=12"]
    let train = ["train", "models/tiny.mcl", "--data", data, "--out", run] + small
    let first = try mclc(train + ["--steps", "2"])
    #expect(first.code == 0, "\(first.errors)")
    #expect(first.errors.contains("mclc: skipped empty.avi: "))
    let again = try mclc(train + ["--steps", "3"])
    #expect(again.code == 2)
    #expect(
      again.errors.hasSuffix(
        "holds a run already; add --resume to go on with it, or choose another folder with --out\n"))
    let stopped = try mclc(train + ["--steps", "1000000", "--resume"], stopAfter: 6)
    #expect(stopped.code == 130, "\(stopped.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: run)
    #expect(names.contains("loss.svg") && names.contains("log.jsonl"))
    #expect(names.contains { $0.hasPrefix("checkpoint-") && $0.hasSuffix(".safetensors") })
    let finished = try mclc(train + ["--steps", "2", "--resume"])
    #expect(finished.code == 0)
    #expect(finished.errors.contains("already finished"))
    let other = try mclc([
      "train", "models/tiny.mcl", "--data", data, "--out", run, "--set", "batch=1", "--steps", "9",
      "--resume",
    ])
    #expect(other.code == 2)
  }

  @Test func assemblyShowsVectorMultiplyAdds() throws {
    let assembly = try mclc(["compile", "models/tiny.mcl", "--program", "embed", "--emit", "asm"])
    #expect(assembly.code == 0)
    #if arch(x86_64)
      #expect(assembly.output.contains("vfmadd") && assembly.output.contains("ymm"))
    #elseif arch(arm64)
      #expect(assembly.output.contains("fmla"))
    #endif
  }
}
