import MCLSupport

extension Sequence<VideoDataset.Video> {
  /// The names of some of the videos, about the same share of each class, by chance; of all where there are no more.
  ///
  /// Within a class of n videos, drawn places p from 0 give the ranks (p + 1/2) / n; the videos of the least ranks are
  /// taken. The draw depends on the seed and the videos' names alone.
  ///
  /// - Parameter count: videos to take.
  package func chosen(_ count: Int, seed: UInt64) -> Set<FilePath> {
    var ranked: [(rank: Double, chance: UInt64, name: FilePath)] = []
    for members in Dictionary(grouping: self, by: \.label).values {
      let drawn = members.map { (chance: $0.chance(seed: seed, purpose: "chosen to measure"), name: $0.name) }
        .sorted { ($0.chance, $0.name) < ($1.chance, $1.name) }
      for (place, video) in drawn.enumerated() {
        ranked.append(((Double(place) + 0.5) / Double(members.count), video.chance, video.name))
      }
    }
    ranked.sort { ($0.rank, $0.chance, $0.name) < ($1.rank, $1.chance, $1.name) }
    return Set(ranked.prefix(count).map(\.name))
  }
}

extension VideoDataset {
  /// The data set's videos that are chosen so, in the order they have.
  package func chosen(_ count: Int, seed: UInt64) -> VideoDataset {
    videos.count > count ? restricted(to: videos.chosen(count, seed: seed)) : self
  }
}

extension VideoDataset.Video {
  /// A number that is drawn for the video by its name.
  func chance(seed: UInt64, purpose: CounterRandom.Purpose) -> UInt64 {
    var hash = ContentHash()
    hash.combine(name.bytes)
    var random = CounterRandom(seed: seed, sample: Int(bitPattern: UInt(hash.value)), purpose: purpose)
    return random.next()
  }
}
