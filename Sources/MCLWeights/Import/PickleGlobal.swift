/// The classes and functions that are known. None is called: each stands for something that the reader builds by
/// itself. What any other would make is passed over, and refused where it is asked for.
enum PickleGlobal: Equatable {
  /// `dict`-like classes; what is pickled besides their pairs is dropped.
  case dictionary
  /// `argparse.Namespace`: options by name, as training scripts keep them in checkpoints.
  case namespace
  case set
  /// `torch.Size`: a tuple.
  case size
  case storage(TorchType)
  /// The type of a tensor in an untyped storage.
  case type(TorchType)
  case rebuildTensor
  /// The same with the tensor's type as its seventh argument.
  case rebuildTypedTensor
  case rebuildParameter

  private static let known: [String: PickleGlobal] = {
    var known: [String: PickleGlobal] = [
      "collections.OrderedDict": .dictionary, "collections.Counter": .dictionary,
      "collections.defaultdict": .dictionary, "argparse.Namespace": .namespace, "torch.Size": .size,
      "torch._utils._rebuild_tensor": .rebuildTensor, "torch._utils._rebuild_tensor_v2": .rebuildTensor,
      "torch._utils._rebuild_tensor_v3": .rebuildTypedTensor,
      "torch._utils._rebuild_parameter": .rebuildParameter,
      "torch._utils._rebuild_parameter_with_state": .rebuildParameter,
      "torch.storage.UntypedStorage": .storage(.untyped), "torch.UntypedStorage": .storage(.untyped),
    ]
    // Protocol 2 names built-in classes as Python 2 did.
    for module in ["builtins", "__builtin__"] {
      known["\(module).set"] = .set
      known["\(module).frozenset"] = .set
      known["\(module).dict"] = .dictionary
    }
    let elements: [(storage: String, types: [String], SafeTensors.Element)] = [
      ("Double", ["float64", "double"], .float64), ("Float", ["float32", "float"], .float32),
      ("Half", ["float16", "half"], .float16), ("BFloat16", ["bfloat16"], .bfloat16),
      ("Long", ["int64", "long"], .int64), ("Int", ["int32", "int"], .int32),
      ("Short", ["int16", "short"], .int16), ("Char", ["int8"], .int8), ("Byte", ["uint8"], .uint8),
      ("Bool", ["bool"], .bool), ("UInt16", ["uint16"], .uint16), ("UInt32", ["uint32"], .uint32),
    ]
    for (storage, types, element) in elements {
      known["torch.\(storage)Storage"] = .storage(.known(element))
      for type in types { known["torch.\(type)"] = .type(.known(element)) }
    }
    // Their sizes are needed to find what follows them.
    for (storage, type, size) in [
      ("ComplexDouble", "complex128", 16), ("ComplexFloat", "complex64", 8), ("QInt32", "qint32", 4),
      ("QInt8", "qint8", 1), ("QUInt8", "quint8", 1), ("QUInt4x2", "quint4x2", 1),
      ("QUInt2x4", "quint2x4", 1),
    ] {
      let other = TorchType.other("'torch.\(type)'", byteCount: size)
      (known["torch.\(storage)Storage"], known["torch.\(type)"]) = (.storage(other), .type(other))
    }
    for (type, size) in [
      ("uint64", 8), ("complex32", 4), ("float8_e5m2", 1), ("float8_e4m3fn", 1), ("float8_e5m2fnuz", 1),
      ("float8_e4m3fnuz", 1), ("float8_e8m0fnu", 1), ("float4_e2m1fn_x2", 1), ("bits8", 1), ("bits16", 2),
      ("bits1x8", 1), ("bits2x4", 1), ("bits4x2", 1),
    ] { known["torch.\(type)"] = .type(.other("'torch.\(type)'", byteCount: size)) }
    return known
  }()

  init?(module: String, name: String) {
    guard let global = Self.known["\(module).\(name)"] else { return nil }
    self = global
  }
}
