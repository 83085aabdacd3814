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
  }

  public var videos: [Video]

  /// Every file below `directory` but hidden ones, in order of name. Whether a file is a video shows when it is opened.
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
    let root = URL(fileURLWithPath: directory).standardizedFileURL
    guard let walker = FileManager.default.enumerator(atPath: root.path) else {
      throw UsageError("\(directory): it cannot be read; check its permissions")
    }
    videos = []
    for case let name as String in walker {
      guard !name.split(separator: "/").contains(where: { $0.hasPrefix(".") }) else { continue }
      let path = root.appendingPathComponent(name).path
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
        continue
      }
      let parts = name.split(separator: "/")
      videos.append(
        Video(path: path, name: name, label: parts.count > 1 ? String(parts[parts.count - 2]) : nil))
    }
    videos.sort { $0.name < $1.name }
    guard !videos.isEmpty else { throw UsageError("\(directory): it holds no files; put videos there") }
  }
}
