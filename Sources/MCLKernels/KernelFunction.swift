import LLVMBindings

/// Emits the frame of a kernel: `void symbol(void **arguments, int64_t task, void *scratch)`.
struct KernelFunction {
  let builder: ModuleBuilder
  let task: IRValue
  let scratch: IRValue
  private let arguments: IRValue

  init(_ symbol: String, builder: ModuleBuilder) {
    self.builder = builder
    let function = builder.beginFunction(symbol, parameters: [builder.pointer, builder.i64, builder.pointer])
    arguments = function.parameters[0]
    task = function.parameters[1]
    scratch = function.parameters[2]
  }

  /// The pointer in an argument slot: operands in order, then the output, then the temporary.
  func argument(_ slot: ArgumentSlot) -> IRValue {
    let address = builder.address(arguments, builder.constant(slot.position * 8))
    let base = builder.load(builder.pointer, address, alignment: 8)
    return slot.byteOffset == 0 ? base : builder.address(base, builder.constant(slot.byteOffset))
  }
}

/// Where a kernel finds a tensor: a position in its arguments and bytes from there.
struct ArgumentSlot: Hashable {
  var position: Int
  var byteOffset = 0
}
