import Foundation
import MCLSupport

/// A folder of videos. In a folder of class folders a video's label is the name of the folder it stands in.
public struct VideoDataset: Sendable {
  /// A video of the data set: where it is, what it is called, what it shows.
  public struct Video: Sendable, Hashable {
    /// The path to open.
    public var path: FilePath
    /// The path within the data set: `slide/slide_0003.avi`.
    public var name: FilePath
    /// The class folder; nil for a video at the top.
    public var label: String?

    /// Names a video; the file is not opened.
    public init(path: some PathConvertible, name: some PathConvertible, label: String? = nil) {
      (self.path, self.name, self.label) = (path.filePath, name.filePath, label)
    }
  }

  /// The videos, ordered by name; those of a list are in the order of the list.
  public var videos: [Video]
  /// What stands in the folder but cannot be opened, and why.
  public private(set) var skipped: [(name: String, reason: String)] = []
  /// The folder, from the root of the file system on.
  let root: FilePath
  /// Which file each video is.
  let identities: [FileIdentity]

  /// Some of a folder's videos, with the labels that a list gives them.
  init(of folder: VideoDataset, videos: [Video], skipped: [(name: String, reason: String)]) {
    (self.videos, self.skipped, root) = (videos, skipped, folder.root)
    identities = []
  }

  /// Files that stand anywhere.
  init(files: [Video], skipped: [(name: String, reason: String)]) {
    (videos, self.skipped, root) = (files, skipped, FilePath(".").absolute())
    identities = []
  }

  /// Every file below `directory` but hidden ones, in order of name; links to files and folders are followed. Whether a
  /// file is a video shows when it is opened.
  /// - Throws: `UsageError` when the folder cannot be read or holds no file.
  public init(directory: String) throws {
    guard let status = FilePath(directory).status() else {
      throw UsageError(
        "\(directory): there is no such folder; name one with videos, or make some with 'mclc synthesize'")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw UsageError("\(directory): it is a file; name the folder that holds the videos")
    }
    let root = FilePath(directory).absolute()
    var walk = FolderWalk(root: root)
    guard walk.run() else { throw UsageError("\(directory): it cannot be read; check its permissions") }
    skipped = walk.skipped.sorted { $0.name < $1.name }.map { ($0.name.description, $0.reason) }
    let files = walk.files.sorted { $0.name < $1.name }
    videos = files.map {
      Video(path: root.appending($0.name), name: $0.name, label: $0.name.folderName?.description)
    }
    identities = files.map(\.identity)
    self.root = root
    guard !videos.isEmpty || !skipped.isEmpty else {
      throw UsageError("\(directory): it holds no files; put videos there")
    }
  }
}
