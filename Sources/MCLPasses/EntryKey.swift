import MCLGraph

/// What two entries of a graph have in common that compute the same: the operation with its properties, and the operands.
///
/// Its hash is of all of it, and made once: formulas are large, and many entries differ in nothing else.
package struct EntryKey: Hashable {
  private let name: String
  /// A computation's formula and shape; its attributes are the formula as text, which is long and tells no more.
  private let compute: Compute?
  private let attributes: [(String, Attribute)]
  private let operands: [Int]
  /// Equal keys have equal ones.
  var fingerprint: Int { hash }
  private let hash: Int

  package init(_ operation: any Operation, _ operands: [Int]) {
    name = operation.name
    compute = operation as? Compute
    attributes = compute == nil ? operation.attributes : []
    self.operands = operands
    var hasher = Hasher()
    hasher.combine(name)
    hasher.combine(operands)
    for (key, value) in attributes {
      hasher.combine(key)
      hasher.combine(value)
    }
    hasher.combine(compute?.shape)
    hasher.combine(compute?.comprehension)
    hash = hasher.finalize()
  }

  package static func == (a: EntryKey, b: EntryKey) -> Bool {
    a.hash == b.hash && a.operands == b.operands && a.name == b.name
      && a.compute?.shape == b.compute?.shape && a.compute?.comprehension == b.compute?.comprehension
      && a.attributes.elementsEqual(b.attributes) { $0.0 == $1.0 && $0.1 == $1.1 }
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
