import MCLGraph

/// Rewrites a graph so that chosen entries are stored in channel blocks: axes are split, accesses follow.
struct LayoutRewriter {
  private let graph: Graph
  private let layouts: [Int: BlockedLayout]
  private var rewriter: GraphRewriter
  /// The entry that holds a blocked value, and the one that holds it in its own order.
  private var blocked: [Int: Int] = [:]
  private var plain: [Int: Int] = [:]
  /// Entries that must be had in their own order.
  private let wantedPlain: Set<Int>

  init(_ graph: Graph, _ layouts: [Int: BlockedLayout]) {
    self.graph = graph
    self.layouts = layouts
    rewriter = GraphRewriter(graph)
    var wanted = Set(graph.roots)
    for entry in graph.entries where !(entry.operation is Compute) { wanted.formUnion(entry.operands) }
    wantedPlain = wanted
  }

  func finish() -> Graph { rewriter.finish() }

  mutating func rewrite(_ index: Int) throws {
    let entry = graph.entries[index]
    guard let compute = entry.operation as? Compute else { return try rewriter.copy(index) }
    let comprehension = compute.comprehension
    let layout = layouts[index]
    var split = Splitting(comprehension, output: layout)
    var isRead = comprehension.accesses.map { _ in false }
    for (position, access) in comprehension.accesses.enumerated() {
      guard let own = layouts[entry.operands[access.operand]], let channel = own.channelIndex(of: access),
        let parts = BlockedChannel(access.indices[channel], axes: comprehension.axes)
      else { continue }
      if let axis = parts.axis { split.insert(axis) }
      isRead[position] = true
    }
    split.place()

    var operands: [Int] = []
    var result = Comprehension(
      axes: split.sizes, outputRank: split.outputRank, accesses: [],
      body: comprehension.body.mapLeaves(split.leaf),
      reduction: comprehension.reduction, epilogue: comprehension.epilogue.mapLeaves(split.leaf),
      element: comprehension.element)
    let forward = layout == nil ? nil : ForwardContraction(comprehension)
    for (position, access) in comprehension.accesses.enumerated() {
      let operand = entry.operands[access.operand]
      var moved: Access
      var target: Int
      if isRead[position], let own = layouts[operand], let inner = blocked[operand] {
        moved = split.blocked(access, own)
        target = inner
      } else {
        moved = Access(operand: 0, access.indices.map(split.index), fill: access.fill)
        target = try inOrder(operand)
      }
      if let forward, position == forward.kernel {
        (moved, target) = try packed(moved, target, forward, split, like: entry)
      }
      moved.operand = operands.count
      operands.append(target)
      result.accesses.append(moved)
    }
    var computation = FusedComputation(comprehension: result, operands: operands)
    computation.deduplicate()
    let made = try rewriter.append(
      Compute(computation.comprehension, shape: layout?.shape ?? compute.shape), computation.operands,
      like: entry)
    if layout != nil { blocked[index] = made } else { plain[index] = made }
    rewriter.map(index, to: wantedPlain.contains(index) ? try inOrder(index) : made)
  }

  /// The entry that holds a value in its own order.
  private mutating func inOrder(_ index: Int) throws -> Int {
    if let known = plain[index] { return known }
    guard let source = blocked[index], let layout = layouts[index] else { return rewriter.mapping[index] }
    // [outer, block, lane, inner] is the order of the tensor.
    let axes = [layout.outer, layout.blocks, BlockedLayout.block, layout.inner]
    let order = [1, 0, 3, 2]
    let view = Comprehension(
      axes: axes, accesses: [Access(operand: 0, order.map { .axis($0, of: 4, extent: axes[$0]) })],
      body: .load(0))
    let entry = graph.entries[index]
    let made = try rewriter.append(Compute(view, shape: entry.type.shape), [source], like: entry)
    plain[index] = made
    return made
  }

