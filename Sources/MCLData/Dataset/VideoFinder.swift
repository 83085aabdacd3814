import MCLSupport

/// Finds the videos of a folder by what lists call them.
///
/// A path with folders names a file only where it is the end of the file's own path, from whichever folder it is counted.
/// A name alone may stand in any folder, but not in one that is another label of the list.
struct VideoFinder {
  private let folder: VideoDataset
  private let list: VideoList
  private var byName: [FilePath: Int] = [:]
  private var byFile: [FilePath: [Int]] = [:]
  private var byStem: [FilePath: [Int]] = [:]
  private var byIdentity: [FileIdentity: [Int]] = [:]
  /// The folder's own path, as it was given and without links.
  private let roots: [[FilePath]]
  /// Folders that relative paths may be counted from.
  private let origins: [FilePath]
  /// The labels of the list, as `letters` of them.
  private let labels: Set<String>

  init(_ folder: VideoDataset, _ list: VideoList) {
    (self.folder, self.list) = (folder, list)
    for (number, video) in folder.videos.enumerated() {
      let file = video.name.lastComponent
      byName[video.name] = number
      byFile[file, default: []].append(number)
      if file.stem != file { byStem[file.stem, default: []].append(number) }
      byIdentity[folder.identities[number], default: []].append(number)
    }
    roots = [folder.root, folder.root.resolved() ?? folder.root].map(\.components)
    let beside = FilePath(list.path).absolute().components.dropLast()
    origins = [
      folder.root, FilePath(".").absolute(), FilePath(bytes: [0x2f] + FilePath(components: beside).bytes),
    ]
    labels = Set(list.items.flatMap { $0.readings.compactMap { $0.label.map(Self.letters) } })
  }

  /// What a path may stand for: nothing, one video, or several.
  private typealias Found = [Int]

  /// The video of an item, with the label that its line gives; nil for a comment.
  ///
  /// - Throws: `UsageError` where the folder has no such file, or several.
  func find(_ item: VideoList.Item) throws -> VideoDataset.Video? {
    for reading in item.readings {
      let found = exactly(reading)
      if found.count > 1 { throw ambiguous(item, found) }
      if let number = found.first { return video(number, reading) }
    }
    // Without endings, a word at the end may be a label or belong to the name.
    let loosely = item.readings.map { ($0, withoutEnding($0)) }.filter { !$0.1.isEmpty }
    let all = Set((item.isFreeForm ? loosely[...] : loosely.prefix(1)).flatMap(\.1)).sorted()
    if all.count > 1 { throw ambiguous(item, all) }
    if let (reading, found) = loosely.first { return video(found[0], reading) }
    if item.isPerhapsComment { return nil }
    throw missing(item)
  }

  private func video(_ number: Int, _ reading: VideoList.Reading) -> VideoDataset.Video {
    var video = folder.videos[number]
    video.label = reading.label
    return video
  }

  // MARK: Ways to find a file

  private func exactly(_ reading: VideoList.Reading) -> Found {
    let given = Given(reading.path)
    if !given.isAbsolute, let number = byName[FilePath(components: given.names)], !given.climbs {
      return [number]
    }
    let places = given.isAbsolute ? [reading.path] : origins.map { $0.appending(reading.path) }
    for place in places {
      guard let identity = FileIdentity(place) else { continue }
      if let same = byIdentity[identity] { return [nearest(same, given)] }
      // It is there, and elsewhere.
      if given.isAbsolute { return [] }
    }
    let ends = (given.names.last.flatMap { byFile[$0] } ?? []).filter {
      fits(given, folder.videos[$0].name.components)
    }
    return chosen(ends, reading, given)
  }

  private func withoutEnding(_ reading: VideoList.Reading) -> Found {
    let given = Given(reading.path)
    let ends = (given.names.last.flatMap { byStem[$0] } ?? []).filter {
      let names = folder.videos[$0].name.components
      return fits(given, names.dropLast() + [names[names.count - 1].stem])
    }
    // Beside a video of the name there may be its sound, its subtitles, its description.
    let videos = ends.filter { Self.endings.contains(folder.videos[$0].name.ending) }
    return chosen(videos.isEmpty ? ends : videos, reading, given)
  }

