import LLVMBindings

/// Emits the packing of one operand of a contraction into a panel: `panel[k][lane]`, lanes past the end and points
/// outside the operand filled.
struct PanelPacker {
  let builder: ModuleBuilder
  let layout: PanelLayout
  /// The first element of the operand.
  let base: IRValue
  /// Float32 lanes of the target's vectors.
  let vectorLanes: Int

  private var access: LinearAccess { layout.access }
  private var f32: IRType { builder.f32 }

  /// Packs k in `first ..< last` of the lanes from `laneStart` on to `panel`.
  ///
  /// - Parameter state: the one access of the layout, advanced along every axis that is neither lane nor k.
  func emit(_ state: LoopState, laneStart: IRValue, from first: IRValue, to last: IRValue, panel: IRValue) {
    let groups = chunks(layout.mode == .alongInner ? 8 : vectorLanes).map {
      LaneGroup(self, start: laneStart, offset: $0.offset, count: $0.count)
    }
    if layout.mode == .alongInner {
      for group in groups {
        forEachSegment(state, first, last) { segment, from, to, row in
          transpose(group, segment, from, to, row, first, panel)
        }
      }
    } else {
      forEachSegment(state, first, last) { segment, from, to, row in
        copy(groups, segment, from, to, row, panel)
      }
    }
  }

  /// The panel's lanes cut into powers of two.
  private func chunks(_ widest: Int) -> [(offset: Int, count: Int)] {
    var result: [(Int, Int)] = []
    var offset = 0
    while offset < layout.width {
      var count = widest
      if layout.mode == .alongInner {
        count = min(8, layout.width - offset)
      } else {
        while count > layout.width - offset { count /= 2 }
      }
      result.append((offset, count))
      offset += count
    }
    return result
  }

  /// Runs of k: the outer coordinates entered, the run's part `from ..< to`, and the panel row of `from`.
  private func forEachSegment(
    _ state: LoopState, _ first: IRValue, _ last: IRValue,
    _ body: (_ state: LoopState, _ from: IRValue, _ to: IRValue, _ row: IRValue) -> Void
  ) {
    let run = layout.innerCount
    let zero = builder.constant(0)
    if layout.outerCount == 1 {
      body(state, first, last, zero)
      return
    }
    let start = builder.divide(first, by: run).quotient
    let end = builder.divide(builder.add(last, run - 1), by: run).quotient
    builder.loop(from: start, to: end) { outer in
      var segment = state
      for (axis, coordinate) in zip(layout.outerAxes, builder.delinearize(outer, layout.outerSizes)) {
        segment = segment.advanced(along: axis, by: coordinate, [access], builder: builder)
      }
      let runStart = builder.multiply(outer, run)
      let from = builder.maximum(builder.subtract(first, runStart), zero)
      let to = builder.minimum(builder.subtract(last, runStart), builder.constant(run))
      body(segment, from, to, builder.subtract(builder.add(runStart, from), first))
    }
  }

  private func store(_ value: IRValue, _ panel: IRValue, row: IRValue, lane: Int) {
    let position = builder.add(builder.multiply(row, layout.width), lane)
    builder.store(value, builder.element(panel, position, bytes: 4), alignment: 4)
  }

  // MARK: Along lanes, and scattered

  /// Whether the group's lanes are neighbours in memory and read at once; a lone lane is a scalar, and masked loads
  /// are of vectors only.
  private func readsVector(_ group: LaneGroup) -> Bool { layout.mode == .alongLanes && group.count > 1 }

