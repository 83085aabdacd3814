import Foundation
import MCLRuntime
import Testing

@Suite struct VideoDatasetTests {
  @Test func everyFileInOrderOfNameWithItsClass() throws {
    let folder = try VideoTestFolder()
    for name in ["walk/.hidden", "walk/deep", ".git"] {
      try FileManager.default.createDirectory(
        atPath: folder.path + "/" + name, withIntermediateDirectories: true)
    }
    for name in ["walk/b.avi", "top.avi", "walk/a.avi", "walk/deep/c.avi", ".x", ".git/y", "walk/.hidden/z"] {
      _ = try folder.file(name, [1])
    }
    let videos = try VideoDataset(directory: folder.path).videos
    #expect(videos.map(\.name) == ["top.avi", "walk/a.avi", "walk/b.avi", "walk/deep/c.avi"])
    #expect(videos.map(\.label) == [nil, "walk", "walk", "deep"])
    #expect(videos.allSatisfy { FileManager.default.fileExists(atPath: $0.path) })
  }

  @Test func whatIsNoFolderOfVideosGetsASentence() throws {
    let folder = try VideoTestFolder()
    func complaint(_ path: String) -> String? {
      #expect(throws: UsageError.self) { try VideoDataset(directory: path) }?.description
    }
    #expect(
      complaint(folder.path + "/none")
        == "\(folder.path)/none: there is no such folder; name one with videos, or make some with 'mclc synthesize'"
    )
    let file = try folder.file("file.avi", [1])
    #expect(complaint(file) == "\(file): it is a file; name the folder that holds the videos")
    let empty = folder.path + "/empty"
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
    #expect(complaint(empty) == "\(empty): it holds no files; put videos there")
  }
}
