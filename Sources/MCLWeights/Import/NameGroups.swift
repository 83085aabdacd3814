import MCLSupport

/// Names by what they begin with, for messages about hundreds of them.
package struct NameGroups: Sendable {
  package struct Group: Sendable, Equatable {
    package var name: String
    package var members: [String]
  }

  package private(set) var groups: [Group] = []

  /// - Parameter prefix: a beginning that tells nothing: groups are named one part beyond what a name shares with it.
  package init(_ names: some Sequence<String>, beyond prefix: String = "") {
    let shared = prefix.split(separator: ".", omittingEmptySubsequences: false).dropLast()
    var places = NamedValues<Int>()
    for name in names {
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      let common = zip(parts, shared).prefix { $0 == $1 }.count
      let group = parts.prefix(common + 1).joined(separator: ".")
      if let place = places[group] {
        groups[place].members.append(name)
      } else {
        places.updateValue(groups.count, forKey: group)
        groups.append(Group(name: group, members: [name]))
      }
    }
  }

  /// Each group with its count and an example, no more than ten.
  package var description: String {
    let texts = groups.prefix(10).map { group in
      let example = TensorFileError.quoted(group.members[0])
      guard group.members.count > 1 else { return example }
      let name = TensorFileError.quoted(group.name)
      return "\(name) (\(group.members.count) tensors, such as \(example))"
    }
    let more = groups.count > 10 ? " and \(groups.count - 10) more groups" : ""
    return texts.joined(separator: ", ") + more
  }
}