  private func copy(
    _ groups: [LaneGroup], _ state: LoopState, _ from: IRValue, _ to: IRValue, _ row: IRValue,
    _ panel: IRValue
  ) {
    let numerators = state.numerators[0]
    let masks = groups.map { $0.mask(numerators, inner: nil) }
    let addresses: [[IRValue]] = zip(groups, masks).map { group, mask in
      readsVector(group)
        ? [builder.add(state.offsets[0], group.first)] : group.safeOffsets(state.offsets[0], mask)
    }
    let stride = layout.innerStride
    builder.loop(from: from, to: to) { index in
      let step = builder.multiply(index, stride)
      let target = builder.add(row, builder.subtract(index, from))
      for (position, group) in groups.enumerated() {
        let type = builder.vector(f32, group.count)
        let fill = builder.constant(access.fill, type)
        var value: IRValue
        if readsVector(group) {
          let address = builder.element(base, builder.add(addresses[position][0], step), bytes: 4)
          value =
            masks[position].map {
              builder.maskedLoad(type, address, mask: $0, other: fill, alignment: 4)
            } ?? builder.load(type, address, alignment: 4)
        } else {
          value = builder.undefined(type)
          for (lane, offset) in addresses[position].enumerated() {
            let address = builder.element(base, builder.add(offset, step), bytes: 4)
            value = builder.insert(builder.load(f32, address, alignment: 4), into: value, lane)
          }
          if let mask = masks[position] { value = builder.select(mask, value, fill) }
        }
        store(value, panel, row: target, lane: group.offset)
      }
    }
  }

  // MARK: Along k

  private func transpose(
    _ group: LaneGroup, _ state: LoopState, _ from: IRValue, _ to: IRValue, _ row: IRValue, _ first: IRValue,
    _ panel: IRValue
  ) {
    let block = PanelLayout.slackRows
    let narrow = builder.vector(builder.i32, block)
    let type = builder.vector(f32, block)
    let fill = builder.constant(access.fill, type)
    let offsets = group.offsets.map { builder.add(state.offsets[0], $0) }
    let inRange = group.validLanes
    builder.loop(from: from, to: to, step: block) { index in
      let numbers = builder.add(
        builder.splat(builder.cast(.truncate, index, to: builder.i32), block),
        builder.laneNumbers(builder.i32, block))
      let end = builder.splat(builder.cast(.truncate, to, to: builder.i32), block)
      let inRun = builder.compare(.signedLess, numbers, end)
      let coordinates = builder.delinearize(numbers, layout.innerSizes)
      // The part of the checks that all lanes share.
      var shared: IRValue? = inRun
      var own: [(Guard, IRValue)] = []
      for (check, numerator) in zip(access.guards, state.numerators[0]) {
        var value = builder.splat(builder.cast(.truncate, numerator, to: builder.i32), block)
        for (axis, coordinate) in zip(layout.innerAxes, coordinates) where check.coefficients[axis] != 0 {
          value = builder.add(value, builder.multiply(coordinate, check.coefficients[axis]))
        }
        if layout.laneAxes.contains(where: { check.coefficients[$0] != 0 }) {
          own.append((check, value))
        } else {
          shared = builder.and(
            shared, builder.compare(.unsignedLess, value, builder.constant(check.extent, narrow)))
        }
      }
      let rows: [IRValue] = (0..<group.count).map { lane in
        var mask = shared
        for (check, value) in own {
          let part = builder.splat(group.laneNumerator(check, lane), block)
          mask = builder.and(
            mask,
            builder.compare(.unsignedLess, builder.add(value, part), builder.constant(check.extent, narrow)))
        }
        if let inRange { mask = builder.and(mask, builder.splat(builder.extract(inRange, lane), block)) }
        let address = builder.element(base, builder.add(offsets[lane], index), bytes: 4)
        guard let mask else { return builder.load(type, address, alignment: 4) }
        return builder.maskedLoad(type, address, mask: mask, other: fill, alignment: 4)
      }
      let target = builder.add(row, builder.subtract(index, from))
      for (position, column) in transposed(rows).enumerated() {
        store(column, panel, row: builder.add(target, position), lane: group.offset)
      }
    }
  }