  /// What of a path names the file wherever it is counted from.
  private struct Given {
    let isAbsolute: Bool
    /// Whether it begins with `..`.
    let climbs: Bool
    let names: [FilePath]

    init(_ path: FilePath) {
      let up: FilePath = ".."
      var names: [FilePath] = []
      var climbs = false
      for name in path.components {
        if name != up {
          names.append(name)
        } else if names.popLast() == nil {
          climbs = true
        }
      }
      (self.names, self.climbs, isAbsolute) = (names, climbs, path.isAbsolute)
    }
  }

  /// Whether the path given is the end of a file's own. An absolute one of another machine is, where the folder of videos
  /// has the same name there.
  private func fits(_ given: Given, _ name: [FilePath]) -> Bool {
    let names = given.names
    if names.count <= name.count {
      guard Array(name.suffix(names.count)) == names else { return false }
      // `../a.avi` says that it stands in a certain folder, but not which.
      return names.count == name.count || (!given.isAbsolute && (!given.climbs || names.count > 1))
    }
    let before = names.dropLast(name.count)
    guard Array(names.suffix(name.count)) == name else { return false }
    return roots.contains { root in
      given.isAbsolute ? root.last == before.last : Array(root.suffix(before.count)) == Array(before)
    }
  }

  /// Of several names of one file, the one that ends most like the path given.
  private func nearest(_ same: [Int], _ given: Given) -> Int {
    func common(_ number: Int) -> Int {
      zip(folder.videos[number].name.components.reversed(), given.names.reversed()).prefix { $0 == $1 }.count
    }
    return same.dropFirst().reduce(same[0]) { common($1) > common($0) ? $1 : $0 }
  }

  /// Of the files with a name that was given without a folder, those that the label allows.
  private func chosen(_ found: Found, _ reading: VideoList.Reading, _ given: Given) -> Found {
    guard given.names.count == 1, let label = reading.label else { return found }
    let own = Self.letters(label)
    func letters(_ number: Int) -> String? { folder.videos[number].label.map(Self.letters) }
    let named = found.filter { letters($0) == own }
    if !named.isEmpty { return named }
    return found.filter { number in
      guard let other = letters(number), Int(other) == nil else { return true }
      return !labels.contains(other)
    }
  }

  /// Folders of Kinetics are named with spaces, underscores or neither parentheses.
  private static func letters(_ text: String) -> String {
    text.lowercased().filter { $0.isLetter || $0.isNumber }
  }

  /// What files of videos end in, to tell them from what stands beside them.
  private static let endings: Set<String> = [
    "3g2", "3gp", "asf", "avi", "divx", "dv", "f4v", "flv", "gif", "h264", "h265", "hevc", "ivf", "m1v",
    "m2ts",
    "m2v", "m4v", "mkv", "mov", "mp4", "mpe", "mpeg", "mpg", "mts", "mxf", "nut", "ogm", "ogv", "qt", "rm",
    "rmvb",
    "ts", "vob", "webm", "wmv", "y4m",
  ]

  // MARK: Complaints

  private func line(_ item: VideoList.Item) -> String {
    let ways = item.readings.map {
      "'\($0.path)'" + ($0.label.map { " labelled '\($0)'" } ?? " without a label")
    }
    return "line \(item.line) of \(list.path), read as " + ways.joined(separator: " or ")
  }

  private func ambiguous(_ item: VideoList.Item, _ found: Found) -> UsageError {
    let names = found.map { folder.videos[$0].name }
    return UsageError(
      "line \(item.line) of \(list.path) fits \(names.count) files, such as \(names[0]) and \(names[1]); give its folder and its ending"
    )
  }

  private func missing(_ item: VideoList.Item) -> UsageError {
    let names = item.readings.compactMap { Given($0.path).names.last }
    let others = names.lazy.compactMap { byFile[$0] ?? byStem[$0] }.first ?? []
    let hint = others.first.map { ", though \(folder.videos[$0].name) is" } ?? ""
    return UsageError("\(line(item)), is not in the folder\(hint); add it or mend the line")
  }
}
