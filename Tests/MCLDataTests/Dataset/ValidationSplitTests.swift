import Foundation
import MCLData
import MCLDataTestKit
import MCLRuntime
import MCLSupport
import Testing

@Suite struct ValidationSplitTests {
  /// So many videos of each class.
  private func videos(_ counts: [String?: Int]) -> [VideoDataset.Video] {
    counts.sorted { ($0.key ?? "") < ($1.key ?? "") }.flatMap { label, count in
      (0..<count).map { number in
        let name = (label.map { $0 + "/" } ?? "") + "\(number).avi"
        return VideoDataset.Video(path: "/d/" + name, name: name, label: label)
      }
    }
  }

  private func validation(
    _ videos: [VideoDataset.Video], _ share: Double, seed: UInt64 = 1
  ) throws -> [VideoDataset.Video] {
    let (training, validation) = try ValidationSplit(share: share, seed: seed).parts(of: videos) { $0 }
    // Each video is in one part, in the order it had.
    #expect(Set(training).isDisjoint(with: validation))
    #expect(videos.filter(Set(training).contains) == training)
    #expect(videos.filter(Set(validation).contains) == validation)
    #expect(training.count + validation.count == videos.count)
    return validation
  }

  @Test func everyClassKeepsItsShare() throws {
    var random = CounterRandom(seed: 3, purpose: "sizes of classes")
    for trial in 0..<200 {
      let counts = Dictionary(
        uniqueKeysWithValues: (0..<random.integer(in: 1...12)).map {
          (String?("class \($0)"), random.integer(in: 1...40))
        })
      guard counts.values.contains(where: { $0 > 1 }) else { continue }
      let share = random.uniform(in: 0.02...0.98)
      let kept = try validation(videos(counts), share, seed: UInt64(trial))
      let keptCounts = Dictionary(grouping: kept, by: \.label).mapValues(\.count)
      for (label, count) in counts {
        let own = keptCounts[label] ?? 0
        #expect(count > 1 ? (1..<count).contains(own) : own == 0, "\(own) of \(count)")
        let exact = share * Double(count)
        #expect(
          abs(Double(own) - exact) <= 1 || own == 1 || own == count - 1, "\(own) of \(count) at \(share)")
      }
    }
    // Few of each class add up to the share of all.
    let many = Dictionary(uniqueKeysWithValues: (0..<100).map { (String?("c\($0)"), 14) })
    #expect(try validation(videos(many), 0.1).count == 140)
    #expect(try validation(videos(["a": 10, "b": 20]), 0.2).count == 6)
  }

  @Test func theOrderOfFilesDoesNotMatter() throws {
    let all = videos(["a": 9, "b": 17, nil: 5])
    let kept = Set(try validation(all, 0.3))
    var random = CounterRandom(seed: 1, purpose: "orders")
    for _ in 0..<20 {
      var shuffled = all
      random.shuffle(&shuffled)
      #expect(Set(try validation(shuffled, 0.3)) == kept)
    }
    let others = try (2..<12).map { Set(try validation(all, 0.3, seed: $0)) }
    #expect(Set(others).count > 5, "the seed matters")
    // Fixed once and for all: a resumed run must find its parts again.
    #expect(kept.map(\.name.description).sorted() == Self.frozen)
  }

  private static let frozen = [
    "2.avi", "3.avi", "a/5.avi", "a/7.avi", "b/2.avi", "b/3.avi", "b/4.avi", "b/5.avi", "b/8.avi",
  ]

  /// Videos that are added to a class leave nearly all others where they were.
  @Test func growingMovesLittle() throws {
    let before = Set(try validation(videos(["a": 50]), 0.2))
    let after = Set(try validation(videos(["a": 55]), 0.2))
    #expect(before.subtracting(after).count <= 5)
    // By chance alone, every fifth would stay.
    #expect(before.intersection(after).count >= 5)
  }

  @Test func chanceIsFair() throws {
    let all = videos(["a": 20])
    var times = [VideoDataset.Video: Int]()
    for seed in 0..<500 {
      for video in try validation(all, 0.25, seed: UInt64(seed)) { times[video, default: 0] += 1 }
    }
    // 500 draws at 1/4: 125, standard deviation 9.7.
    #expect(
      times.count == 20 && times.values.allSatisfy { (125 - 49...125 + 49).contains($0) }, "\(times.values)")
  }

  @Test func withoutLabelsTheWholeIsDivided() throws {
    #expect(try validation(videos([nil: 50]), 0.2).count == 10)
    #expect(try validation(videos([nil: 2]), 0.01).count == 1)
    #expect(try validation(videos([nil: 2]), 0.99).count == 1)
  }

  @Test func whatCannotBeDividedIsRefused() throws {
    for share in [0, 1, -0.1, 1.5, .nan, .infinity] {
      #expect(throws: UsageError.self) { _ = try ValidationSplit(share: share, seed: 1) }
    }
    let error = #expect(throws: UsageError.self) { _ = try validation(videos(["a": 1, "b": 1]), 0.5) }
    #expect(error?.description.hasPrefix("no class of the 2 videos has two") == true)
    #expect(throws: UsageError.self) { _ = try validation([], 0.5) }
  }

  @Test func aDataSetHasTwoParts() throws {
    let folder = try VideoTestFolder()
    let data = folder.path + "/data"
    for name in ["run/1.avi", "run/2.avi", "run/3.avi", "walk/1.avi", "walk/2.avi"] {
      try FileManager.default.createDirectory(
        atPath: (data + "/" + name as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      _ = try folder.file("data/" + name, [1])
    }
    symlink("gone.avi", data + "/run/4.avi")
    let dataset = try VideoDataset(directory: data)
    let (training, validation) = try dataset.parts(ValidationSplit(share: 0.4, seed: 7))
    #expect(Set(training.videos + validation.videos) == Set(dataset.videos))
    #expect(Set(training.videos.map(\.label)) == ["run", "walk"])
    #expect(Set(validation.videos.map(\.label)) == ["run", "walk"])
    #expect(dataset.skipped.map(\.name) == ["run/4.avi"])
    #expect(training.skipped.map(\.name) == ["run/4.avi"] && validation.skipped.isEmpty)
    let some = dataset.restricted(to: ["walk/2.avi", "run/1.avi", "none.avi"])
    #expect(some.videos.map(\.name) == ["run/1.avi", "walk/2.avi"] && some.skipped.isEmpty)
  }
}
