import Foundation
import MCLData
import MCLDataTestKit
import MCLSupport
import Testing

@Suite struct VideoChoiceTests {
  /// So many videos of each class, in order of the classes.
  private func videos(_ counts: [(label: String?, count: Int)]) -> [VideoDataset.Video] {
    counts.flatMap { label, count in
      (0..<count).map { number in
        let name = (label.map { $0 + "/" } ?? "") + "\(number).avi"
        return VideoDataset.Video(path: "/d/" + name, name: name, label: label)
      }
    }
  }

  private func counts(_ all: [VideoDataset.Video], _ count: Int, seed: UInt64 = 1) -> [String?: Int] {
    let names = all.chosen(count, seed: seed)
    return Dictionary(grouping: all.filter { names.contains($0.name) }, by: \.label).mapValues(\.count)
  }

  @Test func classesAreTakenAlike() {
    let all = videos([("a", 100), ("b", 50), ("c", 10), (nil, 40)])
    for count in [0, 1, 7, 20, 100, 199, 200, 500] {
      let taken = counts(all, count)
      #expect(taken.values.reduce(0, +) == min(count, 200))
      for (label, size) in [("a", 100), ("b", 50), ("c", 10), (nil, 40)] as [(String?, Int)] {
        let exact = Double(size) * Double(min(count, 200)) / 200
        #expect(abs(Double(taken[label] ?? 0) - exact) <= 1, "\(label ?? "none"), \(count)")
      }
    }
    // The first of each class, before the second of any.
    let even = videos([("a", 3), ("b", 3), ("c", 3)])
    #expect(counts(even, 3) == ["a": 1, "b": 1, "c": 1])
  }

  @Test func theDrawDependsOnSeedAndNamesAlone() {
    let all = videos([("a", 30), ("b", 30)])
    let first = all.chosen(20, seed: 1)
    #expect(all.reversed().chosen(20, seed: 1) == first)
    #expect(all.chosen(20, seed: 2) != first)
    // More are those and others.
    #expect(all.chosen(40, seed: 1).isSuperset(of: first))
    // It is not the draw of what is held back: of the classes' first 15, both kinds are there.
    let split = try? ValidationSplit(share: 0.5, seed: 1).parts(of: all) { $0 }
    let held = Set(split?.validation.map(\.name) ?? [])
    #expect(held.count == 30 && !first.isSubset(of: held) && !first.isDisjoint(with: held))
  }

  @Test func aDataSetKeepsItsOrder() throws {
    let folder = try VideoTestFolder()
    for name in ["a/1", "a/2", "b/1", "b/2", "b/3", "b/4"] {
      let path = "\(folder.path)/\(name).avi"
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try Data([1]).write(to: URL(fileURLWithPath: path))
    }
    let all = try VideoDataset(directory: folder.path)
    let some = all.chosen(3, seed: 4).videos
    #expect(some.count == 3 && all.videos.filter(some.contains) == some)
    #expect(Dictionary(grouping: some, by: \.label).mapValues(\.count) == ["a": 1, "b": 2])
    #expect(all.chosen(6, seed: 4).videos == all.videos)
  }
}
