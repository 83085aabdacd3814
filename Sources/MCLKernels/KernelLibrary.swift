import LLVMBindings
import Synchronization

/// A phase of a kernel as a C function: arguments, task, scratch; see `KernelCompiler` for what they are.
package typealias KernelEntry =
  @convention(c) (
    UnsafePointer<UnsafeMutableRawPointer?>, Int64, UnsafeMutableRawPointer?
  ) -> Void

/// Kernels linked into this process; the code lives as long as the library.
package final class KernelLibrary: Sendable {
  private struct State: ~Copyable {
    var linker: ObjectLinker
    var names: Set<String> = []
    var addresses: [String: UInt] = [:]
  }

  private let state: Mutex<State>

  /// - Throws: `LLVMError` when an object cannot be linked.
  package init(_ objects: [KernelObject] = []) throws {
    state = Mutex(State(linker: try ObjectLinker()))
    try add(objects)
  }

  /// Links more objects; those whose name is known already are skipped.
  package func add(_ objects: [KernelObject]) throws {
    try state.withLock { state in
      for object in objects where state.names.insert(object.name).inserted {
        try state.linker.add(object.bytes, name: object.name)
      }
    }
  }

  /// The function of a symbol.
  ///
  /// - Throws: `LLVMError` when no object has it.
  package func function(_ symbol: String) throws -> KernelEntry {
    let address = try state.withLock { state in
      if let known = state.addresses[symbol] { return known }
      let address = try state.linker.address(of: symbol)
      state.addresses[symbol] = address
      return address
    }
    // The address is that of a function emitted with exactly this signature.
    return unsafeBitCast(address, to: KernelEntry.self)
  }
}
