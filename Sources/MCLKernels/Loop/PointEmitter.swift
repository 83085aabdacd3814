import LLVMBindings
import MCLGraph

/// Evaluates the nodes of a scalar program at one point of an iteration space, or at a vector of points.
struct PointEmitter {
  let builder: ModuleBuilder
  let space: IterationSpace
  let program: ScalarProgram
  let scalar: ScalarEmitter
  /// The first element of each operand accessed, by access.
  let bases: [IRValue]
  /// Where vectors are asked for ahead of their time: the axis a step along which they will be loaded.
  var ahead: Int?
  /// The axes each node depends on, as bits; `accumulatorBit` for the reduced value.
  let dependences: [UInt64]

  static let accumulatorBit: UInt64 = 1 << 63

  init(
    builder: ModuleBuilder, space: IterationSpace, program: ScalarProgram, bases: [IRValue],
    target: TargetDescription
  ) {
    self.builder = builder
    self.space = space
    self.program = program
    self.bases = bases
    scalar = ScalarEmitter(builder: builder, hasFusedMultiplyAdd: target.hasFusedMultiplyAdd)
    var dependences: [UInt64] = []
    for (position, node) in program.nodes.enumerated() {
      var bits: UInt64 = 0
      switch node.operation {
      case .load(let access):
        for axis in space.axes.indices where space.accesses[access].depends(on: axis) {
          bits |= 1 << UInt64(axis)
        }
      case .index(let axis):
        if let place = space.places[axis] { bits |= 1 << UInt64(place) }
      case .accumulator: bits = Self.accumulatorBit
      default: for argument in program.arguments(position) { bits |= dependences[argument] }
      }
      dependences.append(bits)
    }
    self.dependences = dependences
  }

  /// Values known already, by node: scalars that hold for every point of what follows.
  typealias Known = [Int: IRValue]

  /// Evaluates, once, the largest subtrees of `roots` that depend on none of the axes `inner`.
  func hoist(_ roots: [Int], outOf inner: UInt64, state: LoopState) -> Known {
    var known: Known = [:]
    func visit(_ node: Int) {
      if dependences[node] & (inner | Self.accumulatorBit) == 0 {
        switch program.nodes[node].operation {
        case .constant, .integer: return
        default: break
        }
        _ = evaluate(node, state, known: &known)
      } else {
        program.arguments(node).forEach(visit)
      }
    }
    roots.forEach(visit)
    return known
  }

  /// The value of a node at one point.
  func evaluate(_ node: Int, _ state: LoopState, accumulator: IRValue? = nil, known: inout Known) -> IRValue {
    evaluate(node, state, lanes: 1, along: -1, accumulator: accumulator, hoisted: [:], values: &known)
  }

  /// The value of a node at `lanes` points along `axis` from the state's.
  ///
  /// - Parameters:
  ///   - hoisted: scalars that hold for all of them.
  ///   - values: what has been evaluated for these very points.
  func evaluate(
    _ node: Int, _ state: LoopState, lanes: Int, along axis: Int, accumulator: IRValue?, hoisted: Known,
    values: inout Known
  ) -> IRValue {
    if let value = values[node] { return value }
    let element = program.nodes[node].element
    func argument(_ node: Int) -> IRValue {
      evaluate(
        node, state, lanes: lanes, along: axis, accumulator: accumulator, hoisted: hoisted, values: &values)
    }
    let value: IRValue
    if let uniform = hoisted[node] {
      value = builder.splat(uniform, lanes)
    } else {
      switch program.nodes[node].operation {
      case .load(let access): value = load(access, state, lanes: lanes, along: axis)
      case .constant(let bits): value = scalar.constant(Double(bitPattern: bits), element, lanes: lanes)
      case .integer(let number): value = builder.constant(number, scalar.type(.int64, lanes: lanes))
      case .index(let original): value = index(original, state, lanes: lanes, along: axis)
      case .accumulator: value = accumulator ?? builder.zero(scalar.type(element, lanes: lanes))
      case .unary(let function, let a): value = scalar.unary(function, argument(a), element)
      case .binary(let function, let a, let b):
        let first = argument(a)
        value = remainder(function, first, b) ?? scalar.binary(function, first, argument(b), element)
      case .select(let comparison, let a, let b, let yes, let no):
        let condition = scalar.compare(comparison, argument(a), argument(b), program.nodes[a].element)
        value = builder.select(condition, argument(yes), argument(no))
      case .convert(let a): value = scalar.convert(argument(a), to: element)
      }
    }
    values[node] = value
    return value
  }

