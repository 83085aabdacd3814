import CLLVM

/// A module under construction: an LLVM context, a module in it and an instruction builder, disposed together.
///
/// Pointers are opaque bytes (`i8*`): addresses are computed in bytes and cast where they are read or written, so
/// that one source serves LLVM with typed pointers (14) and without (15 and later). No instruction carries
/// fast-math flags. Not thread-safe; builders in different threads are independent.
package final class ModuleBuilder {
  let context: LLVMContextRef
  let module: LLVMModuleRef
  let builder: LLVMBuilderRef
  private var entryBlock: LLVMBasicBlockRef?
  /// Constants that `place` has put into the module, so that equal ones are there once.
  var placedConstants: [LLVMValueRef: IRValue] = [:]
  private let diagnostics = DiagnosticLog()

  package init(name: String, target: TargetMachine) {
    context = LLVMContextCreate()
    diagnostics.attach(to: context)
    module = LLVMModuleCreateWithNameInContext(name, context)
    builder = LLVMCreateBuilderInContext(context)
    LLVMSetTarget(module, target.description.triple)
    let layout = LLVMCreateTargetDataLayout(target.machine)
    LLVMSetModuleDataLayout(module, layout)
    LLVMDisposeTargetData(layout)
  }

  deinit {
    LLVMDisposeBuilder(builder)
    LLVMDisposeModule(module)
    LLVMContextDispose(context)
  }

  // MARK: Types

  package var void: IRType { IRType(ref: LLVMVoidTypeInContext(context)) }
  package var i1: IRType { IRType(ref: LLVMInt1TypeInContext(context)) }
  package var i8: IRType { IRType(ref: LLVMInt8TypeInContext(context)) }
  package var i32: IRType { IRType(ref: LLVMInt32TypeInContext(context)) }
  package var i64: IRType { IRType(ref: LLVMInt64TypeInContext(context)) }
  package var f32: IRType { IRType(ref: LLVMFloatTypeInContext(context)) }
  package var f64: IRType { IRType(ref: LLVMDoubleTypeInContext(context)) }
  package var pointer: IRType { IRType(ref: LLVMPointerType(i8.ref, 0)) }

  /// `count` lanes of `element`; the element itself for one lane.
  package func vector(_ element: IRType, _ count: Int) -> IRType {
    count == 1 ? element : IRType(ref: LLVMVectorType(element.ref, UInt32(count)))
  }

  /// The number of lanes of a value: 1 for a scalar.
  package func lanes(_ value: IRValue) -> Int {
    let type = LLVMTypeOf(value.ref)
    return LLVMGetTypeKind(type) == LLVMVectorTypeKind ? Int(LLVMGetVectorSize(type)) : 1
  }

  /// The type of one lane.
  package func elementType(_ type: IRType) -> IRType {
    LLVMGetTypeKind(type.ref) == LLVMVectorTypeKind ? IRType(ref: LLVMGetElementType(type.ref)) : type
  }

  // MARK: Constants

  package func constant(_ value: Int, _ type: IRType) -> IRValue {
    let element = elementType(type)
    let scalar = IRValue(ref: LLVMConstInt(element.ref, UInt64(bitPattern: Int64(value)), 1))
    return element == type ? scalar : splatConstant(scalar, type)
  }
  package func constant(_ value: Int) -> IRValue { constant(value, i64) }

  package func constant(_ value: Double, _ type: IRType) -> IRValue {
    let element = elementType(type)
    let scalar = IRValue(ref: LLVMConstReal(element.ref, value))
    return element == type ? scalar : splatConstant(scalar, type)
  }

  private func splatConstant(_ scalar: IRValue, _ type: IRType) -> IRValue {
    constantVector([IRValue](repeating: scalar, count: Int(LLVMGetVectorSize(type.ref))))
  }

  /// The number a value is known to be while it is built, if it is an integer constant.
  package func knownInteger(_ value: IRValue) -> Int? {
    LLVMIsAConstantInt(value.ref) == nil ? nil : Int(LLVMConstIntGetSExtValue(value.ref))
  }

  package func constantVector(_ values: [IRValue]) -> IRValue {
    var refs: [LLVMValueRef?] = values.map(\.ref)
    return IRValue(ref: LLVMConstVector(&refs, UInt32(refs.count)))
  }

  /// The vector (0, 1, 2, …), or 0 for one lane.
  package func laneNumbers(_ element: IRType, _ count: Int) -> IRValue {
    count == 1 ? constant(0, element) : constantVector((0..<count).map { constant($0, element) })
  }

  package func zero(_ type: IRType) -> IRValue { IRValue(ref: LLVMConstNull(type.ref)) }
  package func undefined(_ type: IRType) -> IRValue { IRValue(ref: LLVMGetUndef(type.ref)) }

  // MARK: Functions and blocks

  /// Starts a function at whose entry block the builder then stands.
  ///
  /// Internal functions are private to the module; the others are its symbols.
  package func beginFunction(
    _ name: String, parameters: [IRType], returns: IRType? = nil, isInternal: Bool = false
  ) -> IRFunction {
    var types: [LLVMTypeRef?] = parameters.map(\.ref)
    let type: LLVMTypeRef = LLVMFunctionType((returns ?? void).ref, &types, UInt32(types.count), 0)
    let function: LLVMValueRef = LLVMAddFunction(module, name, type)
    if isInternal { LLVMSetLinkage(function, LLVMInternalLinkage) }
    for attribute in ["nounwind"] {
      let kind = LLVMGetEnumAttributeKindForName(attribute, attribute.utf8.count)
      LLVMAddAttributeAtIndex(
        function, UInt32(bitPattern: Int32(-1)), LLVMCreateEnumAttribute(context, kind, 0))
    }
    entryBlock = LLVMAppendBasicBlockInContext(context, function, "entry")
    LLVMPositionBuilderAtEnd(builder, entryBlock)
    return IRFunction(
      value: IRValue(ref: function), type: IRType(ref: type),
      parameters: (0..<types.count).map { IRValue(ref: LLVMGetParam(function, UInt32($0))) })
  }

  package func endFunction() { LLVMBuildRetVoid(builder) }

  package var currentBlock: IRBlock { IRBlock(ref: LLVMGetInsertBlock(builder)) }

  package func block(_ name: String) -> IRBlock {
    let function = LLVMGetBasicBlockParent(LLVMGetInsertBlock(builder))
    return IRBlock(ref: LLVMAppendBasicBlockInContext(context, function, name))
  }

  package func position(at block: IRBlock) { LLVMPositionBuilderAtEnd(builder, block.ref) }
  package func branch(_ block: IRBlock) { LLVMBuildBr(builder, block.ref) }
  package func branch(if condition: IRValue, _ yes: IRBlock, else no: IRBlock) {
    LLVMBuildCondBr(builder, condition.ref, yes.ref, no.ref)
  }

  package func phi(_ type: IRType) -> IRValue { IRValue(ref: LLVMBuildPhi(builder, type.ref, "")) }

  package func addIncoming(_ phi: IRValue, _ value: IRValue, from block: IRBlock) {
    var values: [LLVMValueRef?] = [value.ref]
    var blocks: [LLVMBasicBlockRef?] = [block.ref]
    LLVMAddIncoming(phi.ref, &values, &blocks, 1)
  }

  // MARK: Instructions

  package func build(_ instruction: BinaryInstruction, _ a: IRValue, _ b: IRValue) -> IRValue {
    IRValue(ref: LLVMBuildBinOp(builder, instruction.opcode, a.ref, b.ref, ""))
  }

  package func cast(_ instruction: CastInstruction, _ value: IRValue, to type: IRType) -> IRValue {
    value.type == type
      ? value : IRValue(ref: LLVMBuildCast(builder, instruction.opcode, value.ref, type.ref, ""))
  }

  package func compare(_ predicate: IntegerPredicate, _ a: IRValue, _ b: IRValue) -> IRValue {
    IRValue(ref: LLVMBuildICmp(builder, predicate.code, a.ref, b.ref, ""))
  }

  package func compare(_ predicate: FloatPredicate, _ a: IRValue, _ b: IRValue) -> IRValue {
    IRValue(ref: LLVMBuildFCmp(builder, predicate.code, a.ref, b.ref, ""))
  }

  package func select(_ condition: IRValue, _ yes: IRValue, _ no: IRValue) -> IRValue {
    IRValue(ref: LLVMBuildSelect(builder, condition.ref, yes.ref, no.ref, ""))
  }

  package func negateFloat(_ value: IRValue) -> IRValue {
    IRValue(ref: LLVMBuildFNeg(builder, value.ref, ""))
  }

  package func extract(_ vector: IRValue, _ lane: Int) -> IRValue {
    lanes(vector) == 1
      ? vector : IRValue(ref: LLVMBuildExtractElement(builder, vector.ref, constant(lane, i32).ref, ""))
  }

  package func insert(_ value: IRValue, into vector: IRValue, _ lane: Int) -> IRValue {
    lanes(vector) == 1
      ? value
      : IRValue(ref: LLVMBuildInsertElement(builder, vector.ref, value.ref, constant(lane, i32).ref, ""))
  }

  /// The lanes `mask` of the two vectors laid one after the other.
  package func shuffle(_ a: IRValue, _ b: IRValue, _ mask: [Int]) -> IRValue {
    let lanes = constantVector(mask.map { constant($0, i32) })
    return IRValue(ref: LLVMBuildShuffleVector(builder, a.ref, b.ref, lanes.ref, ""))
  }

  /// The scalar in each of `count` lanes.
  package func splat(_ value: IRValue, _ count: Int) -> IRValue {
    if count == 1 { return value }
    let single = insert(value, into: undefined(vector(value.type, count)), 0)
    return shuffle(single, undefined(single.type), [Int](repeating: 0, count: count))
  }

  /// The address `bytes` after `base`.
  package func address(_ base: IRValue, _ bytes: IRValue) -> IRValue {
    var indices: [LLVMValueRef?] = [bytes.ref]
    return IRValue(ref: LLVMBuildGEP2(builder, i8.ref, base.ref, &indices, 1, ""))
  }

  private func typed(_ address: IRValue, _ type: IRType) -> LLVMValueRef {
    LLVMBuildBitCast(builder, address.ref, LLVMPointerType(type.ref, 0), "")
  }

  package func load(_ type: IRType, _ address: IRValue, alignment: Int) -> IRValue {
    let value: LLVMValueRef = LLVMBuildLoad2(builder, type.ref, typed(address, type), "")
    LLVMSetAlignment(value, UInt32(alignment))
    return IRValue(ref: value)
  }

  package func store(_ value: IRValue, _ address: IRValue, alignment: Int) {
    LLVMSetAlignment(
      LLVMBuildStore(builder, value.ref, typed(address, value.type)), UInt32(alignment))
  }

  /// A store past the caches, for what will not be read before they are full of something else: the line is not fetched
  /// first. Needs the vector's own alignment, and a fence before another thread may read it.
  package func storeStreaming(_ value: IRValue, _ address: IRValue, alignment: Int) {
    let store: LLVMValueRef = LLVMBuildStore(builder, value.ref, typed(address, value.type))
    LLVMSetAlignment(store, UInt32(alignment))
    let name = "nontemporal"
    var operand: LLVMMetadataRef? = LLVMValueAsMetadata(constant(1, i32).ref)
    let node = LLVMMDNodeInContext2(context, &operand, 1)
    LLVMSetMetadata(
      store, LLVMGetMDKindIDInContext(context, name, UInt32(name.utf8.count)),
      LLVMMetadataAsValue(context, node))
  }

  /// Everything stored before is seen by other threads before anything stored after.
  package func fence() {
    LLVMBuildFence(builder, LLVMAtomicOrderingSequentiallyConsistent, 0, "")
  }

  /// Lanes of memory where `mask` is set, `other` elsewhere; lanes not set are not touched.
  package func maskedLoad(
    _ type: IRType, _ address: IRValue, mask: IRValue, other: IRValue, alignment: Int
  ) -> IRValue {
    let pointer = IRValue(ref: typed(address, type))
    return callIntrinsic(
      "llvm.masked.load", overloads: [type, pointer.type],
      [pointer, constant(alignment, i32), mask, other])
  }

  /// The elements at `bytes` (a vector) from `base` where `mask` is set, `other` elsewhere; the rest is not touched.
  package func maskedGather(
    _ type: IRType, _ base: IRValue, _ bytes: IRValue, mask: IRValue, other: IRValue, alignment: Int
  ) -> IRValue {
    let pointers = address(base, bytes)
    let element = LLVMPointerType(elementType(type).ref, 0)
    let count = LLVMGetVectorSize(type.ref)
    let typed = IRValue(ref: LLVMBuildBitCast(builder, pointers.ref, LLVMVectorType(element, count), ""))
    return callIntrinsic(
      "llvm.masked.gather", overloads: [type, typed.type],
      [typed, constant(alignment, i32), mask, other])
  }

  package func callIntrinsic(_ name: String, overloads: [IRType], _ arguments: [IRValue]) -> IRValue {
    var types: [LLVMTypeRef?] = overloads.map(\.ref)
    let identifier = LLVMLookupIntrinsicID(name, name.utf8.count)
    let declaration = LLVMGetIntrinsicDeclaration(module, identifier, &types, types.count)
    let type = LLVMIntrinsicGetType(context, identifier, &types, types.count)
    var refs: [LLVMValueRef?] = arguments.map(\.ref)
    return IRValue(ref: LLVMBuildCall2(builder, type, declaration, &refs, UInt32(refs.count), ""))
  }

  package func call(_ function: IRFunction, _ arguments: [IRValue]) {
    var refs: [LLVMValueRef?] = arguments.map(\.ref)
    _ = LLVMBuildCall2(builder, function.type.ref, function.value.ref, &refs, UInt32(refs.count), "")
  }

  // MARK: The whole module

  /// Throws when the module is not well formed; always called before optimising.
  package func verify() throws {
    var message: UnsafeMutablePointer<CChar>?
    let broken = LLVMVerifyModule(module, LLVMReturnStatusAction, &message)
    defer { LLVMDisposeMessage(message) }
    guard broken == 0 else {
      throw LLVMError("the emitted module is not well formed: \(message.map { String(cString: $0) } ?? "")")
    }
  }

  /// - Throws: `LLVMError` where LLVM found a fault in the module while it worked on it.
  func expectNoDiagnostics() throws { if let error = diagnostics.error { throw error } }

  /// The module as text.
  package var text: String {
    guard let text = LLVMPrintModuleToString(module) else { return "" }
    defer { LLVMDisposeMessage(text) }
    return String(cString: text)
  }
}
