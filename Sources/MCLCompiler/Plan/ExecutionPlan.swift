import LLVMBindings
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLPasses

/// A compiled program: flat, and free of graph, LLVM and threads. The runtime needs nothing else to run it.
public struct ExecutionPlan: Sendable {
  /// Where a value stands.
  package enum Storage: Sendable, Hashable {
    case input(Int)
    case state(Int)
    case arena(offset: Int)
  }

  package struct Buffer: Sendable, Hashable {
    package var storage: Storage
    package var type: TensorType
  }

  /// One kernel on its operands.
  package struct Launch: Sendable {
    /// Position in `kernels`.
    package var kernel: Int
    /// Buffers of the operands, then of the output; one that is read at several offsets stands several times.
    package var buffers: [Int]
    /// For each operand, how many bytes from its buffer's start the kernel reads it.
    package var operandOffsets: [Int]
    /// Buffers of what the kernel makes besides, in the order of its arguments after the temporary.
    package var byProducts: [Int]
    /// Where the memory shared by the kernel's tasks stands in the arena.
    package var temporaryOffset: Int
    /// Where the kernel's common memory stands in the arena: in one place for launches of a call that share it.
    package var commonOffset: Int
    /// Copied into the output before the kernel runs, where it updates a part of what it has not made.
    package var base: Int?
    /// The place in the model.
    package var path: String
    package var specification: KernelSpecification
    /// The operations that it carries out, for people.
    package var parts: [Compute.Part] = []
  }

  /// A value that can be read after a run.
  public struct Named: Sendable {
    /// The name that the program gives it.
    public var name: String
    package var buffer: Int
    /// Element type and shape.
    public var type: TensorType
  }

  /// The name of the program.
  public var name: String
  /// What the program is given before a run, in its own order.
  public var inputs: [Graph.Input]
  /// What the program keeps from run to run, in its own order: parameters, buffers, queues, counters.
  public var states: [Graph.State]
  package var buffers: [Buffer]
  package var launches: [Launch]
  /// The launches in ranges, in order: those of one range are of one kernel and run as one, the others alone.
  package var calls: [Range<Int>]
  /// So many of the launches, the first ones, each a call of its own, need to run again only when a state was set from outside: what they make
  /// stays in the arena, such as weights with their batch norm folded in, in the order their kernel reads them.
  package var preparationCount: Int
  /// How many launches run before the first that writes into a state; all outputs of one number are made by these.
  package var launchesBeforeUpdates: Int
  package var kernels: [KernelPlan]
  package var objects: [KernelObject]
  /// The outputs of the program, in its own order.
  public var outputs: [Named]
  /// The watched values that were asked for when the program was compiled.
  public var taps: [Named]
  /// Values copied into states when all kernels have run: (state, buffer).
  package var copies: [(state: Int, buffer: Int)]
  /// Bytes of the arena, the memory in which intermediate values share places.
  public var arenaBytes: Int
  /// What the arena would be if nothing shared its place.
  public var unsharedBytes: Int
  /// Bytes of working memory that each thread takes besides the arena.
  public var scratchBytes: Int
  /// The call that a launch is part of.
  func call(of launch: Int) -> Range<Int> {
    // The calls before the one searched for end at the launch or before it.
    var (low, high) = (0, calls.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if calls[middle].upperBound <= launch { low = middle + 1 } else { high = middle }
    }
    return calls[low]
  }

  /// The processor that the kernels are made for.
  package var target: TargetDescription
}
