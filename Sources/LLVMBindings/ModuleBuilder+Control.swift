/// Structured control flow and the arithmetic the emitters use all the time.
extension ModuleBuilder {
  /// `for i in stride(from: start, to: end, by: step)`, carrying values from turn to turn; gives what the last
  /// turn left. Tested before the first turn and after each, so an empty range runs nothing.
  package func loop(
    from start: IRValue, to end: IRValue, step: Int = 1, carrying initial: [IRValue] = [],
    _ body: (_ index: IRValue, _ carried: [IRValue]) throws -> [IRValue]
  ) rethrows -> [IRValue] {
    if let first = knownInteger(start), let limit = knownInteger(end), limit - first <= step {
      return limit <= first ? initial : try body(start, initial)
    }
    let entry = currentBlock
    let turn = block("loop")
    let exit = block("exit")
    branch(if: compare(.signedLess, start, end), turn, else: exit)
    position(at: turn)
    let index = phi(start.type)
    let carried = initial.map { phi($0.type) }
    let results = try body(index, carried)
    let next = add(index, constant(step, start.type))
    let last = currentBlock
    branch(if: compare(.signedLess, next, end), turn, else: exit)
    addIncoming(index, start, from: entry)
    addIncoming(index, next, from: last)
    for (phi, pair) in zip(carried, zip(initial, results)) {
      addIncoming(phi, pair.0, from: entry)
      addIncoming(phi, pair.1, from: last)
    }
    position(at: exit)
    return zip(initial, results).map { before, after in
      let merged = phi(before.type)
      addIncoming(merged, before, from: entry)
      addIncoming(merged, after, from: last)
      return merged
    }
  }

  /// A loop that carries nothing.
  package func loop(
    from start: IRValue, to end: IRValue, step: Int = 1, _ body: (IRValue) throws -> Void
  ) rethrows {
    _ = try loop(from: start, to: end, step: step, carrying: []) { index, _ in
      try body(index)
      return []
    }
  }

  /// Runs one of two bodies and gives its values.
  package func choose(
    _ condition: IRValue, then: () throws -> [IRValue], else otherwise: () throws -> [IRValue]
  ) rethrows -> [IRValue] {
    let yes = block("then")
    let no = block("else")
    let join = block("join")
    branch(if: condition, yes, else: no)
    position(at: yes)
    let first = try then()
    let firstEnd = currentBlock
    branch(join)
    position(at: no)
    let second = try otherwise()
    let secondEnd = currentBlock
    branch(join)
    position(at: join)
    return zip(first, second).map { a, b in
      let merged = phi(a.type)
      addIncoming(merged, a, from: firstEnd)
      addIncoming(merged, b, from: secondEnd)
      return merged
    }
  }

  /// Runs `body` where the condition holds.
  package func when(_ condition: IRValue, _ body: () throws -> Void) rethrows {
    _ = try choose(
      condition,
      then: {
        try body()
        return []
      }, else: { [] })
  }

  package func add(_ a: IRValue, _ b: IRValue) -> IRValue { build(.add, a, b) }
  package func add(_ a: IRValue, _ b: Int) -> IRValue { b == 0 ? a : add(a, constant(b, a.type)) }
  package func subtract(_ a: IRValue, _ b: IRValue) -> IRValue { build(.subtract, a, b) }
  package func multiply(_ a: IRValue, _ b: IRValue) -> IRValue { build(.multiply, a, b) }
  package func multiply(_ a: IRValue, _ b: Int) -> IRValue {
    b == 1 ? a : b == 0 ? zero(a.type) : multiply(a, constant(b, a.type))
  }
  package func and(_ a: IRValue, _ b: IRValue) -> IRValue { build(.and, a, b) }
  package func and(_ a: IRValue?, _ b: IRValue?) -> IRValue? {
    guard let a else { return b }
    guard let b else { return a }
    return build(.and, a, b)
  }

  /// The smaller of two signed integers.
  package func minimum(_ a: IRValue, _ b: IRValue) -> IRValue { select(compare(.signedLess, a, b), a, b) }
  /// The larger of two signed integers.
  package func maximum(_ a: IRValue, _ b: IRValue) -> IRValue { select(compare(.signedGreater, a, b), a, b) }

  /// Quotient and remainder of a non-negative integer by a positive constant.
  package func divide(_ value: IRValue, by divisor: Int) -> (quotient: IRValue, remainder: IRValue) {
    if divisor == 1 { return (value, zero(value.type)) }
    let quotient = build(.unsignedDivide, value, constant(divisor, value.type))
    return (quotient, subtract(value, multiply(quotient, divisor)))
  }

  /// The coordinates of the row-major position `linear` in a space of these sizes.
  package func delinearize(_ linear: IRValue, _ sizes: [Int]) -> [IRValue] {
    var coordinates: [IRValue] = []
    var rest = linear
    for (position, size) in sizes.enumerated().reversed() {
      if position == 0 {
        coordinates.append(rest)
      } else {
        let (quotient, remainder) = divide(rest, by: size)
        coordinates.append(remainder)
        rest = quotient
      }
    }
    return coordinates.reversed()
  }

  /// `a x b + c` rounded once.
  package func fusedMultiplyAdd(_ a: IRValue, _ b: IRValue, _ c: IRValue) -> IRValue {
    callIntrinsic("llvm.fma", overloads: [c.type], [a, b, c])
  }

  /// The address of element `index` (int64) of an array of elements of `bytes` bytes.
  package func element(_ base: IRValue, _ index: IRValue, bytes: Int) -> IRValue {
    address(base, multiply(index, bytes))
  }
}
