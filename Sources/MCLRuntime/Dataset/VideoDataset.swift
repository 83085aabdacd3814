import Foundation

/// Why a folder or a run cannot be used as asked, in one sentence: what, where, how to mend. The command exits with 2.
public struct UsageError: Error, Sendable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// A folder of videos. In a folder of class folders a video's label is the name of the folder it stands in.
public struct VideoDataset: Sendable {
  public struct Video: Sendable, Hashable {
    /// The path to open.
    public var path: String
    /// The path within the data set: `slide/slide_0003.avi`.
    public var name: String
    /// The class folder; nil for a video at the top.
    public var label: String?

    public init(path: String, name: String, label: String? = nil) {
      (self.path, self.name, self.label) = (path, name, label)
    }
  }

  public var videos: [Video]
  /// What stands in the folder but cannot be opened, and why.
  public private(set) var skipped: [(name: String, reason: String)] = []

  init(videos: [Video], skipped: [(name: String, reason: String)]) {
    (self.videos, self.skipped) = (videos, skipped)
  }

  /// Every file below `directory` but hidden ones, in order of name; links to files and folders are followed. Whether a
  /// file is a video shows when it is opened.
  /// - Throws: `UsageError` when the folder cannot be read or holds no file.
  public init(directory: String) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: directory, isDirectory: &isFolder) else {
      throw UsageError(
        "\(directory): there is no such folder; name one with videos, or make some with 'mclc synthesize'")
    }
    guard isFolder.boolValue else {
      throw UsageError("\(directory): it is a file; name the folder that holds the videos")
    }
    let root = URL(fileURLWithPath: directory).standardizedFileURL.path
    var walk = FolderWalk(root: root)
    do { try walk.run() } catch {
      throw UsageError("\(directory): it cannot be read; check its permissions")
    }
    skipped = walk.skipped.sorted { $0.name < $1.name }
    videos = walk.files.sorted().map { name in
      let parts = name.split(separator: "/")
      return Video(
        path: (root as NSString).appendingPathComponent(name), name: name,
        label: parts.count > 1 ? String(parts[parts.count - 2]) : nil)
    }
    guard !videos.isEmpty || !skipped.isEmpty else {
      throw UsageError("\(directory): it holds no files; put videos there")
    }
  }
}
