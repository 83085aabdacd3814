#if canImport(Glibc)
  import Glibc
#endif
import Synchronization

/// The process that a compiled model file runs in: where its executable was loaded, and whom mistakes are told.
///
/// Only such a process records calls. Elsewhere, as in programs that use this library, nothing here does anything.
struct ModelProcess: Sendable {
  /// Return addresses, innermost first; safe in a signal handler once it was called.
  typealias Backtrace =
    @convention(c) @Sendable (UnsafeMutablePointer<UnsafeMutableRawPointer?>, Int32) -> Int32

  /// Deeper calls than these are cut off at the outer end.
  static let mostCalls = 256
  /// A model that makes one mistake in a long loop must not fill memory with calls.
  private static let mostNoted = 256

  /// Where the executable's code stands in memory; its first address is what symbols are counted from.
  let code: Range<UInt>
  let backtrace: Backtrace
  let report: Int32
  private var noted = 0

  private static let current = Mutex<ModelProcess?>(nil)

  /// Finds this process's executable; nil where the C library does not tell of it or of calls.
  private init?(report: Int32) {
    // Neither function is in Swift's view of the C library.
    guard let backtrace = dlsym(nil, "backtrace"), let auxiliary = dlsym(nil, "getauxval") else { return nil }
    self.backtrace = unsafeBitCast(backtrace, to: Backtrace.self)
    let value = unsafeBitCast(auxiliary, to: (@convention(c) (UInt) -> UInt).self)
    guard let code = Self.code(headers: value(3), size: value(4), count: value(5)) else { return nil }
    self.code = code
    self.report = report
  }

  /// The executable's place by its program headers, as the kernel gave it to the process (AT_PHDR, AT_PHENT,
  /// AT_PHNUM): 64-bit ELF, whose header has its kind at 0, its address at 16 and its size in memory at 40.
  private static func code(headers: UInt, size: UInt, count: UInt) -> Range<UInt>? {
    guard let first = UnsafeRawPointer(bitPattern: headers), size >= 56, count < 1 << 16 else { return nil }
    var base: UInt?
    var end: UInt = 0
    for index in 0..<Int(count) {
      let header = first + index * Int(size)
      let address = header.load(fromByteOffset: 16, as: UInt.self)
      switch header.load(as: UInt32.self) {
      case 1: end = max(end, address &+ header.load(fromByteOffset: 40, as: UInt.self))
      case 6: base = headers &- address
      default: break
      }
    }
    guard let base, end > 0, base &+ end > base else { return nil }
    return base..<base &+ end
  }

  /// Makes this process one that records calls and tells of mistakes and traps through the file descriptor `report`.
  static func start(report: Int32) {
    guard let process = ModelProcess(report: report) else { return }
    current.withLock { $0 = process }
    TrapHandler.install(process)
  }

  /// The calls under way, without those outside the model's executable; nil where none are recorded.
  @inline(never) static func calls() -> CallStack? {
    guard let process = current.withLock({ $0 }), process.noted < mostNoted else { return nil }
    let addresses = withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: mostCalls) {
      frames -> [UInt] in
      guard let start = frames.baseAddress else { return [] }
      frames.initialize(repeating: nil)
      let count = Int(process.backtrace(start, Int32(mostCalls)))
      // A return address is that of the instruction after the call.
      return frames.prefix(max(count, 0)).map { UInt(bitPattern: $0) &- 1 }
    }
    return CallStack(addresses.filter(process.code.contains).map { $0 - process.code.lowerBound })
  }

  /// Tells of a mistake at once: what is made of it may trap before all mistakes are thrown.
  static func note(_ diagnostic: Diagnostic) {
    let report: Int32? = current.withLock { process in
      guard let known = process, known.noted < mostNoted else { return nil }
      process?.noted += 1
      return known.report
    }
    if let report { tell(ModelReport.line("noted", diagnostic), report) }
  }

  /// Writes all of `text`; false when that fails.
  @discardableResult static func tell(_ text: String, _ descriptor: Int32) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while let start = rest.baseAddress, !rest.isEmpty {
        let written = write(descriptor, start, rest.count)
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { return false }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
      }
      return true
    }
  }
}
