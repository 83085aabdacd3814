import Foundation
import MCLFrontend
import MCLGraph
import Testing

private let models = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("models").path

private let small = """
  import MCLGraph
  let small = Model("small") { settings in
    let size = settings.integer("size", default: 4)
    Program("double") { context in
      Step(outputs: [("y", context.input("x", [size]) * context.scalar("factor", default: 2))])
    }
  }
  """

@Suite struct ModelLoaderTests {
  @Test(arguments: ["r2plus1d", "tiny"])
  func modelsOfTheProjectLoad(name: String) throws {
    let workspace = try ModelWorkspace()
    let module = try workspace.loader.load(
      path: "\(models)/\(name).mcl", settings: ["size": "32", "layers": "1,1,1,1", "queue_size": "64"])
    #expect(module.name == name)
    #expect(
      module.programs.map(\.name) == ["step", "encode", "embed"]
        + (name == "tiny" ? [] : ["finetune", "validate"]))
    #expect(module.settings.contains { $0.key == "size" && $0.value == "32" })
    #expect(try Module(text: module.text).text == module.text)
  }

  @Test func theLibraryOfLayersIsNoModel() throws {
    let path = "\(models)/mcl.mcl"
    #expect(
      try ModelWorkspace().complaint(path)
        == "\(path) declares no model; give it one line that begins with 'let NAME = Model(\"NAME\")'")
  }

  @Test func secondLoadComesFromTheCache() throws {
    let workspace = try ModelWorkspace()
    let path = try workspace.write("small.mcl", small)
    let first = try workspace.loader.loadWithOrigin(path: path)
    #expect(first.origin == .compiled)
    let clock = ContinuousClock()
    let start = clock.now
    let second = try workspace.loader.loadWithOrigin(path: path)
    #expect(second.origin == .cachedGraph)
    #expect(clock.now - start < .milliseconds(250))
    #expect(second.module.text == first.module.text)

    let resized = try workspace.loader.loadWithOrigin(path: path, settings: ["size": "8"])
    #expect(resized.origin == .cachedExecutable)
    #expect(resized.module.programs.first?.inputs.first?.type == TensorType(.float32, [8]))

    _ = try workspace.write("small.mcl", small.replacingOccurrences(of: "default: 4", with: "default: 5"))
    let edited = try workspace.loader.loadWithOrigin(path: path)
    #expect(edited.origin == .compiled)
    #expect(edited.module.programs.first?.inputs.first?.type == TensorType(.float32, [5]))
  }

  @Test func damagedCacheIsRebuilt() throws {
    let workspace = try ModelWorkspace()
    let path = try workspace.write("small.mcl", small)
    let text = try workspace.loader.load(path: path).text
    let folder = workspace.folder.appendingPathComponent("cache/models")
    let entries = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    #expect(entries.count == 2)
    for entry in entries {
      var bytes = try Data(contentsOf: entry)
      bytes[bytes.count / 2] ^= 4
      try bytes.write(to: entry)
    }
    let again = try workspace.loader.loadWithOrigin(path: path)
    #expect(again.origin == .compiled)
    #expect(again.module.text == text)
  }

  @Test func typeErrorIsSwiftsOwn() throws {
    let workspace = try ModelWorkspace()
    let path = try workspace.write(
      "wrong.mcl",
      "import MCLGraph\nlet wrong = Model(\"wrong\") { settings in\n  Program(nope) { _ in }\n}\n")
    let complaint = try #require(workspace.complaint(path))
    #expect(complaint.hasPrefix("\(path):3:11: error: cannot find 'nope' in scope"))
  }

  @Test func shapeErrorNamesThePlaceAndBothShapes() throws {
    let workspace = try ModelWorkspace()
    let path = try workspace.write(
      "shape.mcl",
      """
      import MCLGraph
      let shape = Model("shape") { settings in
        Program("run") { context in
          let a = context.input("a", [2, 3])
          let b = context.input("b", [4, 5])
          return Step(outputs: [("c", a.matmul(b))])
        }
      }
      """)
    #expect(
      workspace.complaint(path)
        == "\(path):6: error: in 'b': matmul of f32[2,3] and f32[4,5]: the columns of the first "
        + "must be the rows of the second")
  }

  @Test func endlessLoopIsStopped() throws {
    let workspace = try ModelWorkspace(limits: .init(runSeconds: 4))
    let path = try workspace.write(
      "loop.mcl",
      """
      import MCLGraph
      let loop = Model("loop") { settings in
        Program("run") { context in
          var count = 0
          while settings.integer("a", default: 1) > 0 { count += 1 }
          return Step(outputs: [("y", context.input("x", [count]))])
        }
      }
      """)
    #expect(
      workspace.complaint(path)
        == "\(path):5: error: the model was not built after 4.0 s and was stopped; look for an endless loop")
  }

  @Test func crashAndGreedAreSentences() throws {
    let workspace = try ModelWorkspace(limits: .init(runMemory: 1 << 30))
    let crash = try workspace.write(
      "crash.mcl",
      """
      import MCLGraph
      let crash = Model("crash") { settings in
        let sizes = settings.integers("widths", default: [1])
        Program("run") { context in Step(outputs: [("y", context.input("x", [sizes[3]]))]) }
      }
      """)
    #expect(
      workspace.complaint(crash)
        == "\(crash):4: error: the model crashed while it was built: Index out of range")
    let greedy = try workspace.write(
      "greedy.mcl",
      """
      import MCLGraph
      let greedy = Model("greedy") { settings in
        let many = [Int](repeating: 1, count: settings.integer("n", default: 1 << 24) << 6)
        Program("run") { context in Step(outputs: [("y", context.input("x", [many[1 << 29]]))]) }
      }
      """)
    #expect(
      workspace.complaint(greedy)?.hasPrefix("\(greedy):3: error: the model crashed while it was built: ")
        == true)
  }

  @Test func unknownSettingNamesTheNearest() throws {
    let workspace = try ModelWorkspace()
    let path = try workspace.write("small.mcl", small)
    #expect(
      workspace.complaint(path, ["sise": "3"])
        == "error: the model has no setting 'sise'; did you mean 'size'?")
    #expect(
      workspace.complaint(path, ["size": "0"])
        == "\(path):3: error: --set size=0: '0' is not an integer in 1...16777216")
  }

  @Test func missingFilesAreNamed() throws {
    let workspace = try ModelWorkspace()
    #expect(
      workspace.complaint("nowhere/none.mcl")
        == "cannot read the model file nowhere/none.mcl: No such file or directory")
    let path = try workspace.write("user.mcl", "// mcl-uses: part.mcl\n" + small)
    let folder = workspace.folder.path
    #expect(
      workspace.complaint(path)
        == "cannot read the model file \(folder)/part.mcl, which \(path) names in '// mcl-uses:': No such file or "
        + "directory")
    #expect(
      workspace.complaint(folder) == "cannot read the model file \(folder): it is not a regular file")
  }

  @Test func usedFilesMayFormACycle() throws {
    let workspace = try ModelWorkspace()
    let path = try workspace.write(
      "a.mcl", "// mcl-uses: b.mcl\n" + small.replacingOccurrences(of: "default: 4", with: "default: four"))
    _ = try workspace.write("b.mcl", "// mcl-uses: a.mcl b.mcl\nlet four = 4\n")
    #expect(try workspace.loader.load(path: path).programs.first?.inputs.first?.type.shape == [4])
  }

  @Test func twoModelsInOneFile() throws {
    let workspace = try ModelWorkspace()
    let path = try workspace.write(
      "two.mcl", small + "\nlet other = Model(\"other\") { _ in Program(\"p\") { _ in Step(outputs: []) } }\n"
    )
    #expect(
      workspace.complaint(path)
        == "\(path) declares 2 models (small, other); keep one a file and name the others' files in a line "
        + "'// mcl-uses: FILE.mcl'")
  }

  @Test func withoutAToolchain() throws {
    let workspace = try ModelWorkspace(environment: ["PATH": "/nonexistent", "MCL_SWIFTC": ""])
    let path = try workspace.write("small.mcl", small)
    #expect(
      workspace.complaint(path)
        == "mclc needs a Swift toolchain to compile models; put swiftc on PATH or name it in MCL_SWIFTC, or give a "
        + "compiled .mclc instead")
  }

  @Test func graphTextNeedsNoToolchain() throws {
    let text = try {
      let workspace = try ModelWorkspace()
      return try workspace.loader.load(path: try workspace.write("small.mcl", small)).text
    }()
    let workspace = try ModelWorkspace(environment: ["PATH": "/nonexistent", "MCL_SWIFTC": ""])
    let path = try workspace.write("small.graph", text)
    let (module, origin) = try workspace.loader.loadWithOrigin(
      path: path, settings: ["factor": "3.5", "size": "4"])
    #expect(origin == .graphText)
    #expect(module.programs.first?.inputs.first { $0.name == "factor" }?.defaultValue == 3.5)
    #expect(
      workspace.complaint(path, ["size": "8"])
        == "\(path) was built with size=4, which a compiled model cannot change; load the .mcl with --set size=8 "
        + "instead")
    #expect(
      workspace.complaint(path, ["factr": "8"])
        == "\(path): the model has no setting 'factr'; did you mean 'factor'?")
    let broken = try workspace.write("broken.mclc", String(text.dropLast(10)))
    #expect(workspace.complaint(broken)?.hasPrefix("\(broken): ") == true)
  }

  @Test func aSlowCompilerIsStopped() throws {
    let workspace = try ModelWorkspace(limits: .init(compileSeconds: 0.02))
    let path = try workspace.write("small.mcl", small)
    #expect(
      workspace.complaint(path)
        == "\(path): swiftc took more than 0.02 s to compile the model and was stopped; split long expressions"
    )
  }

  @Test func strangePathsWork() throws {
    let workspace = try ModelWorkspace()
    let path = try workspace.write("a \"b\" \\(c) é.mcl", small)
    let module = try workspace.loader.load(path: path)
    #expect(
      module.programs.first?.entries.first?.location
        == SourceLocation(file: "\(workspace.folder.path)/a 'b' _(c) é.mcl", line: 5))
    #expect(try Module(text: module.text).text == module.text)
  }

  @Test func filesThatAreNoModelsAreRefused() throws {
    let workspace = try ModelWorkspace()
    let binary = workspace.folder.appendingPathComponent("video.mcl")
    try Data([0, 1, 2, 0xff, 0xfe]).write(to: binary)
    #expect(workspace.complaint(binary.path) == "the model file \(binary.path) is not UTF-8 text")
    let empty = try workspace.write("empty.mcl", "")
    #expect(workspace.complaint(empty)?.hasPrefix("\(empty) declares no model; ") == true)
    // A pipe that nobody writes to must not be waited for.
    let pipe = workspace.folder.appendingPathComponent("pipe.mcl").path
    try #require(mkfifo(pipe, 0o600) == 0)
    #expect(workspace.complaint(pipe) == "cannot read the model file \(pipe): it is not a regular file")
  }

  @Test func aCacheThatCannotBeWrittenIsNoError() throws {
    let workspace = try ModelWorkspace(environment: ["MCL_CACHE": "/dev/null/cache"])
    let path = try workspace.write("small.mcl", small)
    #expect(try workspace.loader.loadWithOrigin(path: path).origin == .compiled)
    #expect(try workspace.loader.loadWithOrigin(path: path).origin == .compiled)
  }

  @Test func loadsAtOnceShareOneCache() async throws {
    let workspace = try ModelWorkspace()
    let path = try workspace.write("small.mcl", small)
    let loader = workspace.loader
    let texts = try await withThrowingTaskGroup(of: String.self) { group in
      for size in 1...6 {
        group.addTask { try loader.load(path: path, settings: ["size": "\(size / 2 + 1)"]).text }
      }
      var texts: [String] = []
      for try await text in group { texts.append(text) }
      return texts
    }
    #expect(Set(texts).count == 4)
  }

  @Test(arguments: [("112", 5.3), ("224", 20.2)])
  func theDefaultNetworkHasItsKnownSize(size: String, gigaproducts: Double) throws {
    let module = try ModelWorkspace().loader.load(
      path: "\(models)/r2plus1d.mcl", settings: ["size": size, "batch": "1"])
    let trained = try module.program("step").states.filter(\.isTrainable).map(\.type.count).reduce(0, +)
    #expect(trained == 40_685_314)
    let program = try module.program("encode")
    let products = program.entries.reduce(0) { sum, entry in
      guard entry.operation is Convolution else { return sum }
      let weight = program.entries[entry.operands[1]].type.shape
      return sum + entry.type.count * weight.dropFirst().reduce(1, *)
    }
    #expect(abs(Double(products) / 1e9 - gigaproducts) < 0.05, "\(products)")
  }
}
