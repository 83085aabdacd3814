import LLVMBindings

/// How far a walk through an iteration space has come: every access's address and checks, built up axis by axis.
struct LoopState {
  /// Elements from each access's operand, int64.
  var offsets: [IRValue]
  /// The numerator of each access's checks, int64.
  var numerators: [[IRValue]]
  /// The coordinate along each axis that has been entered.
  var coordinates: [IRValue?]

  init(_ accesses: [LinearAccess], rank: Int, builder: ModuleBuilder) {
    offsets = accesses.map { builder.constant($0.offset) }
    numerators = accesses.map { access in access.guards.map { builder.constant($0.offset) } }
    coordinates = [IRValue?](repeating: nil, count: rank)
  }

  /// The state `coordinate` further along `axis`.
  func advanced(
    along axis: Int, by coordinate: IRValue, _ accesses: [LinearAccess], builder: ModuleBuilder
  ) -> LoopState {
    var state = self
    for (position, access) in accesses.enumerated() {
      if access.strides[axis] != 0 {
        state.offsets[position] = builder.add(
          offsets[position], builder.multiply(coordinate, access.strides[axis]))
      }
      for (number, check) in access.guards.enumerated() where check.coefficients[axis] != 0 {
        state.numerators[position][number] = builder.add(
          numerators[position][number], builder.multiply(coordinate, check.coefficients[axis]))
      }
    }
    state.coordinates[axis] = coordinates[axis].map { builder.add($0, coordinate) } ?? coordinate
    return state
  }
}