  /// A remainder by a constant power of two is a mask.
  private func remainder(_ function: BinaryFunction, _ a: IRValue, _ divisor: Int) -> IRValue? {
    guard function == .remainder, case .integer(let value) = program.nodes[divisor].operation, value > 0,
      value & (value - 1) == 0
    else { return nil }
    return builder.and(a, builder.constant(value - 1, a.type))
  }

  private func index(_ original: Int, _ state: LoopState, lanes: Int, along axis: Int) -> IRValue {
    guard let place = space.places[original], let coordinate = state.coordinates[place] else {
      return builder.zero(scalar.type(.int64, lanes: lanes))
    }
    let uniform = builder.splat(coordinate, lanes)
    return place == axis ? builder.add(uniform, builder.laneNumbers(builder.i64, lanes)) : uniform
  }

  // MARK: Loads

  private func load(_ position: Int, _ state: LoopState, lanes: Int, along axis: Int) -> IRValue {
    let access = space.accesses[position]
    if lanes == 1 { return loadScalar(position, state) }
    if !access.depends(on: axis) { return builder.splat(loadScalar(position, state), lanes) }
    if access.isContiguous(along: axis) { return loadVector(position, state, lanes: lanes, along: axis) }
    // Lane offsets are int32 bytes; one element at a time where those do not reach.
    if access.elementCount * access.element.byteCount < 1 << 31, !access.guards.isEmpty {
      return gather(position, state, lanes: lanes, along: axis)
    }
    var vector = builder.undefined(scalar.type(access.element, lanes: lanes))
    for lane in 0..<lanes {
      let point = state.advanced(
        along: axis, by: builder.constant(lane), space.accesses, builder: builder)
      vector = builder.insert(loadScalar(position, point), into: vector, lane)
    }
    return vector
  }

  /// Whether a checked coordinate is inside, and what it adds to the address.
  private func check(_ check: Guard, _ numerator: IRValue) -> (inside: IRValue, elements: IRValue?) {
    let extent = builder.constant(check.extent)
    if check.divisor == 1 { return (builder.compare(.unsignedLess, numerator, extent), nil) }
    let quotient: IRValue
    let rest: IRValue
    if check.divisor & (check.divisor - 1) == 0 {
      rest = builder.and(numerator, builder.constant(check.divisor - 1))
      quotient = builder.build(
        .arithmeticShiftRight, numerator, builder.constant(check.divisor.trailingZeroBitCount))
    } else {
      quotient = builder.build(.signedDivide, numerator, builder.constant(check.divisor))
      rest = builder.subtract(numerator, builder.multiply(quotient, check.divisor))
    }
    let isWhole = builder.compare(.equal, rest, builder.constant(0))
    let isInside = builder.compare(.unsignedLess, quotient, extent)
    return (builder.and(isWhole, isInside), builder.multiply(quotient, check.stride))
  }

  /// One element; a load that falls outside reads the operand's first element and drops it.
  private func loadScalar(_ position: Int, _ state: LoopState) -> IRValue {
    let access = space.accesses[position]
    var inside: IRValue?
    var offset = state.offsets[position]
    for (guardian, numerator) in zip(access.guards, state.numerators[position]) {
      let (condition, elements) = check(guardian, numerator)
      inside = builder.and(inside, condition)
      if let elements { offset = builder.add(offset, elements) }
    }
    if let inside { offset = builder.select(inside, offset, builder.constant(0)) }
    let bytes = access.element.byteCount
    let value = builder.load(
      scalar.type(access.element, lanes: 1), builder.element(bases[position], offset, bytes: bytes),
      alignment: bytes)
    guard let inside else { return value }
    return builder.select(inside, value, scalar.constant(access.fill, access.element, lanes: 1))
  }

