import MCLGraph

/// A specification whose reads start at the beginning of their operands, and where these operands begin within the
/// original ones. Kernels that differ in constant offsets of what they read are one kernel then.
///
/// A read's smallest coordinates move into the place where its operand starts, if it never falls outside; the operand's
/// extents stay, so the shifted read ends no later than the original one. An operand read at several offsets becomes
/// several operands. Reads that are checked keep their offsets, since a check is against the whole operand.
package struct OperandOffsets {
  /// Where an operand of the kernel stands: in which operand of the original, and so many bytes from its start.
  package struct Place: Hashable {
    package var operand: Int
    package var byteOffset = 0
  }

  /// What the kernel computes of its own operands.
  package private(set) var specification: KernelSpecification
  /// One place for each operand of the kernel.
  package private(set) var places: [Place]

  /// Nothing moved.
  package init(keeping specification: KernelSpecification) {
    self.specification = specification
    places = specification.operandElements.indices.map { Place(operand: $0) }
  }

  /// Every constant offset moved that can be.
  package init(separating original: KernelSpecification) {
    self.init(keeping: original)
    guard case .comprehension(var comprehension) = original.form, original.operandMap == nil else { return }
    let elements = original.operandElements
    var readPlaces: [Place?] = []
    for number in comprehension.accesses.indices {
      let operand = comprehension.accesses[number].operand
      guard elements.indices.contains(operand) else {
        readPlaces.append(nil)
        continue
      }
      let moved = comprehension.accesses[number].moveToStart(axes: comprehension.axes)
      readPlaces.append(Place(operand: operand, byteOffset: moved * elements[operand].byteCount))
    }
    var numbers: [Place: Int] = [:]
    var found = elements.map { _ in [Place]() }
    for place in readPlaces.compactMap({ $0 }) where numbers.updateValue(0, forKey: place) == nil {
      found[place.operand].append(place)
    }
    places = found.indices.flatMap { found[$0].isEmpty ? [Place(operand: $0)] : found[$0] }
    for (number, place) in places.enumerated() { numbers[place] = number }
    for (number, place) in readPlaces.enumerated() {
      if let place {
        comprehension.accesses[number].operand = numbers[place] ?? place.operand
      } else {
        // A result made besides stands after the operands, however many these are now.
        comprehension.accesses[number].operand += places.count - elements.count
      }
    }
    specification.form = .comprehension(comprehension)
    specification.operandElements = places.map { elements[$0.operand] }
  }
}

extension Access {
  /// Takes the smallest coordinates off an access that never falls outside; gives the elements these are from the
  /// operand's start.
  fileprivate mutating func moveToStart(axes: [Int]) -> Int {
    guard !mayFallOutside(axes: axes) else { return 0 }
    var elements = 0
    for (position, stride) in rowMajorStrides(indices.map(\.extent)).enumerated() {
      var lowest = indices[position].offset
      for (coefficient, size) in zip(indices[position].coefficients, axes) {
        lowest += min(0, coefficient * (size - 1))
      }
      indices[position].offset -= lowest
      elements += lowest * stride
    }
    return elements
  }
}
