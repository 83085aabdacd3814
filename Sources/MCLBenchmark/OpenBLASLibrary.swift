import Foundation
import MCLKernels
import MCLSupport

/// OpenBLAS, when the machine has it: the measure of matrix products. Loaded while running, since nothing but the
/// benchmark needs it.
package final class OpenBLASLibrary {
  private typealias Product =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafeRawPointer?, Int32, UnsafeRawPointer?, Int32,
      Float,
      UnsafeMutableRawPointer?, Int32
    ) -> Void
  private let product: Product
  /// The name of the core whose kernels it uses.
  package let core: String

  /// nil where the library is not installed.
  package init?(threads: Int) {
    // Its threads spin for long after a product, unless told not to; what is measured next would suffer.
    setenv("OPENBLAS_THREAD_TIMEOUT", "4", 0)
    guard let handle = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL),
      let product = dlsym(handle, "cblas_sgemm"), let setThreads = dlsym(handle, "openblas_set_num_threads"),
      let coreName = dlsym(handle, "openblas_get_corename")
    else { return nil }
    // The signatures are those of cblas.h.
    self.product = unsafeBitCast(product, to: Product.self)
    unsafeBitCast(setThreads, to: (@convention(c) (Int32) -> Void).self)(Int32(threads))
    let name = unsafeBitCast(coreName, to: (@convention(c) () -> UnsafePointer<CChar>?).self)()
    core = name.map { String(cString: $0) } ?? "unknown"
  }

  /// A product of its own matrices: rows x depth by depth x columns, as often as `batch` says.
  package final class Trial {
    private let library: OpenBLASLibrary
    private let shape: ContractionShape
    private let a: MemoryRegion
    private let b: MemoryRegion
    private let c: MemoryRegion

    /// - Throws: `ExecutionError` where the matrices do not fit in memory.
    package init(_ shape: ContractionShape, library: OpenBLASLibrary) throws {
      self.library = library
      self.shape = shape
      func matrix(_ rows: Int, _ columns: Int) throws -> MemoryRegion {
        let count = rows * columns
        let region = try MemoryRegion(byteCount: 4 * count, purpose: "matrix")
        let floats = region.base.bindMemory(to: Float.self, capacity: count)
        // Bound: `count` floats; never all alike, never denormal.
        for index in 0..<count { floats[index] = Float((index &* 2_654_435_761) & 1023) / 1024 - 0.5 }
        return region
      }
      a = try matrix(shape.rows, shape.depth)
      b = try matrix(shape.depth, shape.columns)
      c = try matrix(shape.rows, shape.columns)
    }

    package func run() {
      let (rows, columns, depth) = (Int32(shape.rows), Int32(shape.columns), Int32(shape.depth))
      for _ in 0..<shape.batch {
        // Row-major (101), not transposed (111).
        library.product(
          101, 111, 111, rows, columns, depth, 1, a.base, depth, b.base, columns, 0, c.base, columns)
      }
    }

    /// Seconds a run, over as many runs as fill `seconds`; then a rest in which its threads go to sleep.
    package func secondsPerRun(filling seconds: Double, clock: BenchmarkClock = .elapsed) -> Double {
      let result = clock.secondsPerRun(filling: seconds, run)
      usleep(2000)
      return result
    }
  }
}
