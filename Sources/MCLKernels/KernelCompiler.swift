import Foundation
import LLVMBindings
import MCLGraph
import MCLKernelForms
import MCLSupport
import Synchronization

/// Turns kernel specifications into code.
///
/// ```
/// let compiled = try KernelCompiler().compile(specifications)   // once for a program
/// let library = try KernelLibrary(compiled.objects)             // linked into this process
/// for phase in compiled.plans[i].phases {                       // a barrier between phases
///   let run = try library.function(phase.symbol)                // looked up once, ahead of time
///   pool.run(tasks: phase.taskCount) { task, worker in run(arguments, Int64(task), scratch[worker]) }
/// }
/// ```
///
/// The ABI is `void symbol(void **arguments, int64_t task, void *scratch)` with
/// `arguments = [operand pointers in order ..., output, temporary, by-products ..., common]`. Operands and output are row-major
/// and aligned to their elements at least (64 bytes is best, and needed of an output of `TapEmitter.streamingBytes` or
/// more, see also `LoopEmitter.streamingBytes`); temporary and scratch, of `plan.temporaryBytes` and
/// `plan.scratchBytes`, and common memory, of `plan.commonBytes`, to 64. Kernels read no byte outside their operands. The output may be the same buffer as an
/// operand only where the specification is a comprehension without reduction, of the loop family, that reads that
/// operand at the point itself alone, or an update of rows.
package struct KernelCompiler: Sendable {
  package let target: TargetDescription
  package let cache: ObjectCache

  /// Changes with every change of what the emitters emit, so that old cache entries are not used.
  package static let emitterVersion = 123

  /// Families of kernels that are not used, such as `winograd`.
  package let excludedFamilies: Set<String>

  package init(
    target: TargetDescription = .host, cache: ObjectCache = .standard,
    excludedFamilies: Set<String> = OptionalParts.leftOut
  ) {
    self.target = target
    self.cache = cache
    self.excludedFamilies = excludedFamilies
  }

  /// What became of a list of specifications.
  package struct Result: Sendable {
    /// One plan a specification, in their order.
    package var plans: [KernelPlan]
    /// One object a distinct specification.
    package var objects: [KernelObject]
    /// Objects that had to be compiled, and those found in the cache.
    package var compiledCount: Int
    package var cachedCount: Int
    /// False where a new object could not be kept: the next start compiles it again.
    package var isCacheWritable: Bool
  }

  /// Compiles the distinct specifications, through the cache, on two threads where there are two processors.
  ///
  /// - Throws: `KernelError` for a specification that makes no sense, `LLVMError` where LLVM refuses.
  package func compile(_ specifications: [KernelSpecification]) throws -> Result {
    var order: [KernelSpecification: Int] = [:]
    var distinct: [KernelSpecification] = []
    for specification in specifications where order[specification] == nil {
      order[specification] = distinct.count
      distinct.append(specification)
    }
    let results = Mutex([Swift.Result<Build, any Error>?](repeating: nil, count: distinct.count))
    let work = distinct
    ParallelLoop.run(work.count, threads: min(2, ProcessorCount.threads)) { position in
      let result = Swift.Result { try build(work[position]) }
      results.withLock { $0[position] = result }
    }
    let built = try results.withLock { try $0.compactMap { try $0?.get() } }
    return Result(
      plans: specifications.compactMap { order[$0].map { built[$0].plan } }, objects: built.map(\.object),
      compiledCount: built.count { !$0.isCached }, cachedCount: built.count { $0.isCached },
      isCacheWritable: built.allSatisfy(\.isKept))
  }

  /// The text that names an object: all that its bytes depend on.
  private func key(_ specification: KernelSpecification) -> String {
    """
    emitter \(Self.emitterVersion) LLVM \(llvmVersionText) passes \(TargetMachine.passes)
    \(target.triple) \(target.cpu) \(target.features) vector \(target.vectorBytes)
    without \(excludedFamilies.sorted().joined(separator: ","))
    \(specification.text)
    """
  }

  private func symbol(_ specification: KernelSpecification) -> String { symbol(forKey: key(specification)) }

  private func symbol(forKey key: String) -> String { "mcl_" + SHA256.hexadecimal(key.utf8).prefix(24) }

  /// What became of one specification.
  private struct Build {
    var plan: KernelPlan
    var object: KernelObject
    var isCached: Bool
    var isKept: Bool
  }

  private func build(_ specification: KernelSpecification) throws -> Build {
    let text = key(specification)
    let symbol = symbol(forKey: text)
    let (family, plan) = try select(specification, symbol)
    // Objects are kept by how they were cut as well: a plan of this version needs that version's phases.
    let key = "\(text)\n\(plan.text)"
    if let bytes = cache.object(key) {
      return Build(plan: plan, object: KernelObject(name: symbol, bytes: bytes), isCached: true, isKept: true)
    }
    let machine = try TargetMachine(target)
    let module = try emit(specification, family, symbol, machine)
    let bytes = try machine.object(module)
    let isKept = cache.store(bytes, key)
    return Build(
      plan: plan, object: KernelObject(name: symbol, bytes: bytes), isCached: false, isKept: isKept)
  }

  private func emit(
    _ specification: KernelSpecification, _ family: any KernelFamily, _ symbol: String,
    _ machine: TargetMachine
  ) throws -> ModuleBuilder {
    let builder = ModuleBuilder(name: symbol, target: machine)
    try family.emit(specification, symbol: symbol, builder: builder, target: target)
    try machine.optimize(builder)
    return builder
  }

  /// Whether some family serves a specification.
  package func isServed(_ specification: KernelSpecification) -> Bool {
    (try? select(specification, "mcl")) != nil
  }

  private func select(
    _ specification: KernelSpecification, _ symbol: String
  ) throws -> (family: any KernelFamily, plan: KernelPlan) {
    try KernelRegistry.select(specification, symbol: symbol, target: target, excluded: excludedFamilies)
  }

  /// The kernel that computes a specification, with constant offsets moved out of it where the generic kernel serves it: the
  /// code of that depends on no offset but by adding it to an address.
  package func separatingOffsets(_ specification: KernelSpecification) -> OperandOffsets {
    let separated = OperandOffsets(separating: specification)
    func isGeneric(_ specification: KernelSpecification) -> Bool {
      (try? select(specification, "mcl").family is LoopKernel) ?? false
    }
    guard separated.specification != specification, isGeneric(specification),
      isGeneric(separated.specification)
    else { return OperandOffsets(keeping: specification) }
    return separated
  }

  /// The plan alone, without compiling.
  package func plan(_ specification: KernelSpecification) throws -> KernelPlan {
    try select(specification, symbol(specification)).plan
  }

  /// The optimised LLVM IR of a kernel, as text.
  package func intermediateText(_ specification: KernelSpecification) throws -> String {
    let symbol = symbol(specification)
    let machine = try TargetMachine(target)
    let family = try select(specification, symbol).family
    return try emit(specification, family, symbol, machine).text
  }

  /// The assembly of a kernel.
  package func assembly(_ specification: KernelSpecification) throws -> String {
    let symbol = symbol(specification)
    let machine = try TargetMachine(target)
    let family = try select(specification, symbol).family
    return try machine.assembly(try emit(specification, family, symbol, machine))
  }
}

/// The machine code of one specification, as the bytes of an object file.
package struct KernelObject: Sendable {
  /// What its symbols start with.
  package var name: String
  package var bytes: [UInt8]

  package init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }
}