  /// Neighbouring elements; lanes outside are masked off.
  private func loadVector(_ position: Int, _ state: LoopState, lanes: Int, along axis: Int) -> IRValue {
    let access = space.accesses[position]
    let narrow = builder.vector(builder.i32, lanes)
    var uniform: IRValue?
    var mask: IRValue?
    var offset = state.offsets[position]
    for (guardian, numerator) in zip(access.guards, state.numerators[position]) {
      let coefficient = guardian.coefficients[axis]
      if coefficient == 0 {
        let (condition, elements) = check(guardian, numerator)
        uniform = builder.and(uniform, condition)
        if let elements { offset = builder.add(offset, elements) }
      } else {
        let first = builder.splat(builder.cast(.truncate, numerator, to: builder.i32), lanes)
        let steps = builder.constantVector(
          (0..<lanes).map { builder.constant($0 * coefficient, builder.i32) })
        mask = builder.and(
          mask,
          builder.compare(.unsignedLess, builder.add(first, steps), builder.constant(guardian.extent, narrow))
        )
      }
    }
    let bytes = access.element.byteCount
    let type = scalar.type(access.element, lanes: lanes)
    let fill = scalar.constant(access.fill, access.element, lanes: lanes)
    var address = builder.element(bases[position], offset, bytes: bytes)
    if let ahead, access.strides[ahead] != 0, access.guards.allSatisfy({ $0.divisor == 1 }) {
      builder.prefetch(
        builder.address(address, builder.constant(access.strides[ahead] * bytes)), forWriting: false)
    }
    guard let mask else {
      // Choosing an address is quicker than a mask made from a scalar.
      if let uniform { address = builder.select(uniform, address, builder.place(fill)) }
      return builder.load(type, address, alignment: bytes)
    }
    return builder.maskedLoad(
      type, address, mask: uniform.map { builder.and(mask, builder.splat($0, lanes)) } ?? mask, other: fill,
      alignment: bytes)
  }

  /// Elements that are no neighbours, checked lane by lane.
  private func gather(_ position: Int, _ state: LoopState, lanes: Int, along axis: Int) -> IRValue {
    let access = space.accesses[position]
    let narrow = builder.vector(builder.i32, lanes)
    let bytes = access.element.byteCount
    func steps(_ coefficient: Int) -> IRValue {
      builder.constantVector((0..<lanes).map { builder.constant($0 * coefficient, builder.i32) })
    }
    var uniform: IRValue?
    var mask: IRValue?
    var offset = state.offsets[position]
    var laneOffsets = steps(access.strides[axis] * bytes)
    for (guardian, numerator) in zip(access.guards, state.numerators[position]) {
      let coefficient = guardian.coefficients[axis]
      if coefficient == 0 {
        let (condition, elements) = check(guardian, numerator)
        uniform = builder.and(uniform, condition)
        if let elements { offset = builder.add(offset, elements) }
        continue
      }
      var coordinate = builder.add(
        builder.splat(builder.cast(.truncate, numerator, to: builder.i32), lanes), steps(coefficient))
      if guardian.divisor > 1 {
        let (quotient, isWhole) = divide(coordinate, guardian)
        coordinate = quotient
        mask = builder.and(mask, isWhole)
        laneOffsets = builder.add(laneOffsets, builder.multiply(quotient, guardian.stride * bytes))
      }
      let extent = builder.constant(guardian.extent, narrow)
      mask = builder.and(mask, builder.compare(.unsignedLess, coordinate, extent))
    }
    if let uniform { mask = builder.and(mask, builder.splat(uniform, lanes)) }
    let all = builder.constant(-1, builder.vector(builder.i1, lanes))
    return builder.maskedGather(
      scalar.type(access.element, lanes: lanes), builder.element(bases[position], offset, bytes: bytes),
      laneOffsets, mask: mask ?? all,
      other: scalar.constant(access.fill, access.element, lanes: lanes), alignment: bytes)
  }

  /// Lanes divided by a check's divisor, and whether that left no rest. A multiple of the divisor is added first, so
  /// that nothing is negative.
  private func divide(_ numerators: IRValue, _ check: Guard) -> (quotient: IRValue, isWhole: IRValue) {
    let low = zip(check.coefficients, space.axes).reduce(check.offset) { $0 + min(0, $1.0 * ($1.1 - 1)) }
    let bias = max(0, (-low + check.divisor - 1) / check.divisor)
    let shifted = builder.add(numerators, bias * check.divisor)
    let (quotient, rest) = builder.divide(shifted, by: check.divisor)
    return (builder.add(quotient, -bias), builder.compare(.equal, rest, builder.zero(rest.type)))
  }
}
