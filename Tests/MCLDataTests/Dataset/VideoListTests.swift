import Foundation
import MCLData
import MCLDataTestKit
import MCLRuntime
import MCLSupport
import Testing

@Suite struct VideoListTests {
  /// A folder of empty files that stand for videos.
  private func folder(_ names: [String]) throws -> VideoTestFolder {
    let folder = try VideoTestFolder()
    for name in names {
      let path = folder.path + "/data/" + name
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try Data([1]).write(to: URL(fileURLWithPath: path))
    }
    return folder
  }

  private func read(
    _ folder: VideoTestFolder, _ text: String, name: String = "list.txt", part: VideoList.Part = .train
  ) throws -> (kind: VideoList.Kind, videos: [String], skipped: [String]) {
    let path = try folder.file(name, Array(text.utf8))
    let list = try VideoList(path: path, part: part)
    let dataset = try VideoDataset(directory: folder.path + "/data", list: list)
    return (
      list.kind, dataset.videos.map { "\($0.name)=\($0.label ?? "none")" }, dataset.skipped.map(\.name)
    )
  }

  @Test func ucf101() throws {
    let folder = try folder(["ApplyLipstick/v_ApplyLipstick_g01_c02.avi", "Archery/v_Archery_g08_c01.avi"])
    let train = "Archery/v_Archery_g08_c01.avi 3\r\nApplyLipstick/v_ApplyLipstick_g01_c02.avi 2\r\n"
    let expected = [
      "Archery/v_Archery_g08_c01.avi=Archery", "ApplyLipstick/v_ApplyLipstick_g01_c02.avi=ApplyLipstick",
    ]
    #expect(try read(folder, train) == (.ucf101, expected, []))
    let test = train.replacing(" 3", with: "").replacing(" 2", with: "") + "Archery/v_Archery_g09_c01.avi\n"
    #expect(try read(folder, test) == (.ucf101, expected, ["Archery/v_Archery_g09_c01.avi"]))
  }

