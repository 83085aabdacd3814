import MCLGraph

extension Graph {
  /// The entry that stores a value: a reshape's operand, all others themselves.
  package func storage(of entry: Int) -> Int {
    var entry = entry
    while entries[entry].operation is Reshape { entry = entries[entry].operands[0] }
    return entry
  }
}
