import Foundation
import MCLData
import MCLDataTestKit
import MCLRuntime
import MCLSupport
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
    #expect(videos.allSatisfy { FileManager.default.fileExists(atPath: $0.path.description) })
  }

  @Test func linksAreFollowedOrNamed() throws {
    let folder = try VideoTestFolder()
    let (root, manager) = (folder.path + "/data", FileManager.default)
    for name in ["data/walk", "data/zoo", "outside/deep"] {
      try manager.createDirectory(atPath: folder.path + "/" + name, withIntermediateDirectories: true)
    }
    for name in ["data/walk/a.avi", "data/zoo/z.avi", "outside/o.avi", "outside/deep/d.avi"] {
      _ = try folder.file(name, [1])
    }
    for (link, target) in [
      ("data/gone.avi", "nowhere.avi"), ("data/self", "self"),
      ("data/walk/root", "../../data"),
      ("data/again", "zoo"), ("data/jump", folder.path + "/outside"), ("outside/deep/back", "../../outside"),
      ("data/b.avi", "walk/a.avi"),
    ] { try manager.createSymbolicLink(atPath: folder.path + "/" + link, withDestinationPath: target) }
    #expect(mkfifo(root + "/pipe.avi", 0o600) == 0)
    let dataset = try VideoDataset(directory: root)
    #expect(
      dataset.videos.map(\.name) == ["b.avi", "jump/deep/d.avi", "jump/o.avi", "walk/a.avi", "zoo/z.avi"])
    #expect(dataset.videos.map(\.label) == [nil, "deep", "jump", "walk", "zoo"])
    let read = "links to a folder that is read already; remove the link"
    let gone = "which is not there; mend or remove the link"
    #expect(
      dataset.skipped.map { "\($0.name): \($0.reason)" } == [
        "again: \(root)/again \(read)", "gone.avi: \(root)/gone.avi is a link to 'nowhere.avi', \(gone)",
        "jump/deep/back: \(root)/jump/deep/back \(read)",
        "pipe.avi: \(root)/pipe.avi is neither a file nor a folder; remove it",
        "self: \(root)/self is a link to 'self', \(gone)", "walk/root: \(root)/walk/root \(read)",
      ])
  }

  @Test func aFolderOfDeadLinksSaysSo() throws {
    let folder = try VideoTestFolder()
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/gone.avi", withDestinationPath: "nowhere.avi")
    let error = #expect(throws: UsageError.self) {
      _ = try MotionStore(directory: folder.path + "/motion").prepare(VideoDataset(directory: folder.path)) {
        _ in
      }
    }
    #expect(
      error?.description
        == "none of the 1 files can be used: \(folder.path)/gone.avi is a link to 'nowhere.avi', which is not there; "
        + "mend or remove the link")
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
