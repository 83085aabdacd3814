import MCLGraph

/// What two entries of a graph have in common that compute the same: the operation with its properties, and the operands.
///
/// Its hash is of all of it, and made once: formulas are large, and many entries differ in nothing else.
package struct EntryKey: Hashable {
  private let name: String
  private let attributes: [String]
  private let values: [Attribute]
  private let comprehension: Comprehension?
  private let operands: [Int]
  private let hash: Int

  package init(_ operation: any Operation, _ operands: [Int]) {
    let compute = operation as? Compute
    // A computation's attributes are its formula as text, which is long; the formula itself tells as much.
    let named = compute.map { [("shape", .integers($0.shape))] } ?? operation.attributes
    name = operation.name
    attributes = named.map(\.0)
    values = named.map(\.1)
    comprehension = compute?.comprehension
    self.operands = operands
    var hasher = Hasher()
    hasher.combine(name)
    hasher.combine(operands)
    hasher.combine(attributes)
    hasher.combine(values)
    hasher.combine(comprehension)
    hash = hasher.finalize()
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
