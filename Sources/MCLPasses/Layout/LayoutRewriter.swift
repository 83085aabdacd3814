import MCLGraph
import MCLKernelForms

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
  /// For every entry, whether a contraction reads it.
  private let readByContraction: [Bool]

  init(_ graph: Graph, _ layouts: [Int: BlockedLayout]) {
    self.graph = graph
    self.layouts = layouts
    rewriter = GraphRewriter(graph)
    wantedPlain = Self.wantedInOrder(graph)
    var readByContraction = graph.entries.map { _ in false }
    for entry in graph.entries {
      guard let compute = entry.operation as? Compute,
        FusedComputation(comprehension: compute.comprehension, operands: []).isContraction
      else { continue }
      for operand in entry.operands { readByContraction[operand] = true }
    }
    self.readByContraction = readByContraction
  }

  /// Entries that something other than a computation sees.
  static func wantedInOrder(_ graph: Graph) -> Set<Int> {
    var wanted = Set(graph.roots)
    for entry in graph.entries where !(entry.operation is Compute) { wanted.formUnion(entry.operands) }
    return wanted
  }

  func finish() -> Graph { rewriter.finish() }

  /// Entries stored in blocks and, for some reader, in their own order too.
  var storedTwice: [Int] { blocked.keys.filter { plain[$0] != nil }.sorted() }

  mutating func rewrite(_ index: Int) throws {
    let entry = graph.entries[index]
    guard let compute = entry.operation as? Compute else { return try rewriter.copy(index) }
    let comprehension = compute.comprehension
    let layout = layouts[index]
    let isContraction = FusedComputation(comprehension: comprehension, operands: []).isContraction
    var split = Splitting(comprehension, output: layout, isSummedOver: readByContraction[index])
    var isRead = comprehension.accesses.map { _ in false }
    for (position, access) in comprehension.accesses.enumerated() {
      guard let own = layouts[entry.operands[access.operand]], let channel = own.channelIndex(of: access),
        let parts = BlockedChannel(access.indices[channel], axes: comprehension.axes, own)
      else { continue }
      isRead[position] = own.isVector || split.insert(parts.axis, isContraction: isContraction)
    }
    split.place()

    var operands: [Int] = []
    var result = Comprehension(
      axes: split.sizes, outputRank: split.outputRank, accesses: [],
      body: split.masked(comprehension.body.mapLeaves(split.leaf), isContraction: isContraction),
      reduction: comprehension.reduction,
      epilogue: split.masked(epilogue: comprehension.epilogue.mapLeaves(split.leaf)),
      element: comprehension.element)
    let forward = ForwardContraction(comprehension)
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
    let made: Int
    if layout == nil, split.isPaddedOutput {
      made = try cropped(&computation, split, compute, like: entry)
    } else {
      computation.deduplicate()
      made = try rewriter.append(
        Compute(computation.comprehension, shape: layout?.shape ?? compute.shape, parts: compute.parts),
        computation.operands, like: entry)
    }
    if layout != nil { blocked[index] = made } else { plain[index] = made }
    rewriter.map(index, to: wantedPlain.contains(index) ? try inOrder(index) : made)
  }

  /// A contraction whose output axes had to be padded: computed padded, then cut, with its epilogue.
  private mutating func cropped(
    _ computation: inout FusedComputation, _ split: Splitting, _ compute: Compute, like entry: Graph.Entry
  ) throws -> Int {
    let source = compute.comprehension
    let rank = source.outputRank
    let original = computation
    computation.comprehension.epilogue = .accumulator
    computation.deduplicate()
    let padded = try rewriter.append(
      Compute(
        computation.comprehension, shape: computation.comprehension.outputShape,
        parts: compute.parts.filter { $0.role != .epilogue }),
      computation.operands, like: entry)
    var cut = FusedComputation(
      comprehension: Comprehension(
        axes: source.outputShape, accesses: [], body: source.epilogue, element: source.element),
      operands: [padded])
    // The epilogue's operands, seen over the axes as they were.
    for (position, access) in source.accesses.enumerated() {
      var moved = access
      moved.operand = cut.operands.count
      for index in moved.indices.indices {
        moved.indices[index].coefficients = Array(moved.indices[index].coefficients.prefix(rank))
      }
      let operand = entry.operands[access.operand]
      let isLoaded = source.epilogue.loads.contains(position)
      cut.operands.append(isLoaded ? try inOrder(operand) : original.operands[position])
      cut.comprehension.accesses.append(moved)
    }
    let result = cut.comprehension.accesses.count
    cut.comprehension.accesses.append(
      Access(
        operand: 0,
        (0..<rank).map { axis in
          .axis(axis, of: rank, extent: split.places[axis].reduce(1) { $0 * split.sizes[$1.axis] })
        }))
    cut.comprehension.body = source.epilogue.mapLeaves { $0 == .accumulator ? .load(result) : $0 }
    cut.deduplicate()
    let epilogue = compute.parts.filter { $0.role == .epilogue }
    let parts = [Compute.Part("cut padding", path: entry.path, type: entry.type)] + epilogue
    return try rewriter.append(
      Compute(cut.comprehension, shape: compute.shape, parts: parts), cut.operands, like: entry)
  }

  /// The entry that holds a value in its own order.
  private mutating func inOrder(_ index: Int) throws -> Int {
    if let known = plain[index] { return known }
    guard let source = blocked[index], let layout = layouts[index] else { return rewriter.mapping[index] }
    let entry = graph.entries[index]
    var view: Comprehension
    if layout.isPadded {
      // The channel's block is the one in which its lane exists.
      let axes = [layout.outer, layout.channels, layout.inner, layout.blocks]
      view = Comprehension(
        axes: axes, outputRank: 3,
        accesses: [
          Access(
            operand: 0,
            [
              .axis(3, of: 4, extent: layout.blocks), .axis(0, of: 4, extent: layout.outer),
              .axis(2, of: 4, extent: layout.inner),
              AffineIndex([0, 1, 0, -BlockedLayout.block], extent: BlockedLayout.block),
            ], fill: -.infinity)
        ], body: .load(0), reduction: .maximum)
    } else {
      // [outer, block, lane, inner] is the order of the tensor.
      let axes = [layout.outer, layout.blocks, BlockedLayout.block, layout.inner]
      view = Comprehension(
        axes: axes, accesses: [Access(operand: 0, [1, 0, 3, 2].map { .axis($0, of: 4, extent: axes[$0]) })],
        body: .load(0))
    }
    view.element = entry.type.element
    let part = Compute.Part("reorder", path: entry.path, type: entry.type)
    let made = try rewriter.append(
      Compute(view, shape: entry.type.shape, parts: [part]), [source], like: entry)
    plain[index] = made
    return made
  }

  /// The kernel's weights in the order [channel block, taps, input channels, lane], as an entry of its own: equal
  /// packings of one state are one entry. Where the output has too few channels for blocks and the image is in blocks,
  /// lanes are the input's: [channel, taps, input channel block, lane].
  private mutating func packed(
    _ access: Access, _ source: Int, _ forward: ForwardContraction, _ split: Splitting,
    like entry: Graph.Entry
  ) throws -> (Access, Int) {
    let output = split.places[forward.outputChannels].map(\.axis)
    let taps = forward.taps.flatMap { split.places[$0].map(\.axis) }
    let channels = forward.inputChannels.map { split.places[$0].map(\.axis) } ?? []
    let isNarrow = output.count == 1 && split.sizes[output[0]] < SharedLimits.fewestChannels
    guard output.count == 2 || (isNarrow && channels.count == 2) else { return (access, source) }
    let order = [output[0]] + taps + channels + output.dropFirst()
    let sizes = order.map { split.sizes[$0] }
    var view = access
    view.operand = 0
    view.fill = 0
    view.indices = access.indices.map { index in
      var moved = index
      moved.coefficients = order.map { index.coefficients[$0] }
      return moved
    }
    let map = Comprehension(axes: sizes, accesses: [view], body: .load(0))
    let part = Compute.Part("pack", path: entry.path, type: TensorType(.float32, sizes))
    let made = try rewriter.append(Compute(map, shape: sizes, parts: [part]), [source], like: entry)
    let indices = order.map { AffineIndex.axis($0, of: split.sizes.count, extent: split.sizes[$0]) }
    return (Access(operand: 0, indices), made)
  }
}

