/// The weights of a PyTorch checkpoint under the names that models here know.
public struct ImportedWeights {
  public private(set) var tensors: [String: HostTensor] = [:]
  /// What a user should know, a sentence each.
  public private(set) var remarks: [String] = []

  /// Where training scripts put the state dict, MoCo's and MCL's first.
  private static let usualKeys = ["state_dict", "model", "model_state_dict", "net", "weights"]

  /// - Parameters:
  ///   - key: the root's key that holds the state dict; nil for the usual ones, or the root itself.
  ///   - inflate: the conversion of a two-dimensional network; nil to take the tensors as they are.
  /// - Throws: `TensorFileError` where the file holds no such state dict, or is damaged.
  public init(_ checkpoint: TorchCheckpoint, key: String? = nil, inflate: Inflation.Variant? = nil) throws {
    let path = checkpoint.path
    let keys: [String?] = key.map { [$0] } ?? Self.usualKeys.filter(checkpoint.keys.contains) + [nil]
    guard
      let (chosen, dictionary) = keys.lazy.compactMap({ key in
        checkpoint.stateDict(under: key).map { (key, $0) }
      }).first
    else {
      let known = checkpoint.keys.prefix(12).map(TensorFileError.quoted).joined(separator: ", ")
      throw TensorFileError(
        "\(path): there is no state dict \(key.map { "under \(TensorFileError.quoted($0))" } ?? "in it"); "
          + (known.isEmpty ? "save one with torch.save" : "its keys are \(known): choose one with --key"))
    }
    if let inflate {
      let inflated = try Inflation(dictionary.names, variant: inflate, path: path) {
        try checkpoint.tensor($0, in: dictionary)
      }
      (tensors, remarks) = (inflated.tensors, inflated.remarks)
      return
    }
    try add(checkpoint, dictionary, prefix: "")
    // What MCL's own training script keeps beside the model: the momentum encoder and the queue.
    guard chosen == "model", key == nil else { return }
    if let momentum = checkpoint.stateDict(under: "model_ema") {
      try add(checkpoint, momentum, prefix: "k.")
      remarks.append("\(momentum.names.count) tensors of 'model_ema' are the momentum encoder's, 'k.'")
    }
    if let contrast = checkpoint.stateDict(under: "contrast"), contrast["memory"] != nil {
      tensors["queue"] = try checkpoint.tensor("memory", in: contrast)
      remarks.append("'contrast.memory' is the queue; its cursor was never kept")
    }
  }

  /// Adds a state dict's tensors; `module.`, which `DistributedDataParallel` puts before each name, is taken off.
  private mutating func add(
    _ checkpoint: TorchCheckpoint, _ dictionary: TorchCheckpoint.StateDict, prefix: String
  ) throws {
    let isParallel = dictionary.names.allSatisfy { $0.hasPrefix("module.") }
    for name in dictionary.names {
      let target = prefix + (isParallel ? String(name.dropFirst("module.".count)) : name)
      guard target != "__metadata__" else { continue }
      tensors[target] = try checkpoint.tensor(name, in: dictionary)
    }
    if isParallel, prefix.isEmpty { remarks.append("'module.' is taken off the names") }
  }
}
