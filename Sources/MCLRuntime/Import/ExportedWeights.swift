/// The weights of a checkpoint under PyTorch's names.
public enum ExportedWeights {
  public enum Encoder: String, Sendable, CaseIterable { case query, key }

  /// - Parameter tensors: states by name.
  /// - Throws: `UsageError` where there are none.
  public static func tensors(
    of tensors: [String: HostTensor], encoder: Encoder = .query, path: String
  ) throws -> [String: HostTensor] {
    let names = WeightNames(tensors.keys)
    var result: [String: HostTensor] = [:]
    for (state, tensor) in tensors {
      guard let name = encoder == .query ? names.exported(state) : names.exportedKey(state) else { continue }
      result[name] = tensor
    }
    guard !result.isEmpty else {
      throw UsageError(
        "\(path): it holds no weights of the \(encoder) encoder; give a checkpoint of 'mclc train'")
    }
    return result
  }

  /// The states of a run's latest whole checkpoint, or of one checkpoint file.
  /// - Throws: `UsageError` where there is none, `TensorFileError` where it is damaged.
  public static func states(at path: String, isFolder: Bool, report: (String) -> Void) throws -> (
    tensors: [String: HostTensor], metadata: [String: String]
  ) {
    guard isFolder else {
      let file = try SafeTensors(path: path)
      var tensors: [String: HostTensor] = [:]
      for name in file.names { tensors[name] = try file.tensor(name) }
      return (tensors, file.metadata)
    }
    guard let checkpoint = try Checkpoint.latest(in: path, report: report) else {
      throw UsageError("\(path): it holds no checkpoint; name the folder of a run, or a checkpoint file")
    }
    return (
      checkpoint.tensors, checkpoint.metadata.merging(["step": String(checkpoint.step)]) { first, _ in first }
    )
  }
}
