import Foundation
import MCLGraph

/// How a model's states are called in PyTorch's state dicts.
///
/// Where states start as copies of others, as a momentum encoder's do, both have a part in front of their names that
/// tells them apart, such as `q.` and `k.`; the rest of the name is PyTorch's. Other models use PyTorch's names as they
/// are.
package struct WeightNames: Sendable, Equatable {
  /// What stands before the names of the states that are copied: `q.`; empty where none are.
  package let original: String
  /// What stands before the copies' names; nil where there are none.
  package let copy: String?

  /// - Parameter states: of all programs of the model.
  package init(_ states: some Sequence<Graph.State>) {
    for state in states {
      guard case .copy(let origin) = state.initializer, let (own, rest) = Self.parts(state.name),
        let (other, same) = Self.parts(origin), rest == same
      else { continue }
      (original, copy) = (other + ".", own + ".")
      return
    }
    (original, copy) = ("", nil)
  }

  private static func parts(_ name: String) -> (first: Substring, rest: Substring)? {
    name.firstIndex(of: ".").map { (name[..<$0], name[name.index(after: $0)...]) }
  }

  /// PyTorch's name of a state of the network that is trained; nil for other states.
  package func exported(_ state: String) -> String? {
    state.hasPrefix(original) ? String(state.dropFirst(original.count)) : nil
  }

  /// PyTorch's name of a state of the copy; nil for other states.
  package func exportedCopy(_ state: String) -> String? {
    copy.flatMap { state.hasPrefix($0) ? String(state.dropFirst($0.count)) : nil }
  }

  /// The state that a tensor's name means: a state's own name, or PyTorch's.
  package func states(_ tensor: String) -> [String] {
    original.isEmpty ? [tensor] : [tensor, original + tensor]
  }

  // MARK: In files

  private static let key = "copied states"

  /// For the metadata of a file.
  var metadata: [String: String] { copy.map { [Self.key: "\(original) \($0)"] } ?? [:] }

  /// What a file's metadata say.
  init(metadata: [String: String]) {
    let parts = metadata[Self.key]?.split(separator: " ").map(String.init) ?? []
    (original, copy) = parts.count == 2 ? (parts[0], parts[1]) : ("", nil)
  }
}
