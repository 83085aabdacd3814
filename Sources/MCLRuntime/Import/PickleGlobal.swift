/// The classes and functions that a checkpoint may name. None is called: each stands for something that the reader
/// builds by itself, and every other name is refused.
enum PickleGlobal: Equatable {
  /// `dict`-like classes; what is pickled besides their pairs is dropped.
  case dictionary
  /// `argparse.Namespace`: options by name, as training scripts keep them in checkpoints.
  case namespace
  case set
  /// `torch.Size`: a tuple.
  case size
  case storage(SafeTensors.Element)
  case rebuildTensor
  case rebuildParameter

  private static let known: [String: PickleGlobal] = [
    "collections.OrderedDict": .dictionary, "collections.Counter": .dictionary,
    "argparse.Namespace": .namespace, "builtins.set": .set, "__builtin__.set": .set,
    "builtins.frozenset": .set, "torch.Size": .size,
    "torch._utils._rebuild_tensor": .rebuildTensor, "torch._utils._rebuild_tensor_v2": .rebuildTensor,
    "torch._utils._rebuild_parameter": .rebuildParameter,
    "torch.DoubleStorage": .storage(.float64), "torch.FloatStorage": .storage(.float32),
    "torch.HalfStorage": .storage(.float16), "torch.BFloat16Storage": .storage(.bfloat16),
    "torch.LongStorage": .storage(.int64), "torch.IntStorage": .storage(.int32),
    "torch.ShortStorage": .storage(.int16), "torch.CharStorage": .storage(.int8),
    "torch.ByteStorage": .storage(.uint8), "torch.BoolStorage": .storage(.bool),
  ]

  init?(module: String, name: String) {
    guard let global = Self.known["\(module).\(name)"] else { return nil }
    self = global
  }
}
