import MCLGraph

/// A comprehension and the entries it reads: what fusion works on.
package struct FusedComputation {
  package var comprehension: Comprehension
  package var operands: [Int]
  /// The operations it carries out; see `Compute.parts`.
  var parts: [Compute.Part] = []

  package init(comprehension: Comprehension, operands: [Int], parts: [Compute.Part] = []) {
    self.comprehension = comprehension
    self.operands = operands
    self.parts = parts
  }

  /// Each operand once, each access once, and nothing that is not loaded.
  mutating func deduplicate() {
    var used = Set<Int>()
    for part in [comprehension.body, comprehension.epilogue] {
      part.forEach { if case .load(let access) = $0 { used.insert(access) } }
    }
    var entries: [Int] = []
    var accesses: [Access] = []
    var renumbered: [Int: Int] = [:]
    for (index, access) in comprehension.accesses.enumerated() where used.contains(index) {
      var access = access
      let entry = operands[access.operand]
      if let known = entries.firstIndex(of: entry) {
        access.operand = known
      } else {
        access.operand = entries.count
        entries.append(entry)
      }
      if let known = accesses.firstIndex(of: access) {
        renumbered[index] = known
      } else {
        renumbered[index] = accesses.count
        accesses.append(access)
      }
    }
    func renumber(_ leaf: ScalarExpression) -> ScalarExpression {
      if case .load(let access) = leaf { return .load(renumbered[access] ?? access) }
      return leaf
    }
    comprehension.body = comprehension.body.mapLeaves(renumber)
    comprehension.epilogue = comprehension.epilogue.mapLeaves(renumber)
    comprehension.accesses = accesses
    operands = entries
  }

  /// Whether the map `producer` can be computed in place of an access (see `inlining`).
  func canInline(_ producer: FusedComputation, at access: Int) -> Bool {
    inlinedCoordinates(of: producer, at: access) != nil
  }

  /// The producer's coordinates that an access stands for, where it can be computed in its place.
  private func inlinedCoordinates(of producer: FusedComputation, at access: Int) -> [AffineIndex]? {
    let view = comprehension.accesses[access]
    let inner = producer.comprehension
    guard inner.reduction == .none, inner.epilogue == .accumulator,
      let coordinates = coordinates(of: inner.axes, through: view),
      !view.mayFallOutside(axes: comprehension.axes) || isPlainView(inner, view, coordinates)
    else { return nil }
    return coordinates
  }

  /// This computation with the map `producer` computed in place of one of its accesses; nil where the access
  /// cannot be expressed: it looks outside and the producer is no plain view, or it merges the producer's axes.
  func inlining(_ producer: FusedComputation, at access: Int) -> FusedComputation? {
    guard let coordinates = inlinedCoordinates(of: producer, at: access) else { return nil }
    let view = comprehension.accesses[access]
    let inner = producer.comprehension
    let isGuarded = view.mayFallOutside(axes: comprehension.axes)
    var result = self
    let firstOperand = operands.count
    let firstAccess = comprehension.accesses.count
    result.operands += producer.operands
    for innerAccess in inner.accesses {
      var composed = innerAccess
      composed.operand += firstOperand
      composed.indices = innerAccess.indices.map {
        $0.substituting(coordinates, rank: comprehension.axes.count)
      }
      if isGuarded { composed.fill = view.fill }
      result.comprehension.accesses.append(composed)
    }
    var body = inner.body.mapLeaves { leaf in
      switch leaf {
      case .load(let index): .load(firstAccess + index)
      case .index(let axis): coordinates[axis].expression
      default: leaf
      }
    }
    // A lone constant would take its neighbours' type instead of its own.
    if inner.element == .int64, case .constant(let value) = body {
      body = .integer(Int(Int64(saturating: value)))
    }
    func replace(_ leaf: ScalarExpression) -> ScalarExpression { leaf == .load(access) ? body : leaf }
    result.comprehension.body = comprehension.body.mapLeaves(replace)
    result.comprehension.epilogue = comprehension.epilogue.mapLeaves(replace)
    result.deduplicate()
    // What is a view has become part of the reads and computes nothing.
    if inner.body.operationCount > 0 { result.add(producer.parts, as: .prologue) }
    return result
  }

  /// Takes over the operations of what was put into this computation, each once.
  mutating func add(_ others: [Compute.Part], as role: Compute.Part.Role) {
    for part in others.map({ $0.with(role) }) where !parts.contains(part) { parts.append(part) }
  }

  /// The coordinates along `axes` that an access, which may see them in another shape, stands for.
  private func coordinates(of axes: [Int], through view: Access) -> [AffineIndex]? {
    let rank = comprehension.axes.count
    let zero = AffineIndex([Int](repeating: 0, count: rank), extent: 1)
    var result: [AffineIndex] = []
    var next = 0
    var axis = 0
    while axis < axes.count {
      // The smallest runs of the view's indices and of the axes with as many elements.
      var seen: [AffineIndex] = []
      var meant = [axes[axis]]
      axis += 1
      var (left, right) = (1, meant[0])
      while left != right {
        if left < right {
          guard next < view.indices.count else { return nil }
          seen.append(view.indices[next])
          left *= view.indices[next].extent
          next += 1
        } else {
          guard axis < axes.count else { return nil }
          meant.append(axes[axis])
          right *= axes[axis]
          axis += 1
        }
      }
      let sized = seen.filter { $0.extent != 1 }
      guard meant.count(where: { $0 != 1 }) <= 1 else { return nil }
      guard !seen.contains(where: { $0.extent == 1 && $0.mayFallOutside(axes: comprehension.axes) }) else {
        return nil
      }
      for size in meant {
        if size == 1 {
          result.append(zero)
        } else if sized.count == 1 {
          result.append(sized[0])
        } else {
          guard let merged = merge(sized) else { return nil }
          result.append(merged)
        }
      }
    }
    for rest in view.indices[next...]
    where rest.extent != 1 || rest.mayFallOutside(axes: comprehension.axes) { return nil }
    return result
  }

  /// Several indices as the one index of the axis they split.
  private func merge(_ indices: [AffineIndex]) -> AffineIndex? {
    var merged = AffineIndex([Int](repeating: 0, count: comprehension.axes.count), extent: 1)
    for index in indices {
      if index.mayFallOutside(axes: comprehension.axes) { return nil }
      merged.coefficients = zip(merged.coefficients, index.coefficients).map { $0 * index.extent + $1 }
      merged.offset = merged.offset * index.extent + index.offset
      merged.extent *= index.extent
    }
    return merged
  }

  /// Whether a producer only reads one operand at its own axes, so that what is outside it is outside the operand.
  private func isPlainView(_ inner: Comprehension, _ view: Access, _ coordinates: [AffineIndex]) -> Bool {
    guard inner.body == .load(0), inner.accesses.count == 1,
      !inner.accesses[0].mayFallOutside(axes: inner.axes)
    else {
      return false
    }
    var covered = Set<Int>()
    for index in inner.accesses[0].indices {
      let used = index.coefficients.indices.filter { index.coefficients[$0] != 0 }
      guard used.count <= 1, index.offset == 0, index.divisor == 1 else { return false }
      guard let axis = used.first else { continue }
      guard index.coefficients[axis] == 1, index.extent == inner.axes[axis] else { return false }
      covered.insert(axis)
    }
    return coordinates.enumerated().allSatisfy { axis, coordinate in
      covered.contains(axis) || !coordinate.mayFallOutside(axes: comprehension.axes)
    }
  }
}

