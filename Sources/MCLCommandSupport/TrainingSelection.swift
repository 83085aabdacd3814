import Foundation
import MCLData
import MCLRuntime
import MCLSupport

/// Which samples a training is given, before any of them is opened.
package enum TrainingSelection {
  /// Videos to train on, and videos to validate with; those of another folder may have the same names.
  case videos(VideoDataset, validation: (videos: VideoDataset, isOtherFolder: Bool)?)
  /// A file of tensors.
  case rows(String)

  /// - Parameter seed: what a share of the videos is drawn by.
  /// - Throws: `UsageError` for a folder, file or list that cannot be read.
  package init(_ data: RunConfiguration.Data, seed: UInt64) throws {
    guard isFolder(data.folder) || !FileManager.default.fileExists(atPath: data.folder) else {
      guard data.folder.hasSuffix(".safetensors") else {
        throw UsageError(
          "\(data.folder): it is a file; name a folder of videos, or tensors in a file .safetensors")
      }
      guard data.list == nil, data.validation == nil else {
        throw UsageError("--list and --validate are for folders of videos; leave them out")
      }
      self = .rows(data.folder)
      return
    }
    let all = try data.dataset()
    switch data.validation {
    case nil: self = .videos(all, validation: nil)
    case .share(let share)?:
      let parts = try all.parts(ValidationSplit(share: share, seed: seed))
      self = .videos(parts.training, validation: (parts.validation, false))
    case .list(let list)?:
      let listed = try VideoDataset(
        directory: data.folder, list: VideoList(path: list, part: .test, split: data.split))
      let names = Set(listed.videos.map(\.name))
      let others = all.without(names)
      guard !others.videos.isEmpty else {
        throw UsageError(
          "--validate \(list): it lists all videos, so that none is left to train on; list fewer")
      }
      // A video that is trained on tells nothing of others.
      self = .videos(others, validation: (listed, false))
    case .folder(let folder)?: self = .videos(all, validation: (try VideoDataset(directory: folder), true))
    }
  }

  /// The classes of the videos that are trained on.
  /// - Throws: `UsageError` where a video has no label, or one to validate with has another.
  package func classes() throws -> ClassTable {
    guard case .videos(let training, let validation) = self else {
      throw UsageError("the program takes labels of videos, but --data is a file of tensors; name a folder")
    }
    let table = try ClassTable(training.videos)
    for video in validation?.videos.videos ?? [] {
      guard let label = video.label else {
        throw UsageError("\(video.name), which is to validate with, has no label; give a list with labels")
      }
      do { _ = try table.index(of: label) } catch {
        throw UsageError("\(video.name), which is to validate with: \(error)")
      }
    }
    return table
  }
}

extension RunConfiguration.Data {
  /// What a run is validated with.
  package enum Validation: Codable, Equatable {
    case share(Double)
    case list(String)
    case folder(String)

    /// - Parameter text: a share, a list of the videos of `--data`, or another folder of videos.
    /// - Throws: `UsageError` for what is none of them.
    package init(_ text: String) throws {
      if let share = Double(text) {
        _ = try ValidationSplit(share: share, seed: 0)
        self = .share(share)
      } else if isFolder(text) {
        // HMDB51's and UCF101's splits are a folder of lists.
        self = VideoList.splits(in: text).isEmpty ? .folder(text) : .list(text)
      } else if FileManager.default.fileExists(atPath: text) {
        self = .list(text)
      } else {
        throw UsageError(
          "--validate \(text): it is no share such as 0.2, no list and no folder; check the path")
      }
    }

    /// With paths from the root on.
    package var absolute: Self {
      switch self {
      case .share: self
      case .list(let path): .list(absolutePath(path))
      case .folder(let path): .folder(absolutePath(path))
      }
    }

    private enum Key: String, CodingKey {
      case share, list, folder
    }

    package init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Key.self)
      if let share = try values.decodeIfPresent(Double.self, forKey: .share) {
        self = .share(share)
      } else if let list = try values.decodeIfPresent(String.self, forKey: .list) {
        self = .list(list)
      } else {
        self = .folder(try values.decode(String.self, forKey: .folder))
      }
    }

    package func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: Key.self)
      switch self {
      case .share(let share): try values.encode(share, forKey: .share)
      case .list(let path): try values.encode(path, forKey: .list)
      case .folder(let path): try values.encode(path, forKey: .folder)
      }
    }
  }
}
