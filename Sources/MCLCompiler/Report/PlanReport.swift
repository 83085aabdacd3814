import LLVMBindings
import MCLGraph
import MCLKernelForms
import MCLPasses

/// A compiled program as plain data for people: its launches, where every value stands and how long, what was put
/// together and what was not. Made of the plan alone; knows no times.
package struct PlanReport: Sendable {
  /// What a launch does, by the form of what it computes.
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// A sum of products of two tensors: convolutions, their gradients, matrix products.
    case contraction
    /// Any other sum or maximum.
    case reduction
    /// Element by element.
    case map
    /// Reads and stores alone: another order, a cut, a copy.
    case copy
    /// Rows of a tensor replaced in place.
    case rowUpdate
    /// A stencil swept over planes.
    case sweep
  }

  package struct Launch: Sendable {
    package var kind: Kind
    /// The family that made the kernel.
    package var family: String
    /// The place in the model that its last operation comes from.
    package var path: String
    /// The part of the model that it belongs to: see `LaunchScopes`.
    package var scope: String
    /// The operations that it carries out: see `Compute.Part.Role`.
    package var parts: [Compute.Part]
    /// Positions in `values`.
    package var operands: [Int]
    package var result: Int
    package var byProducts: [Int]
    /// The launches that make its operands, ascending.
    package var sources: [Int]
    package var axes: [Int]
    package var outputRank: Int
    /// What it computes at a point, as text.
    package var formula: String
    /// Tasks of each phase.
    package var tasks: [Int]
    package var temporaryBytes: Int
    /// Bytes that must move at least once: of operands what is read of them, the result and the by-products.
    package var bytes: Int
    /// Floating-point operations, a multiply-add counted as two, products with padding and what an epilogue leaves out
    /// not at all; an elementary function counts as one.
    package var operations: Int
    /// Whether it runs only once, until a state is set from outside.
    package var isPreparation: Bool
    /// The launches that run as one, this one among them.
    package var call: Range<Int>
    /// The names of the states that its results are written to.
    package var statesWritten: [String]

    /// The operation that gave the launch its form, and the type of that operation's result.
    package var main: Compute.Part? { parts.first { $0.role == .main } ?? parts.first }
  }

  /// A tensor, or the memory that the tasks of one launch share.
  package struct Value: Sendable {
    package enum Place: Sendable, Hashable {
      case input(String)
      case state(String)
      case arena(offset: Int)
    }

    package enum Role: String, Sendable, Hashable {
      case input, state, result, byProduct, temporary
    }

    package var role: Role
    package var place: Place
    /// What it is of: the operation and its path, or the name of an input or a state.
    package var name: String
    package var type: TensorType?
    package var byteCount: Int
    /// The launch that makes it.
    package var maker: Int?
    /// The launches, both included, from which and to which it is alive.
    package var first: Int
    package var last: Int
    /// The launches that read it, ascending.
    package var readers: [Int]
    /// Names, such as an output's, for which it stays to the end.
    package var keptAs: [String]
  }

  package var name: String
  package var launches: [Launch] = []
  package var values: [Value] = []
  package var arenaBytes: Int
  /// What the arena would be if nothing shared its place.
  package var unsharedBytes: Int
  package var scratchBytes: Int
  package var stateBytes: Int
  package var inputBytes: Int
  /// So many of the launches, the first, run only once.
  package var preparationCount: Int
  /// Bytes of the arena alive during each launch.
  package var liveBytes: [Int] = []
  package var compilation: ProgramCompiler.Report
  package var target: TargetDescription

  /// The launch during which most of the arena is alive, the first of equals; nil where nothing is launched.
  package var peakLaunch: Int? {
    liveBytes.max().flatMap { liveBytes.firstIndex(of: $0) }
  }

  /// What is alive in the arena during a launch, the largest first.
  package func alive(at launch: Int) -> [Int] {
    values.indices.filter { index in
      guard case .arena = values[index].place else { return false }
      return values[index].first <= launch && launch <= values[index].last
    }.sorted { (values[$1].byteCount, $0) < (values[$0].byteCount, $1) }
  }

  package init(_ compiled: ProgramCompiler.Compiled) {
    let plan = compiled.plan
    name = plan.name
    arenaBytes = plan.arenaBytes
    unsharedBytes = plan.unsharedBytes
    scratchBytes = plan.scratchBytes
    stateBytes = plan.states.reduce(0) { $0 + $1.type.byteCount }
    inputBytes = plan.inputs.reduce(0) { $0 + $1.type.byteCount }
    preparationCount = plan.preparationCount
    compilation = compiled.report
    target = plan.target
    values = Self.values(of: plan)
    launches = Self.launches(of: plan, values)
    addTemporaries(plan)
    var live = [Int](repeating: 0, count: plan.launches.count + 1)
    for value in values {
      guard case .arena = value.place, !plan.launches.isEmpty else { continue }
      live[value.first] += value.byteCount
      live[value.last + 1] -= value.byteCount
    }
    var sum = 0
    liveBytes = live.dropLast().map { change in
      sum += change
      return sum
    }
  }

  private mutating func addTemporaries(_ plan: ExecutionPlan) {
    for (index, launch) in plan.launches.enumerated() {
      let kernel = plan.kernels[launch.kernel]
      let call = plan.call(of: index)
      func add(_ bytes: Int, at offset: Int, _ name: String) {
        guard bytes > 0 else { return }
        values.append(
          Value(
            role: .temporary, place: .arena(offset: offset), name: name, type: nil, byteCount: bytes,
            maker: index, first: call.lowerBound, last: call.upperBound - 1, readers: [index], keptAs: []))
      }
      add(kernel.temporaryBytes, at: launch.temporaryOffset, "shared by the tasks of launch \(index)")
      let isFirst = plan.launches[call.lowerBound..<index].allSatisfy {
        $0.commonOffset != launch.commonOffset
      }
      if isFirst {
        add(kernel.commonBytes, at: launch.commonOffset, "made of the weights by launch \(index)")
      }
    }
  }
}
