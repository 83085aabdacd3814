/// A binary heap: gives the least of its elements first.
package struct PriorityQueue<Element: Comparable> {
  private var heap: [Element] = []

  package init() {}

  package var isEmpty: Bool { heap.isEmpty }

  package mutating func insert(_ element: Element) {
    heap.append(element)
    var place = heap.count - 1
    while place > 0 {
      let parent = (place - 1) / 2
      guard heap[place] < heap[parent] else { return }
      heap.swapAt(place, parent)
      place = parent
    }
  }

  /// Removes the least element; nil where there is none.
  package mutating func popLeast() -> Element? {
    guard let least = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return least }
    heap[0] = last
    var place = 0
    while true {
      var smallest = place
      let first = 2 * place + 1
      for child in first..<min(first + 2, max(first, heap.count)) where heap[child] < heap[smallest] {
        smallest = child
      }
      if smallest == place { return least }
      heap.swapAt(place, smallest)
      place = smallest
    }
  }
}
