import Foundation
import LLVMBindings
import MCLGraph
import MCLKernelForms
import MCLKernels
import Testing

@Suite struct KernelCacheTests {
  private func withDirectory(_ body: (URL) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
      "mclc-cache-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: directory) }
    try body(directory)
  }

  private let specification = KernelSpecification(
    Comprehension(
      axes: [40], accesses: [.identity(operand: 0, shape: [40], rank: 1)], body: .load(0) + .constant(1)),
    operandElements: [.float32])

  private func runs(_ compiled: KernelCompiler.Result, _ harness: KernelHarness) throws -> Bool {
    let library = try KernelLibrary(compiled.objects)
    var output = [UInt8](repeating: 0, count: 160)
    let input = (0..<40).map(Double.init)
    try harness.run(
      compiled.plans[0], library, operands: [KernelHarness.bytes(input, .float32)], output: &output)
    return output == KernelHarness.bytes(input.map { $0 + 1 }, .float32)
  }

  @Test func secondCompileIsServedFromDisk() throws {
    try withDirectory { directory in
      let harness = KernelHarness(cache: ObjectCache(directory: directory))
      let first = try harness.compiler.compile([specification, specification])
      #expect((first.compiledCount, first.cachedCount) == (1, 0))
      #expect(first.isCacheWritable)
      #expect(first.plans.count == 2 && first.objects.count == 1)
      let second = try harness.compiler.compile([specification])
      #expect((second.compiledCount, second.cachedCount) == (0, 1))
      #expect(second.objects[0].bytes == first.objects[0].bytes)
      #expect(try runs(second, harness))
    }
  }

  @Test(arguments: [0, 9, 20, 60, -1]) func damagedEntryIsRebuilt(position: Int) throws {
    try withDirectory { directory in
      let harness = KernelHarness(cache: ObjectCache(directory: directory))
      _ = try harness.compiler.compile([specification])
      let files = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
      #expect(files.count == 1)
      var data = try Data(contentsOf: files[0])
      data[position < 0 ? data.count - 1 : position] ^= 0x40
      try data.write(to: files[0])
      let again = try harness.compiler.compile([specification])
      #expect((again.compiledCount, again.cachedCount) == (1, 0))
      #expect(try runs(again, harness))
      #expect(try harness.compiler.compile([specification]).cachedCount == 1)
      try data.prefix(30).write(to: files[0])
      #expect(try harness.compiler.compile([specification]).compiledCount == 1)
    }
  }

  @Test func missingCacheIsSaid() throws {
    let harness = KernelHarness(cache: ObjectCache(directory: URL(fileURLWithPath: "/proc/none/mclc")))
    let compiled = try harness.compiler.compile([specification])
    #expect(!compiled.isCacheWritable)
    #expect(try runs(compiled, harness))
  }

  @Test func anotherTargetIsAnotherEntry() throws {
    try withDirectory { directory in
      let host = TargetDescription.host
      let narrow = TargetDescription(
        triple: host.triple, cpu: host.cpu, features: host.features, vectorBytes: 16)
      let cache = ObjectCache(directory: directory)
      _ = try KernelCompiler(target: host, cache: cache).compile([specification])
      #expect(try KernelCompiler(target: narrow, cache: cache).compile([specification]).compiledCount == 1)
    }
  }

  @Test func nonsenseIsRefusedInOneSentence() throws {
    let compiler = KernelHarness().compiler
    let remainder = Comprehension(
      axes: [4], accesses: [.identity(operand: 0, shape: [4], rank: 1)],
      body: .binary(.remainder, .load(0), .constant(2)))
    #expect {
      try compiler.compile([KernelSpecification(remainder, operandElements: [.float32])])
    } throws: {
      "\($0)" == "remainder of float32 elements is not defined; convert them to int64 first"
    }
    let wrongType = Comprehension(
      axes: [4], accesses: [.identity(operand: 0, shape: [4], rank: 1)], body: .load(0), element: .int64)
    #expect {
      try compiler.compile([KernelSpecification(wrongType, operandElements: [.float32])])
    } throws: {
      "\($0)" == "a kernel computes float32 elements where its result has int64; convert at the end"
        || "\($0)" == "a kernel computes f32 elements where its result has i64; convert at the end"
    }
  }
}
