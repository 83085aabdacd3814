import LLVMBindings
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLPasses

/// A compiled program: flat, and free of graph, LLVM and threads. The runtime needs nothing else to run it.
public struct ExecutionPlan: Sendable {
  /// Where a value stands.
  public enum Storage: Sendable, Hashable {
    case input(Int)
    case state(Int)
    case arena(offset: Int)
  }

  public struct Buffer: Sendable, Hashable {
    public var storage: Storage
    public var type: TensorType
  }

  /// One kernel on its operands.
  public struct Launch: Sendable {
    /// Position in `kernels`.
    public var kernel: Int
    /// Buffers of the operands, then of the output; one that is read at several offsets stands several times.
    public var buffers: [Int]
    /// For each operand, how many bytes from its buffer's start the kernel reads it.
    public var operandOffsets: [Int]
    /// Buffers of what the kernel makes besides, in the order of its arguments after the temporary.
    public var byProducts: [Int]
    /// Where the memory shared by the kernel's tasks stands in the arena.
    public var temporaryOffset: Int
    /// Where the kernel's common memory stands in the arena: in one place for launches of a call that share it.
    public var commonOffset: Int
    /// Copied into the output before the kernel runs, where it updates a part of what it has not made.
    public var base: Int?
    /// The place in the model.
    public var path: String
    public var specification: KernelSpecification
    /// The operations that it carries out, for people.
    public var parts: [Compute.Part] = []
  }

  public struct Named: Sendable {
    public var name: String
    public var buffer: Int
    public var type: TensorType
  }

  public var name: String
  public var inputs: [Graph.Input]
  public var states: [Graph.State]
  public var buffers: [Buffer]
  public var launches: [Launch]
  /// The launches in ranges, in order: those of one range are of one kernel and run as one, the others alone.
  public var calls: [Range<Int>]
  /// So many of the launches, the first ones, each a call of its own, need to run again only when a state was set from outside: what they make
  /// stays in the arena, such as weights with their batch norm folded in, in the order their kernel reads them.
  public var preparationCount: Int
  /// How many launches run before the first that writes into a state; all outputs of one number are made by these.
  public var launchesBeforeUpdates: Int
  public var kernels: [KernelPlan]
  public var objects: [KernelObject]
  public var outputs: [Named]
  public var taps: [Named]
  /// Values copied into states when all kernels have run: (state, buffer).
  public var copies: [(state: Int, buffer: Int)]
  public var arenaBytes: Int
  /// What the arena would be if nothing shared its place.
  public var unsharedBytes: Int
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
  public var target: TargetDescription
}