  /// The kernel's weights in the order [channel block, taps, input channels, lane], as an entry of its own: equal
  /// packings of one state are one entry.
  private mutating func packed(
    _ access: Access, _ source: Int, _ forward: ForwardContraction, _ split: Splitting,
    like entry: Graph.Entry
  ) throws -> (Access, Int) {
    guard let output = split.places[forward.outputChannels].last,
      let block = split.places[forward.outputChannels].first, split.places[forward.outputChannels].count == 2
    else { return (access, source) }
    let taps = forward.taps.flatMap { split.places[$0].map(\.axis) }
    let channels = forward.inputChannels.map { split.places[$0].map(\.axis) } ?? []
    let order = [block.axis] + taps + channels + [output.axis]
    let sizes = order.map { split.sizes[$0] }
    var view = access
    view.operand = 0
    view.indices = access.indices.map { index in
      var moved = index
      moved.coefficients = order.map { index.coefficients[$0] }
      return moved
    }
    let map = Comprehension(axes: sizes, accesses: [view], body: .load(0))
    let made = try rewriter.append(Compute(map, shape: sizes), [source], like: entry)
    let indices = order.map { AffineIndex.axis($0, of: split.sizes.count, extent: split.sizes[$0]) }
    return (Access(operand: 0, indices), made)
  }
}

/// The axes of a comprehension with some split into blocks of 16 and lanes.
struct Splitting {
  private let comprehension: Comprehension
  private let output: BlockedLayout?
  private var axes: Set<Int> = []
  /// Where each axis is now: `sum of factor x axis`.
  private(set) var places: [[(axis: Int, factor: Int)]] = []
  private(set) var sizes: [Int] = []
  private(set) var outputRank = 0

  init(_ comprehension: Comprehension, output: BlockedLayout?) {
    self.comprehension = comprehension
    self.output = output
    if let axis = output?.channelAxis(in: comprehension.outputShape) { axes.insert(axis) }
  }

  mutating func insert(_ axis: Int) { axes.insert(axis) }

  /// Gives every axis its place; the channels of a blocked output go outermost, their lanes innermost.
  mutating func place() {
    let block = BlockedLayout.block
    let channel = output?.channelAxis(in: comprehension.outputShape)
    places = comprehension.axes.map { _ in [] }
    func add(_ size: Int) -> Int {
      sizes.append(size)
      return sizes.count - 1
    }
    if let channel { places[channel] = [(add(comprehension.axes[channel] / block), block)] }
    for (axis, size) in comprehension.axes.enumerated() {
      if axis == comprehension.outputRank, let channel { places[channel].append((add(block), 1)) }
      if axis == comprehension.outputRank { outputRank = sizes.count }
      if axis == channel { continue }
      if axes.contains(axis) {
        places[axis] = [(add(size / block), block), (add(block), 1)]
      } else {
        places[axis] = [(add(size), 1)]
      }
    }
    if comprehension.outputRank == comprehension.axes.count {
      if let channel { places[channel].append((add(block), 1)) }
      outputRank = sizes.count
    }
  }

  /// An index over the old axes as one over the new.
  func index(_ index: AffineIndex) -> AffineIndex {
    var moved = AffineIndex(
      [Int](repeating: 0, count: sizes.count), offset: index.offset, divisor: index.divisor,
      extent: index.extent)
    for (axis, coefficient) in index.coefficients.enumerated() where coefficient != 0 {
      for place in places[axis] { moved.coefficients[place.axis] += coefficient * place.factor }
    }
    return moved
  }

  /// An access of a blocked operand, which `BlockedChannel` has found possible.
  func blocked(_ access: Access, _ layout: BlockedLayout) -> Access {
    guard let position = layout.channelIndex(of: access),
      let channel = BlockedChannel(access.indices[position], axes: comprehension.axes)
    else { return access }
    var block = AffineIndex(
      [Int](repeating: 0, count: sizes.count), offset: channel.blockOffset, extent: layout.blocks)
    for (axis, coefficient) in channel.block.enumerated() where coefficient != 0 {
      for place in places[axis] { block.coefficients[place.axis] += coefficient * place.factor }
    }
    var lane = AffineIndex(
      [Int](repeating: 0, count: sizes.count), offset: channel.lane, extent: BlockedLayout.block)
    if let axis = channel.axis, places[axis].count == 2 {
      block.coefficients[places[axis][0].axis] += 1
      lane.coefficients[places[axis][1].axis] += 1
    }
    let outside = access.indices[..<position].map(index)
    let inside = access.indices[(position + 1)...].map(index)
    return Access(operand: access.operand, [block] + outside + inside + [lane], fill: access.fill)
  }

  /// A leaf over the old axes as an expression over the new.
  func leaf(_ leaf: ScalarExpression) -> ScalarExpression {
    guard case .index(let axis) = leaf else { return leaf }
    let place = places[axis]
    if place.count == 1 { return .index(place[0].axis) }
    return .index(place[0].axis) * .constant(Double(place[0].factor)) + .index(place[1].axis)
  }
}
