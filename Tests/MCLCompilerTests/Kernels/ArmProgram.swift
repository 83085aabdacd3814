import Foundation
import LLVMBindings
import MCLCompiler
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLTestKit

/// A compiled program as a static executable for AArch64 Linux without any library: the plan's launches as a table,
/// inputs and states as data, one thread. It writes every state and output and ends.
///
/// Run with `qemu-aarch64-static`, it shows that what is emitted for another processor computes the same.
struct ArmProgram {
  static let target = TargetDescription(
    triple: "aarch64-unknown-linux-gnu", cpu: "neoverse-n1", features: "+neon,+fp-armv8")
  static let tools = [
    "/usr/bin/qemu-aarch64-static", "/usr/bin/aarch64-linux-gnu-ld", "/usr/bin/aarch64-linux-gnu-as",
  ]
  static var hasTools: Bool { tools.allSatisfy { FileManager.default.isExecutableFile(atPath: $0) } }

  struct Failure: Error, CustomStringConvertible { let description: String }

  private let plan: ExecutionPlan
  private let folder: URL

  /// Compiles nothing: the plan must be for `target`.
  init(_ plan: ExecutionPlan, folder: URL) {
    self.plan = plan
    self.folder = folder
  }

  /// Runs once from these inputs and states.
  /// - Returns: states by name after `state `, and outputs.
  func run(inputs: [String: Value], states: [String: Value]) throws -> [String: Value] {
    try write(inputs: inputs, states: states)
    let executable = folder.appendingPathComponent("program").path
    let objects = plan.objects.indices.map { folder.appendingPathComponent("\($0).o").path }
    for (object, path) in zip(plan.objects, objects) {
      try Data(object.bytes).write(to: URL(fileURLWithPath: path))
    }
    let driver = folder.appendingPathComponent("driver.o").path
    _ = try Self.execute(Self.tools[2], ["-o", driver, folder.appendingPathComponent("driver.s").path])
    _ = try Self.execute(Self.tools[1], ["-static", "-o", executable, driver] + objects)
    let bytes = try Self.execute(Self.tools[0], [executable])
    var results: [String: Value] = [:]
    var offset = 0
    func take(_ name: String, _ type: TensorType) throws {
      guard offset + type.byteCount <= bytes.count else {
        throw Failure(description: "the program wrote \(bytes.count) bytes; '\(name)' is beyond them")
      }
      let part = bytes.subdata(in: offset..<offset + type.byteCount)
      results[name] = part.withUnsafeBytes { bytes in
        type.element == .int64
          ? Value(type, integers: Array(bytes.bindMemory(to: Int64.self)))
          : Value(type, KernelHarness.values(bytes, type.element))
      }
      offset += type.byteCount
    }
    for state in plan.states { try take("state \(state.name)", state.type) }
    for output in plan.outputs { try take(output.name, output.type) }
    return results
  }