/// The axes of a comprehension with some split into blocks of 16 and lanes.
struct Splitting {
  private let comprehension: Comprehension
  private let output: BlockedLayout?
  /// Whether a contraction sums over the output's channels, whose padding must then be zero.
  private let isSummedOver: Bool
  private var axes: Set<Int> = []
  /// Where each axis is now: `sum of factor x axis`.
  private(set) var places: [[(axis: Int, factor: Int)]] = []
  private(set) var sizes: [Int] = []
  private(set) var outputRank = 0

  init(_ comprehension: Comprehension, output: BlockedLayout?, isSummedOver: Bool) {
    self.comprehension = comprehension
    self.output = output
    self.isSummedOver = isSummedOver
    if let axis = output?.channelAxis(in: comprehension.outputShape) { axes.insert(axis) }
  }

  /// Whether an axis, if any, may be split for the sake of an operand; it then will be. One that does not divide into
  /// blocks gets padding: of a sum or a maximum, or of a contraction's output, which is then cut.
  mutating func insert(_ axis: Int?, isContraction: Bool) -> Bool {
    guard let axis else { return true }
    if comprehension.axes[axis] % BlockedLayout.block != 0, !axes.contains(axis) {
      let isSummed = axis >= comprehension.outputRank
      guard isSummed ? comprehension.reduction != .firstMaximumPosition : isContraction && output == nil
      else { return false }
    }
    axes.insert(axis)
    return true
  }

