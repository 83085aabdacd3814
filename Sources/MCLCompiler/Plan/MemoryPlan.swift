/// Offsets in one arena for values that live from one step of a schedule to another.
package struct MemoryPlan {
  /// A block of memory and the steps, both included, during which it is in use.
  package struct Block: Sendable {
    package var byteCount: Int
    package var first: Int
    package var last: Int

    package init(byteCount: Int, first: Int, last: Int) {
      self.byteCount = byteCount
      self.first = first
      self.last = last
    }
  }

  package static let alignment = 64

  /// One offset a block, a multiple of 64.
  package private(set) var offsets: [Int]
  /// The size of the arena.
  package private(set) var byteCount = 0

  /// Places the largest blocks first, each at the lowest offset free of every block it shares a step with; those of no bytes
  /// take no room.
  package init(_ blocks: [Block]) {
    offsets = [Int](repeating: 0, count: blocks.count)
    func rounded(_ bytes: Int) -> Int { (bytes + Self.alignment - 1) / Self.alignment * Self.alignment }
    let order = blocks.indices.filter { blocks[$0].byteCount > 0 }.sorted {
      blocks[$0].byteCount != blocks[$1].byteCount ? blocks[$0].byteCount > blocks[$1].byteCount : $0 < $1
    }
    /// What is placed already, sorted by offset.
    struct Placed {
      var first: Int
      var last: Int
      var offset: Int
      var end: Int
    }
    var placed: [Placed] = []
    for index in order {
      let block = blocks[index]
      let size = rounded(block.byteCount)
      var offset = 0
      for other in placed where other.first <= block.last && block.first <= other.last {
        if other.offset >= offset + size { break }
        offset = max(offset, other.end)
      }
      offsets[index] = offset
      byteCount = max(byteCount, offset + size)
      // After all of the same offset.
      var (low, high) = (0, placed.count)
      while low < high {
        let middle = (low + high) / 2
        if placed[middle].offset <= offset { low = middle + 1 } else { high = middle }
      }
      placed.insert(
        Placed(first: block.first, last: block.last, offset: offset, end: offset + size), at: low)
    }
  }
}
