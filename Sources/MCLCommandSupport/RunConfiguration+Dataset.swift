import MCLData
import MCLSupport

extension RunConfiguration.Data {
  /// - Throws: `UsageError` for a folder or list that cannot be read.
  package func dataset() throws -> VideoDataset {
    guard let part = VideoList.Part(rawValue: part) else {
      throw UsageError("--part takes train, test or all, not '\(part)'")
    }
    guard let list else { return try VideoDataset(directory: folder) }
    return try VideoDataset(directory: folder, list: VideoList(path: list, part: part, split: split))
  }
}