  private func isPadded(_ axis: Int) -> Bool {
    axes.contains(axis) && comprehension.axes[axis] % BlockedLayout.block != 0
  }

  /// Whether an output axis other than a blocked output's channels is padded.
  var isPaddedOutput: Bool { output == nil && (0..<comprehension.outputRank).contains(where: isPadded) }

  private func mask(_ axis: Int, _ value: ScalarExpression, else other: Double) -> ScalarExpression {
    .select(
      .less, leaf(.index(axis)), .integer(comprehension.axes[axis]), then: value,
      else: .constant(other))
  }

  /// The body with nothing to give where a summed axis is padding; a contraction's operands are zero there.
  func masked(_ body: ScalarExpression, isContraction: Bool) -> ScalarExpression {
    var body = body
    if comprehension.reduction == .none {
      for axis in comprehension.axes.indices where isPadded(axis) { body = mask(axis, body, else: 0) }
    } else if !isContraction {
      let neutral = comprehension.reduction == .sum ? 0 : -Double.infinity
      for axis in comprehension.outputRank..<comprehension.axes.count where isPadded(axis) {
        body = mask(axis, body, else: neutral)
      }
    }
    return body
  }

  /// The epilogue with zero where the output's channels are padding.
  func masked(epilogue: ScalarExpression) -> ScalarExpression {
    guard comprehension.reduction != .none else { return epilogue }
    var epilogue = epilogue
    // What a contraction sums there is zero already, its kernel being packed with zeros; or NaN, where its image is
    // infinite, which only a sum over these channels would see.
    if epilogue == .accumulator, !isSummedOver, ForwardContraction(comprehension) != nil { return epilogue }
    for axis in 0..<comprehension.outputRank where isPadded(axis) && output != nil {
      epilogue = mask(axis, epilogue, else: 0)
    }
    return epilogue
  }

  /// Gives every axis its place; the channels of a blocked output go outermost, their lanes innermost.
  mutating func place() {
    let block = BlockedLayout.block
    let channel = output?.channelAxis(in: comprehension.outputShape)
    places = comprehension.axes.map { _ in [] }
    func add(_ size: Int) -> Int {
      sizes.append(size)
      return sizes.count - 1
    }
    if let channel { places[channel] = [(add((comprehension.axes[channel] + block - 1) / block), block)] }
    for (axis, size) in comprehension.axes.enumerated() {
      if axis == comprehension.outputRank, let channel { places[channel].append((add(block), 1)) }
      if axis == comprehension.outputRank { outputRank = sizes.count }
      if axis == channel { continue }
      if axes.contains(axis) {
        places[axis] = [(add((size + block - 1) / block), block), (add(block), 1)]
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
    guard let position = layout.channelIndex(of: access) else { return access }
    if layout.isVector {
      var moved = index(access.indices[position])
      moved.extent = layout.blocks * BlockedLayout.block
      // Other coordinates are 0 wherever they are inside.
      let checked = access.indices.indices.filter {
        $0 != position && access.indices[$0].mayFallOutside(axes: comprehension.axes)
      }
      return Access(
        operand: access.operand, checked.map { index(access.indices[$0]) } + [moved], fill: access.fill)
    }
    guard let channel = BlockedChannel(access.indices[position], axes: comprehension.axes, layout) else {
      return access
    }
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
    return .index(place[0].axis) * .integer(place[0].factor) + .index(place[1].axis)
  }
}

extension ScalarExpression {
  /// The accesses that are loaded.
  var loads: Set<Int> {
    var found = Set<Int>()
    forEach { if case .load(let access) = $0 { found.insert(access) } }
    return found
  }
}
