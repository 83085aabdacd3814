import LLVMBindings
import MCLGraph

/// How the generic kernel walks an iteration space: which axis lies along the lanes, and who does what.
struct LoopPlan {
  enum Orientation {
    /// Lanes along the innermost output axis; a reduction runs inside each vector of outputs.
    case overOutput
    /// Lanes along the innermost reduction axis, folded at the end.
    case overReduction
    /// One point at a time.
    case scalar
  }

  let orientation: Orientation
  let lanes: Int
  /// Vectors worked on at once.
  let unroll: Int
  /// The output as rows x columns; the columns are the innermost output axis where lanes lie along it.
  let rows: Int
  let columns: Int
  let rowsPerTask: Int
  let columnsPerTask: Int

  /// Whether a task takes all its rows for one vector of columns before the next: where an operand is transposed,
  /// the cache lines that a vector gathers from are then used up while they are near.
  let columnsOutside: Bool

  /// Set where operands are transposed: the axis they are contiguous along, and which accesses those are. The rows
  /// are then those of squares of as many rows as lanes.
  let transposed: (axis: Int, accesses: Set<Int>)?

  var rowTasks: Int { (rows + rowsPerTask - 1) / rowsPerTask }
  var columnTasks: Int { (columns + columnsPerTask - 1) / columnsPerTask }
  var taskCount: Int { rowTasks * columnTasks }

  /// The most tasks a kernel is split into, and the least work, in points, worth a task.
  static let mostTasks = 64
  static let leastWork = 16_384

  init(_ space: IterationSpace, comprehension: Comprehension, target: TargetDescription) {
    let outputs = space.axes.prefix(space.outputRank)
    let inner = space.outputRank - 1
    let last = space.axes.count - 1
    let reduces = space.reductionRank > 0
    let widest = target.lanes

    /// Time for one point, relative, with lanes along `axis`.
    func cost(_ axis: Int) -> Double {
      let size = space.axes[axis]
      let lanes = Self.lanes(widest, size)
      var perVector = 1.0
      for access in space.accesses {
        perVector += access.isContiguous(along: axis) || !access.depends(on: axis) ? 1 : Double(lanes)
      }
      let perScalar = 1.0 + Double(space.accesses.count)
      if axis == inner {
        // The rest is taken in ever narrower vectors.
        let vectors = size / lanes + (size % lanes).nonzeroBitCount
        return Double(vectors) * perVector / Double(size)
      }
      let folding = 16 / Double(comprehension.reductionCount)
      return (Double(size / lanes) * perVector + Double(size % lanes) * perScalar) / Double(size) + folding
    }

    if !reduces {
      orientation = space.outputRank > 0 ? .overOutput : .scalar
    } else if comprehension.reduction == .firstMaximumPosition {
      orientation = space.outputRank > 0 ? .overOutput : .scalar
    } else if space.outputRank > 0, cost(inner) <= cost(last) {
      orientation = .overOutput
    } else {
      orientation = .overReduction
    }
    switch orientation {
    case .overOutput:
      lanes = Self.lanes(widest, space.axes[inner])
      columns = space.axes[inner]
      let most = reduces ? 4 : comprehension.body.operationCount <= 4 ? 2 : 1
      transposed = Self.transposedAxis(space, comprehension: comprehension, lanes: lanes)
      unroll = transposed == nil ? max(1, min(most, columns / lanes)) : 1
    case .overReduction:
      lanes = Self.lanes(widest, space.axes[last])
      columns = 1
      transposed = nil
      unroll = max(1, min(4, space.axes[last] / lanes))
    case .scalar:
      lanes = 1
      columns = 1
      transposed = nil
      unroll = 1
    }
    columnsOutside =
      orientation == .overOutput && !reduces && inner > 0 && transposed == nil
      && space.accesses.contains { $0.strides[inner] >= 16 && $0.isContiguous(along: inner - 1) }
    var rows = outputs.reduce(1, *) / columns
    if let transposed {
      let size = space.axes[transposed.axis]
      rows = rows / size * ((size + lanes - 1) / lanes)
    }
    self.rows = rows

    let perOutput = comprehension.reductionCount * (1 + comprehension.body.operationCount / 4)
    let work = max(1, outputs.reduce(1, *) * perOutput)
    let wanted =
      work < Self.leastWork ? 1 : min(Self.mostTasks, (work + Self.leastWork / 2 - 1) / (Self.leastWork / 2))
    let rowTasks = max(1, min(rows, wanted))
    rowsPerTask = max(1, (rows + rowTasks - 1) / rowTasks)
    let block = lanes * unroll
    let columnTasks = max(1, min(wanted / rowTasks, columns / block))
    let perTask = (columns + columnTasks - 1) / columnTasks
    columnsPerTask = max(1, (perTask + block - 1) / block * block)
  }

  /// The widest vector an axis of this size fills.
  static func lanes(_ widest: Int, _ size: Int) -> Int {
    var lanes = widest
    while lanes > size { lanes /= 2 }
    return max(1, lanes)
  }
}
