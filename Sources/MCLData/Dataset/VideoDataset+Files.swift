import Foundation
import MCLSupport

extension VideoDataset {
  /// Files and folders of videos as they were named, each once, in their order; those of a folder in the order of their
  /// names. A video's name is its path as given. Whether a file is there and a video shows when it is opened.
  /// - Throws: `UsageError` for a folder that cannot be read or holds no file.
  package init(paths: [String]) throws {
    var (videos, skipped) = ([Video](), [(name: String, reason: String)]())
    var known: Set<FilePath> = []
    for path in paths {
      let named = FilePath(path)
      guard let status = named.status(), status.st_mode & S_IFMT == S_IFDIR else {
        if known.insert(named).inserted { videos.append(Video(path: named, name: named)) }
        continue
      }
      let folder = try VideoDataset(directory: path)
      skipped += folder.skipped.map { (named.appending(FilePath($0.name)).description, $0.reason) }
      for video in folder.videos {
        let name = named.appending(video.name)
        if known.insert(name).inserted { videos.append(Video(path: name, name: name, label: video.label)) }
      }
    }
    self.init(files: videos, skipped: skipped)
  }
}