extension AffineIndex {
  /// This index with each axis replaced by an index over another space. Where it is one axis itself, that index's
  /// divisor is kept; anywhere else the replacements have none.
  func substituting(_ coordinates: [AffineIndex], rank: Int) -> AffineIndex {
    var result = AffineIndex(
      [Int](repeating: 0, count: rank), offset: offset, divisor: divisor, extent: extent)
    for (axis, coefficient) in coefficients.enumerated() where coefficient != 0 {
      let coordinate = coordinates[axis]
      for (outer, inner) in coordinate.coefficients.enumerated() {
        result.coefficients[outer] += coefficient * inner
      }
      result.offset += coefficient * coordinate.offset
      if coordinate.divisor != 1 { result.divisor = coordinate.divisor }
    }
    return result
  }

  /// The index as an expression over the axes' coordinates; its divisor is 1.
  var expression: ScalarExpression {
    var sum: ScalarExpression?
    for (axis, coefficient) in coefficients.enumerated() where coefficient != 0 {
      let term: ScalarExpression =
        coefficient == 1 ? .index(axis) : .index(axis) * .integer(coefficient)
      sum = sum.map { $0 + term } ?? term
    }
    guard let sum else { return .integer(offset) }
    return offset == 0 ? sum : sum + .integer(offset)
  }
}
