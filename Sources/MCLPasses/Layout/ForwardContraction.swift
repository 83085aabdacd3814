import MCLGraph

/// A contraction that maps an image to an image: a convolution or the input gradient of one.
///
/// Known by its form: one operand (the kernel) has exactly one axis of its own, the output's channels; of the axes
/// summed over, at most one (the input's channels) is a coordinate of the image, and every other shares one with an
/// output axis or is moved by padding (taps of a window). A weight's gradient has that form too, with the batch for
/// channels: it is told by the batch lying outermost in what it reads and by having many more taps than points of those
/// axes. A plain matrix product, whose output has two axes in all, is none.
struct ForwardContraction {
  /// Accesses of the comprehension.
  var image: Int
  var kernel: Int
  /// The axis of the output's channels, and that of the input's.
  var outputChannels: Int
  var inputChannels: Int?
  /// The other axes summed over.
  var taps: [Int]

  init?(_ comprehension: Comprehension) {
    guard comprehension.reduction == .sum,
      case .binary(.multiply, .load(let left), .load(let right)) = comprehension.body, left != right
    else { return nil }
    for (image, kernel) in [(left, right), (right, left)] {
      if let found = ForwardContraction(comprehension, image: image, kernel: kernel) {
        self = found
        return
      }
    }
    return nil
  }

  private init?(_ comprehension: Comprehension, image: Int, kernel: Int) {
    let axes = comprehension.axes
    func used(_ access: Int) -> Set<Int> {
      var found = Set<Int>()
      for index in comprehension.accesses[access].indices {
        for (axis, coefficient) in index.coefficients.enumerated() where coefficient != 0 && axes[axis] != 1 {
          found.insert(axis)
        }
      }
      return found
    }
    let (ofImage, ofKernel) = (used(image), used(kernel))
    let outputs = (0..<comprehension.outputRank).filter { axes[$0] != 1 }
    let own = outputs.filter { ofKernel.contains($0) }
    guard own.count == 1, !ofImage.contains(own[0]),
      outputs.allSatisfy({ ofImage.contains($0) || $0 == own[0] }), let last = outputs.last, last != own[0],
      outputs.count >= 3,
      !comprehension.accesses[kernel].mayFallOutside(axes: axes)
    else { return nil }
    let summed = (comprehension.outputRank..<axes.count).filter { axes[$0] != 1 }
    guard summed.allSatisfy({ ofImage.contains($0) && ofKernel.contains($0) }) else { return nil }
    var alone: [Int] = []
    var taps: [Int] = []
    var (tapCount, pointCount) = (1, 1)
    var isOutermost = true
    for (position, index) in comprehension.accesses[image].indices.enumerated() {
      let here = index.coefficients.indices.filter { index.coefficients[$0] != 0 && axes[$0] != 1 }
      let reduced = here.filter { $0 >= comprehension.outputRank }
      if reduced.isEmpty { continue }
      guard reduced.count == 1, here.count <= 2 else { return nil }
      if here.count == 1 {
        let isPlain = index.coefficients[reduced[0]] == 1 && index.offset == 0 && index.divisor == 1
        guard isPlain else {
          // The taps of a direction in which the output has one point.
          taps.append(reduced[0])
          tapCount *= axes[reduced[0]]
          continue
        }
        alone.append(reduced[0])
        isOutermost = position == 0
      } else {
        guard here[0] < comprehension.outputRank else { return nil }
        taps.append(reduced[0])
        tapCount *= axes[reduced[0]]
        pointCount *= axes[here[0]]
      }
    }
    guard 2 * tapCount <= 3 * pointCount || !isOutermost, alone.count <= 1,
      Set(alone + taps).count == summed.count, alone.count + taps.count == summed.count
    else { return nil }
    self.image = image
    self.kernel = kernel
    outputChannels = own[0]
    inputChannels = alone.first
    self.taps = taps.sorted()
  }

  /// The layout this contraction would have its output in.
  func outputLayout(_ comprehension: Comprehension) -> BlockedLayout? {
    BlockedLayout(comprehension.outputShape, along: outputChannels)
  }

  /// The layout it would have its image in.
  func imageLayout(_ comprehension: Comprehension) -> BlockedLayout? {
    guard let inputChannels else { return nil }
    let indices = comprehension.accesses[image].indices
    guard let position = indices.firstIndex(where: { $0.coefficients[inputChannels] != 0 }),
      indices[position].extent == comprehension.axes[inputChannels]
    else { return nil }
    guard indices[(position + 1)...].contains(where: { $0.extent > 1 }) else { return nil }
    return BlockedLayout(indices.map(\.extent), along: position)
  }
}
