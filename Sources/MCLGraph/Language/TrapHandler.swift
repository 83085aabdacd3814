#if canImport(Glibc)
  import Glibc
#endif

/// Tells of a signal that is about to end a model's process, with the calls under way: `ModelReport`'s line `trap`.
///
/// A signal may come at any moment, so the handler allocates nothing, takes no lock, and touches nothing that is
/// made on first use. All it needs is made by `install`.
enum TrapHandler {
  private struct State {
    let process: ModelProcess
    let frames: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    let text: UnsafeMutablePointer<UInt8>
    let action: sigaction
  }

  /// Bound: 24 bytes a call and 64 for the rest of the line.
  private static let textSize = 24 * ModelProcess.mostCalls + 64

  /// Written once, before the model's code and the first signal.
  nonisolated(unsafe) private static var state: State?

  static func install(_ process: ModelProcess) {
    let frames = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: ModelProcess.mostCalls)
    frames.initialize(repeating: nil, count: ModelProcess.mostCalls)
    let text = UnsafeMutablePointer<UInt8>.allocate(capacity: textSize)
    text.initialize(repeating: 0, count: textSize)
    // The first call loads the unwinder, which a handler must not.
    _ = process.backtrace(frames, Int32(ModelProcess.mostCalls))
    // Endless recursion leaves no room on the stack it filled.
    var stack = stack_t()
    stack.ss_size = 1 << 18
    stack.ss_sp = UnsafeMutableRawPointer.allocate(byteCount: stack.ss_size, alignment: 16)
    sigaltstack(&stack, nil)

    var action = sigaction()
    action.__sigaction_handler.sa_sigaction = { signal, information, context in
      TrapHandler.handle(signal, information, context)
    }
    action.sa_flags = SA_SIGINFO | Int32(bitPattern: UInt32(SA_ONSTACK) | UInt32(SA_RESETHAND))
    state = State(process: process, frames: frames, text: text, action: action)
    for signal in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE] { sigaction(signal, &action, nil) }
  }

  private static func handle(
    _ signal: Int32, _ information: UnsafeMutablePointer<siginfo_t>?, _ context: UnsafeMutableRawPointer?
  ) {
    guard let state else { return }
    let code = state.process.code
    let interrupted = interruptedAddress(context)
    let count = Int(state.process.backtrace(state.frames, Int32(ModelProcess.mostCalls)))
    var length = 0
    func put(_ byte: UInt8) {
      guard length < textSize else { return }
      state.text[length] = byte
      length += 1
    }
    func put(_ word: StaticString) {
      for index in 0..<word.utf8CodeUnitCount { put(word.utf8Start[index]) }
    }
    func put(hexadecimal value: UInt) {
      var shift = 60
      while shift > 0, value >> UInt(shift) == 0 { shift -= 4 }
      while shift >= 0 {
        let digit = UInt8(truncatingIfNeeded: value >> UInt(shift)) & 15
        put(digit < 10 ? 48 + digit : 87 + digit)
        shift -= 4
      }
    }
    put("trap\t")
    if signal >= 10 { put(48 + UInt8(truncatingIfNeeded: signal / 10)) }
    put(48 + UInt8(truncatingIfNeeded: signal % 10))
    put("\t")
    var index = 0
    while index < count {
      let frame = UInt(bitPattern: state.frames[index])
      // The interrupted instruction itself, but the instruction before a return address.
      let address = frame == interrupted ? frame : frame &- 1
      if code.lowerBound <= address, address < code.upperBound {
        put(hexadecimal: address &- code.lowerBound)
        put(" ")
      }
      index += 1
    }
    put("\n")
    _ = write(state.process.report, state.text, length)
    // Whoever asks from outside where the process is may meet an instruction from which callers cannot be found, as at
    // the beginning of a function. So it asks more than once, and ends the process by itself.
    if signal == SIGABRT, information?.pointee.si_code == 0 {
      var action = state.action
      sigaction(signal, &action, nil)
      return
    }
    // The signal's default action is restored: it ends the process as if nobody had listened.
    raise(signal)
  }

  /// The address of the instruction that the signal interrupted, where this machine's form of it is known.
  private static func interruptedAddress(_ context: UnsafeMutableRawPointer?) -> UInt? {
    guard let context else { return nil }
    let machine = context.assumingMemoryBound(to: ucontext_t.self)
    #if arch(x86_64)
      // REG_RIP
      return UInt(bitPattern: Int(machine.pointee.uc_mcontext.gregs.16))
    #elseif arch(arm64)
      return UInt(machine.pointee.uc_mcontext.pc)
    #else
      _ = machine
      return nil
    #endif
  }
}
