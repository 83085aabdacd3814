/// How one operand of a contraction is brought into panels: `width` lanes side by side for each k.
struct PanelLayout {
  enum Mode {
    /// Neighbouring lanes are neighbours in memory: vectors are copied.
    case alongLanes
    /// Neighbouring k are neighbours in memory: blocks are transposed.
    case alongInner
    /// Neither: element by element.
    case scattered
  }

  let access: LinearAccess
  let mode: Mode
  /// The axes whose row-major position is the lane.
  let laneAxes: [Int]
  let laneSizes: [Int]
  let width: Int
  /// The k axes walked outside, and the run of k inside.
  let outerAxes: [Int]
  let outerSizes: [Int]
  let innerAxes: [Int]
  let innerSizes: [Int]

  var laneCount: Int { laneSizes.reduce(1, *) }
  var innerCount: Int { innerSizes.reduce(1, *) }
  var outerCount: Int { outerSizes.reduce(1, *) }
  var innerStride: Int { innerAxes.last.map { access.strides[$0] } ?? 0 }

  /// k rows past the end that a panel must have room for: transposed blocks are written whole.
  static let slackRows = 8

  /// Whether a group of axes moves through memory as one axis of neighbours.
  static func areNeighbours(_ axes: [Int], _ access: LinearAccess, _ sizes: [Int]) -> Bool {
    guard let last = axes.last, access.strides[last] == 1 else { return false }
    return zip(axes, axes.dropFirst()).allSatisfy { access.mergesInMemory($0, $1, size: sizes[$1]) }
  }
}
