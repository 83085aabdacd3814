import Foundation
import MCLData
import MCLDataTestKit
import MCLSupport
import Testing

/// What people write in lists, and what it must not be taken for.
@Suite struct VideoListFormsTests {
  private func folder(_ names: [FilePath]) throws -> VideoTestFolder {
    let folder = try VideoTestFolder()
    for name in names { try folder.touch(FilePath("data").appending(name)) }
    return folder
  }

  private func read(
    _ folder: VideoTestFolder, _ text: String, data: String = "data", name: String = "list.txt"
  ) throws -> (videos: [String], skipped: [(name: String, reason: String)]) {
    let list = try VideoList(path: folder.file(name, Array(text.utf8)))
    let dataset = try VideoDataset(directory: folder.path + "/" + data, list: list)
    return (dataset.videos.map { "\($0.name)=\($0.label ?? "none")" }, dataset.skipped)
  }

  /// A file that is missing is not replaced by one of its name in another folder, with the wrong label.
  @Test func aMissingFileIsNotReplacedByItsNamesake() throws {
    let folder = try folder(["classA/001.mp4", "classA/002.mp4", "classB/002.mp4", "train/x/9.mp4"])
    let text = "classB/001.mp4\nclassA/001.mp4\nclassB/002.mp4\nval/x/9.mp4\n"
    let (videos, skipped) = try read(folder, text)
    #expect(videos == ["classA/001.mp4=classA", "classB/002.mp4=classB"])
    #expect(skipped.map(\.name) == ["classB/001.mp4", "val/x/9.mp4"])
    #expect(
      skipped.first?.reason
        == "line 1 of \(folder.path)/list.txt, read as 'classB/001.mp4' labelled 'classB', is not in the folder, though "
        + "classA/001.mp4 is; add it or mend the line")
    // Nor where the folder of videos is the other part's.
    #expect(throws: UsageError.self) { try read(folder, "val/x/9.mp4\n", data: "data/train") }
    #expect(try read(folder, "train/x/9.mp4\n", data: "data/train").videos == ["x/9.mp4=x"])
    // Nor a name without a folder by one that stands in another label's.
    let labelled = try read(folder, "001.mp4\tclassB\n002.mp4\tclassB\n002.mp4\tclassA\n")
    #expect(labelled.videos == ["classB/002.mp4=classB", "classA/002.mp4=classA"])
    #expect(labelled.skipped.map(\.name) == ["001.mp4\tclassB"])
  }

  @Test func namesOfOtherClassesInKineticsAndHMDB51() throws {
    let folder = try folder(["cart wheel/a.avi", "brush_hair/b.avi", "zumba/xx.mp4"])
    let hmdb = try read(folder, "a.avi 1\nb.avi 1\n", name: "brush_hair_test_split1.txt")
    #expect(
      hmdb.videos == ["cart wheel/a.avi=brush_hair", "brush_hair/b.avi=brush_hair"], "one class, any folder")
    let splits = folder.path + "/splits"
    try FileManager.default.createDirectory(atPath: splits, withIntermediateDirectories: true)
    _ = try folder.file("splits/brush_hair_test_split1.txt", Array("a.avi 1\nb.avi 1\n".utf8))
    _ = try folder.file("splits/cart wheel_test_split1.txt", Array("a.avi 1\n".utf8))
    let both = try VideoDataset(directory: folder.path + "/data", list: VideoList(path: splits))
    #expect(
      both.videos.map { "\($0.name)=\($0.label ?? "")" } == [
        "brush_hair/b.avi=brush_hair", "cart wheel/a.avi=cart wheel",
      ])
    let text = "label,youtube_id,time_start,time_end,split\nabseiling,xx,1,11,train\nzumba,xx,1,11,train\n"
    let kinetics = try read(folder, text)
    #expect(kinetics.videos == ["zumba/xx.mp4=zumba"] && kinetics.skipped.count == 1)
  }

  @Test func linesThatBeginWithAHashAreNames() throws {
    let folder = try folder(["clean/#122 Cleaning_Up.avi", "clean/#20_x.avi", "clean/# 1.avi"])
    let hmdb = try read(
      folder, "#122 Cleaning_Up.avi 1\n#20_x.avi 1\n# 1.avi 1\n# a comment\n", name: "clean_test_split1.txt")
    #expect(
      hmdb.videos == ["clean/#122 Cleaning_Up.avi", "clean/#20_x.avi", "clean/# 1.avi"].map { $0 + "=clean" })
    #expect(hmdb.skipped.isEmpty)
    let plain = try read(folder, "# a comment\n#20_x.avi 3\n# 1.avi\n#21_y.avi 3\n")
    #expect(plain.videos == ["clean/#20_x.avi=3", "clean/# 1.avi=none"])
    #expect(plain.skipped.map(\.name) == ["#21_y.avi 3"], "not a comment, so it is named")
  }

  /// Sound, subtitles and descriptions stand beside videos of the same name.
  @Test func sidecarsAreNoVideos() throws {
    let folder = try folder([
      "a/ID.json", "a/ID.mp4", "a/ID.vtt", "a/ID.wav", "a/two.mp4", "a/two.webm", "a/only.dat",
    ])
    #expect(try read(folder, "a/ID 3\n").videos == ["a/ID.mp4=3"])
    #expect(
      try read(folder, "youtube_id,label\nID,jump\nonly,jump\n").videos == [
        "a/ID.mp4=jump", "a/only.dat=jump",
      ])
    let (videos, skipped) = try read(folder, "a/ID\na/two\n")
    #expect(videos == ["a/ID.mp4=a"])
    #expect(
      skipped.map(\.reason) == [
        "line 2 of \(folder.path)/list.txt fits 2 files, such as a/two.mp4 and a/two.webm; give its folder and its ending"
      ])
  }

  @Test func ucf101WithBlanksInTheFolder() throws {
    let folder = try folder(["Apply Lipstick/v_ApplyLipstick_g01_c02.avi", "Archery/v_Archery_g08_c01.avi"])
    let expected = [
      "Apply Lipstick/v_ApplyLipstick_g01_c02.avi=Apply Lipstick", "Archery/v_Archery_g08_c01.avi=Archery",
    ]
    let lines = [["Apply Lipstick", "v_ApplyLipstick_g01_c02.avi"], ["Archery", "v_Archery_g08_c01.avi"]]
    for (separator, end) in [("/", " 2\n"), ("/", "\n"), ("\\", " 2.0\r\n"), ("/", ",2\n")] {
      let text = lines.map { $0.joined(separator: separator) + end }.joined()
      #expect(try read(folder, text).videos == expected, "'\(separator)' '\(end)'")
      let within = lines.map { "./" + $0.joined(separator: separator) + end }.joined()
      #expect(try read(folder, "# mine\n" + within).videos == expected, "'\(separator)' '\(end)'")
    }
    #expect(try VideoList(path: folder.path + "/list.txt").kind == .ucf101)
    let frames = try read(
      folder, "Apply Lipstick/v_ApplyLipstick_g01_c02 125 99.0\nArchery/v_Archery_g08_c01 91 -1.0\n")
    #expect(
      frames.videos == [
        "Apply Lipstick/v_ApplyLipstick_g01_c02.avi=99", "Archery/v_Archery_g08_c01.avi=none",
      ])
  }

  @Test func pathsAreNormalised() throws {
    let folder = try folder(["a/x.avi", "a/y.avi", "b/x.avi", "top.avi"])
    let path = folder.path
    try FileManager.default.createSymbolicLink(atPath: path + "/linked", withDestinationPath: "data")
    try FileManager.default.createSymbolicLink(atPath: path + "/data/z", withDestinationPath: "a")
    let ways = [
      "./a//x.avi", "b/../a/x.avi", "data/a/x.avi", "../data/a/x.avi", "\(path)/data/a/x.avi",
      "\(path)/linked/a/x.avi",
      "\(path)/data/b/../a/./x.avi", "a\\x.avi", "data\\a\\x.avi", "z/x.avi", "/another/machine/data/a/x.avi",
      "/a/x.avi",
      "linked/a/x.avi", "  a/x.avi\t",
    ]
    for way in ways {
      #expect(try read(folder, way + " 4\n").videos == ["a/x.avi=4"], "\(way)")
      #expect(
        try read(folder, way + "\n", data: "linked").videos.map { $0.prefix(8) } == ["a/x.avi="], "\(way)")
    }
    for wrong in ["c/x.avi", "../x.avi", "data/c/x.avi", "/another/machine/c/x.avi", "\(path)/other/a/x.avi"]
    {
      #expect(throws: UsageError.self, "\(wrong)") { try read(folder, wrong + "\n") }
    }
    // One that is there, but in another folder, is not the one here.
    try folder.touch("copy/data/a/x.avi")
    #expect(throws: UsageError.self) { try read(folder, "\(path)/copy/data/a/x.avi\n") }
  }

  @Test func labelsBehindCommasAndWithPoints() throws {
    let folder = try folder(["a/x.avi", "a/y, z.avi", "a/v 1.avi", "b/w.avi"])
    #expect(
      try read(folder, "a/x.avi,3.0\na/y, z.avi,4\n\"a/v 1.avi\",\"long, jump\"\nb/w.avi 1.0\n").videos
        == ["a/x.avi=3", "a/y, z.avi=4", "a/v 1.avi=long, jump", "b/w.avi=1"])
    #expect(
      try read(folder, "\u{feff}path,label\r\na/x.avi,3\r\n\"a/y, z.avi\",-1\r\n").videos == [
        "a/x.avi=3", "a/y, z.avi=none",
      ])
    #expect(
      try read(folder, "label\tfilename\n7\ta/x.avi\nnone\ta/v 1.avi\n").videos == [
        "a/x.avi=7", "a/v 1.avi=none",
      ])
    #expect(throws: UsageError.self) { try read(folder, "path,label\na/x.avi\n") }
    #expect(
      try read(folder, "a/x.avi 1\ra/v 1.avi 2\r").videos == ["a/x.avi=1", "a/v 1.avi=2"], "lines end with CR"
    )
  }

  /// Without endings the last word is a label, or it is not; where both may be, no one is taken.
  @Test func whatCanBeReadInTwoWaysIsNotGuessed() throws {
    let folder = try folder(["a/clip.avi", "a/clip 1.avi", "a/run 2.avi"])
    let (videos, skipped) = try read(folder, "a/clip 1\na/clip 3\na/run 2\na/run 2 5\n")
    #expect(videos == ["a/clip.avi=3", "a/run 2.avi=a"])
    #expect(skipped.map(\.name) == ["a/clip 1"])
  }
}