  private static func execute(_ tool: String, _ arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = arguments
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    let complaint = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(
        description:
          "\(tool) ended with \(process.terminationStatus): \(String(decoding: complaint, as: UTF8.self))")
    }
    return bytes
  }

  private func write(inputs: [String: Value], states: [String: Value]) throws {
    func data(_ name: String, _ type: TensorType, _ value: Value?, _ initial: Scalar?) throws -> Data {
      guard let value = value ?? initial.map({ Value(type, filledWith: $0) }) else {
        throw Failure(description: "'\(name)' was not given")
      }
      guard type.element == .int64 else { return Data(KernelHarness.bytes(value.elements, type.element)) }
      return value.integers.withUnsafeBytes { Data($0) }
    }
    for (number, input) in plan.inputs.enumerated() {
      try data(input.name, input.type, inputs[input.name], input.defaultValue)
        .write(to: folder.appendingPathComponent("input\(number)"))
    }
    for (number, state) in plan.states.enumerated() {
      try data(state.name, state.type, states[state.name], 0)
        .write(to: folder.appendingPathComponent("state\(number)"))
    }
    try driver.write(to: folder.appendingPathComponent("driver.s"), atomically: true, encoding: .utf8)
  }

  private func place(_ buffer: Int) -> String {
    switch plan.buffers[buffer].storage {
    case .input(let number): "input\(number)"
    case .state(let number): "state\(number)"
    case .arena(let offset): "arena + \(offset)"
    }
  }

  /// The executable's own code, tables and memory.
  private var driver: String {
    var tables = ""
    var launches = ""
    func call(_ symbol: String, _ tasks: Int, _ arguments: String) {
      launches += "  .quad \(symbol), \(tasks), \(arguments)\n"
    }
    for (number, launch) in plan.launches.enumerated() {
      let kernel = plan.kernels[launch.kernel]
      let memory = [launch.temporaryOffset, launch.commonOffset].map { "arena + \($0)" }
      let buffers = zip(launch.buffers, launch.operandOffsets + [0]).map { "\(place($0)) + \($1)" }
      let arguments =
        buffers + memory.prefix(1) + launch.byProducts.map(place) + memory.suffix(1)
      tables += "arguments\(number): .quad \(arguments.joined(separator: ", "))\n"
      if let base = launch.base, let output = launch.buffers.last {
        tables +=
          "copy\(number): .quad \(place(output)), \(place(base)), \(plan.buffers[base].type.byteCount)\n"
        call("copy_task", 1, "copy\(number)")
      }
      for phase in kernel.phases { call(phase.symbol, phase.taskCount, "arguments\(number)") }
    }
    for (number, copy) in plan.copies.enumerated() {
      let bytes = plan.states[copy.state].type.byteCount
      tables += "update\(number): .quad state\(copy.state), \(place(copy.buffer)), \(bytes)\n"
      call("copy_task", 1, "update\(number)")
    }
    var results = ""
    for (number, state) in plan.states.enumerated() {
      results += "  .quad state\(number), \(state.type.byteCount)\n"
    }
    for output in plan.outputs { results += "  .quad \(place(output.buffer)), \(output.type.byteCount)\n" }
    var memory = ""
    for (kind, count) in [("input", plan.inputs.count), ("state", plan.states.count)] {
      for number in 0..<count {
        let path = folder.appendingPathComponent("\(kind)\(number)").path
        memory += ".balign 64\n\(kind)\(number): .incbin \"\(path)\"\n"
      }
    }
    return """
      .text
      .globl _start, memcpy, memmove, memset
      _start:
        ldr x19, =launches
      1: ldr x20, [x19]
        cbz x20, 4f
        ldr x21, [x19, #8]
        ldr x22, [x19, #16]
        mov x23, #0
      2: cmp x23, x21
        b.ge 3f
        mov x0, x22
        mov x1, x23
        ldr x2, =scratch
        blr x20
        add x23, x23, #1
        b 2b
      3: add x19, x19, #24
        b 1b
      4: ldr x19, =results
      5: ldr x20, [x19]
        cbz x20, 8f
        ldr x21, [x19, #8]
      6: cbz x21, 7f
        mov x0, #1
        mov x1, x20
        mov x2, x21
        mov x8, #64
        svc #0
        cmp x0, #0
        b.le 9f
        add x20, x20, x0
        sub x21, x21, x0
        b 6b
      7: add x19, x19, #16
        b 5b
      8: mov x0, #0
        mov x8, #93
        svc #0
      9: mov x0, #1
        mov x8, #93
        svc #0
      copy_task:
        ldr x2, [x0, #16]
        ldr x1, [x0, #8]
        ldr x0, [x0]
      memcpy:
      memmove:
        cmp x0, x1
        b.hi 2f
        mov x3, #0
      1: cmp x3, x2
        b.ge 3f
        ldrb w4, [x1, x3]
        strb w4, [x0, x3]
        add x3, x3, #1
        b 1b
      2: cbz x2, 3f
        sub x2, x2, #1
        ldrb w4, [x1, x2]
        strb w4, [x0, x2]
        b 2b
      3: ret
      memset:
        mov x3, #0
      1: cmp x3, x2
        b.ge 2f
        strb w1, [x0, x3]
        add x3, x3, #1
        b 1b
      2: ret
      .ltorg
      .data
      .balign 64
      launches:
      \(launches)  .quad 0
      results:
      \(results)  .quad 0
      \(tables)\(memory).bss
      .balign 64
      arena: .space \(plan.arenaBytes + 64)
      .balign 64
      scratch: .space \(plan.scratchBytes + 64)

      """
  }
}