  /// 8 vectors of `rows.count` lanes of up to 8 vectors of 8.
  private func transposed(_ rows: [IRValue]) -> [IRValue] {
    let unused = builder.undefined(rows[0].type)
    let r = (0..<8).map { $0 < rows.count ? rows[$0] : unused }
    // Pairs of rows interleaved, then quadruples, then halves of columns joined.
    let low = (0..<4).map { builder.shuffle(r[2 * $0], r[2 * $0 + 1], [0, 8, 1, 9, 4, 12, 5, 13]) }
    let high = (0..<4).map { builder.shuffle(r[2 * $0], r[2 * $0 + 1], [2, 10, 3, 11, 6, 14, 7, 15]) }
    func quadruple(_ pairs: [IRValue], _ first: Int, _ upper: Bool) -> IRValue {
      builder.shuffle(
        pairs[first], pairs[first + 1], upper ? [2, 3, 10, 11, 6, 7, 14, 15] : [0, 1, 8, 9, 4, 5, 12, 13])
    }
    var columns: [IRValue] = []
    for half in [false, true] {
      for (pairs, upper) in [(low, false), (low, true), (high, false), (high, true)] {
        let mask = half ? [4, 5, 6, 7, 12, 13, 14, 15] : [0, 1, 2, 3, 8, 9, 10, 11]
        columns.append(
          builder.shuffle(quadruple(pairs, 0, upper), quadruple(pairs, 2, upper), mask))
      }
    }
    if rows.count == 8 { return columns }
    return columns.map { builder.shuffle($0, unused, Array(0..<rows.count)) }
  }
}

/// Some lanes of a panel: where they are in memory, and which of them exist.
struct LaneGroup {
  let builder: ModuleBuilder
  let layout: PanelLayout
  /// The first lane of the panel in the group, and how many.
  let offset: Int
  let count: Int
  /// The first lane's position among all lanes, int64.
  let first: IRValue
  /// Set for the lanes that exist; nil where all do.
  let validLanes: IRValue?
  private let coordinates: [IRValue]
  private let memory: IRValue

  init(_ packer: PanelPacker, start: IRValue, offset: Int, count: Int) {
    builder = packer.builder
    layout = packer.layout
    self.offset = offset
    self.count = count
    first = builder.add(start, offset)
    let type = builder.vector(builder.i32, count)
    var lanes = builder.add(
      builder.splat(builder.cast(.truncate, first, to: builder.i32), count),
      builder.laneNumbers(builder.i32, count))
    if layout.laneCount % layout.width == 0 {
      validLanes = nil
    } else {
      let limit = builder.constant(layout.laneCount, type)
      let isValid = builder.compare(.signedLess, lanes, limit)
      validLanes = isValid
      lanes = builder.select(isValid, lanes, builder.constant(layout.laneCount - 1, type))
    }
    coordinates = builder.delinearize(lanes, layout.laneSizes)
    var memory = builder.zero(type)
    for (axis, coordinate) in zip(layout.laneAxes, coordinates) {
      memory = builder.add(memory, builder.multiply(coordinate, layout.access.strides[axis]))
    }
    self.memory = memory
  }

  /// What a check's numerator owes to the lanes, int32.
  private func numerator(_ check: Guard) -> IRValue? {
    var sum: IRValue?
    for (axis, coordinate) in zip(layout.laneAxes, coordinates) where check.coefficients[axis] != 0 {
      let term = builder.multiply(coordinate, check.coefficients[axis])
      sum = sum.map { builder.add($0, term) } ?? term
    }
    return sum
  }

  func laneNumerator(_ check: Guard, _ lane: Int) -> IRValue {
    numerator(check).map { builder.extract($0, lane) } ?? builder.constant(0, builder.i32)
  }

  /// The lanes inside the operand and existing; nil where all are.
  func mask(_ numerators: [IRValue], inner: IRValue?) -> IRValue? {
    var mask = validLanes
    for (check, uniform) in zip(layout.access.guards, numerators) {
      var value = builder.splat(builder.cast(.truncate, uniform, to: builder.i32), count)
      if let own = numerator(check) { value = builder.add(value, own) }
      let extent = builder.constant(check.extent, value.type)
      mask = builder.and(mask, builder.compare(.unsignedLess, value, extent))
    }
    return mask
  }

  /// Elements from the state's offset to each lane, int64.
  var offsets: [IRValue] {
    (0..<count).map { builder.cast(.signExtend, builder.extract(memory, $0), to: builder.i64) }
  }

  /// Elements from the operand's start to each lane, such that a lane masked off stays inside along the run of k.
  func safeOffsets(_ base: IRValue, _ mask: IRValue?) -> [IRValue] {
    let stride = layout.innerStride
    let safe = builder.constant(stride >= 0 ? 0 : -stride * (layout.innerCount - 1))
    return offsets.enumerated().map { lane, offset in
      let address = builder.add(base, offset)
      guard let mask else { return address }
      return builder.select(builder.extract(mask, lane), address, safe)
    }
  }
}