  @Test func hmdb51() throws {
    let folder = try folder([
      "brush_hair/a (1).avi", "brush_hair/b.avi", "brush_hair/c.avi", "cart wheel/d.avi",
    ])
    let text = "a (1).avi 1 \nb.avi 2 \nc.avi 0 \n"
    let name = "brush_hair_test_split1.txt"
    #expect(try read(folder, text, name: name) == (.hmdb51, ["brush_hair/a (1).avi=brush_hair"], []))
    #expect(
      try read(folder, text, name: name, part: .test) == (.hmdb51, ["brush_hair/b.avi=brush_hair"], []))
    #expect(try read(folder, text, name: name, part: .all).videos.count == 3)
    #expect(
      throws: UsageError.self, "2 in column 1 is no group",
      performing: { try read(folder, "a.avi 7\n", name: name) })

    let splits = folder.path + "/splits"
    try FileManager.default.createDirectory(atPath: splits, withIntermediateDirectories: true)
    _ = try folder.file("splits/" + name, Array(text.utf8))
    _ = try folder.file("splits/cart wheel_test_split1.txt", Array("d.avi 1\n".utf8))
    _ = try folder.file("splits/cart wheel_test_split2.txt", Array("d.avi 2\n".utf8))
    let list = try VideoList(path: splits)
    #expect(list.items.map(\.path) == ["brush_hair/a (1).avi", "cart wheel/d.avi"])
    #expect(try VideoList(path: splits, part: .test, split: 2).items.map(\.path) == ["cart wheel/d.avi"])
    #expect(VideoList.splits(in: splits) == [1, 2])
    let error = #expect(throws: UsageError.self) { try VideoList(path: splits, split: 3) }
    #expect(
      error?.description
        == "\(splits): it is a folder without files CLASS_test_split3.txt, HMDB51's split 3, or trainlist03.txt, UCF101's; "
        + "name a list or that folder")
  }

  @Test func aFolderOfUCF101sSplits() throws {
    let folder = try folder(["Archery/v_Archery_g01_c01.avi", "Archery/v_Archery_g02_c01.avi"])
    let splits = folder.path + "/splits"
    try FileManager.default.createDirectory(atPath: splits, withIntermediateDirectories: true)
    for (name, text) in [
      ("trainlist01.txt", "Archery/v_Archery_g01_c01.avi 1\n"),
      ("testlist01.txt", "Archery/v_Archery_g02_c01.avi\n"),
      ("trainlist02.txt", "Archery/v_Archery_g02_c01.avi 1\n"),
      ("testlist02.txt", "Archery/v_Archery_g01_c01.avi\n"), ("trainlist10.txt", "a\n"),
      ("classInd.txt", "1 Archery\n"), ("testlist03.txt", "\n"), ("trainlist03.txt", "\n"),
    ] { _ = try folder.file("splits/" + name, Array(text.utf8)) }
    #expect(VideoList.splits(in: splits) == [1, 2, 3], "10 has no list to test with")
    #expect(
      VideoList.splits(in: folder.path) == [] && VideoList.splits(in: splits + "/trainlist01.txt") == [])
    func read(_ part: VideoList.Part, _ split: Int) throws -> [String] {
      let list = try VideoList(path: splits, part: part, split: split)
      #expect(list.kind == .ucf101)
      return try VideoDataset(directory: folder.path + "/data", list: list).videos.map {
        "\($0.name)=\($0.label ?? "none")"
      }
    }
    let (first, second) = ("Archery/v_Archery_g01_c01.avi=Archery", "Archery/v_Archery_g02_c01.avi=Archery")
    #expect(try read(.train, 1) == [first] && read(.test, 1) == [second])
    #expect(try read(.train, 2) == [second] && read(.test, 2) == [first])
    #expect(try read(.all, 1) == [first, second])
    let error = #expect(throws: UsageError.self) { try VideoList(path: splits, part: .test, split: 3) }
    #expect(error?.description == "\(splits): its testlist03.txt lists no videos; check the file")
  }

  @Test func kinetics() throws {
    let folder = try folder([
      "air_drumming/-3B32lodo2M_000059_000069.mp4", "abseiling/_dbcJuKJQNs.webm",
      "testifying/xx_000001_000011.mkv",
      "zumba/xx_000001_000011.mkv",
    ])
    let text = """
      label,youtube_id,time_start,time_end,split,is_cc
      "air drumming",-3B32lodo2M,59,69,train,0
      abseiling,_dbcJuKJQNs,40,50,train,0
      "a ""quoted"", label",gone,40,50,train,0
      zumba,xx,1,11,train,1
      abseiling,later,40,50,val,0
      """
    #expect(
      try read(folder, text, name: "train.csv") == (
        .kinetics,
        [
          "air_drumming/-3B32lodo2M_000059_000069.mp4=air drumming", "abseiling/_dbcJuKJQNs.webm=abseiling",
          "zumba/xx_000001_000011.mkv=zumba",
        ], ["gone_000040_000050"]
      ))
    let test = "youtube_id,time_start,time_end,split\n_dbcJuKJQNs,40,50,test\n"
    #expect(try read(folder, test) == (.kinetics, ["abseiling/_dbcJuKJQNs.webm=none"], []))
    #expect(throws: UsageError.self) {
      try read(folder, "label,youtube_id,time_start,time_end,split\nabseiling\n")
    }
  }

  @Test func theAuthorsLists() throws {
    let folder = try folder(["Archery/v_Archery_g01_c01.avi", "Archery/v_Archery_g01_c02.avi"])
    let text = """
      duration_flow duration_rgb label video_class video_path vname
      90 91 2 Archery Archery/v_Archery_g01_c01 v_Archery_g01
      90 91 -1 Archery Archery/v_Archery_g01_c02 v_Archery_g01
      """
    #expect(
      try read(folder, text, name: "train_list_01.csv") == (
        .authors, ["Archery/v_Archery_g01_c01.avi=Archery", "Archery/v_Archery_g01_c02.avi=none"], []
      ))
    let frames = "Archery/v_Archery_g01_c02 125 99\nArchery/v_Archery_g01_c01 91 -1\n"
    #expect(
      try read(folder, frames) == (
        .withFrames, ["Archery/v_Archery_g01_c02.avi=99", "Archery/v_Archery_g01_c01.avi=none"], []
      ))
  }

  @Test func plainLists() throws {
    let folder = try folder(["a/x y.avi", "a/z.avi", "b.avi", "c.avi", "d.avi"])
    let text = "# mine\n\na/x y.avi\na/z.avi none\nb.avi\tlong jump\nc.avi -1\nd.avi 4\nb.avi twice\n"
    #expect(
      try read(folder, text) == (
        .plain, ["a/x y.avi=a", "a/z.avi=none", "b.avi=long jump", "c.avi=none", "d.avi=4"], []
      ))
    // A path outside of the list's folder may be absolute.
    #expect(try read(folder, folder.path + "/data/b.avi 1\n").videos == ["b.avi=1"])
  }

  @Test func whatIsNoListSaysSo() throws {
    let folder = try folder(["a.avi"])
    func message(_ body: () throws -> Void) throws -> String {
      try #require(throws: UsageError.self) { try body() }.description
    }
    let (data, list) = (folder.path + "/data", folder.path + "/list.txt")
    #expect(
      try message { _ = try VideoList(path: folder.path + "/none") }
        == "\(folder.path)/none: there is no such list; check the path")
    #expect(
      try message { _ = try read(folder, "") }
        == "\(list): it lists no videos (plain list, part train); check --part")
    #expect(
      try message { _ = try VideoList(path: folder.file("bytes", [0, 1, 2])) }
        == "\(folder.path)/bytes: it is no text in UTF-8; name a list of videos")
    #expect(
      try message { _ = try read(folder, "b.avi\nc.avi\n") }
        == "\(data): it holds none of the 2 videos of \(list), read as a plain list (line 1 of \(list), read as 'b.avi' "
        + "without a label, is not in the folder; add it or mend the line; line 2 of \(list), read as 'c.avi' without a "
        + "label, is not in the folder; add it or mend the line); lists are UCF101's or HMDB51's split files, Kinetics' CSV, "
        + "the MCL authors' CSV, or lines 'path', 'path label', 'path,label' or 'path frames label'")
  }
}
