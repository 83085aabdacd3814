#if canImport(Glibc)
  import Glibc
#endif

/// A zeroed block of memory on its own pages, released with the object. Every offset used in it is checked against
/// `byteCount` when a program is bound.
package final class MemoryRegion: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  package let byteCount: Int

  /// - Throws: `ExecutionError` when the system gives no such amount.
  package init(byteCount: Int, purpose: String) throws {
    let size = max(byteCount, 1)
    guard let base = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      base != MAP_FAILED
    else {
      throw ExecutionError(
        "the \(purpose) needs \(byteCount >> 20) MiB, which the system does not give; use a smaller batch or size"
      )
    }
    // Huge pages spare TLB misses where the system has them; without them nothing changes but speed.
    madvise(base, size, MADV_HUGEPAGE)
    self.base = base
    self.byteCount = size
  }

  deinit { munmap(base, byteCount) }
}
