import Foundation
import MCLData
import MCLRuntime
import MCLSupport
import MCLTestKit
import MCLVideo
import Testing

/// `mclc inspect`: the pictures are pictures, and show what they say.
@Suite struct InspectTests {
  private let command = CommandLineTests()
  private let folder = CommandLineTests.folder.appendingPathComponent("inspect-\(UUID().uuidString)").path

  /// A bright square that moves to the right over a still ground.
  private func video() throws -> String {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let frames = (0..<72).map { t -> VideoFrame in
      var pixels: [UInt8] = []
      for y in 0..<96 {
        for x in 0..<128 {
          let isSquare = (x - 20 - t).magnitude < 12 && (y - 30).magnitude < 12
          // Either has a texture that moves with it, and another grey.
          let place = isSquare ? x - t + 40 : x
          let texture = UInt8(30 + 15 * sin(Double(place) / 2) + 15 * cos(Double(y) / 3))
          pixels += isSquare ? [190 + texture, 160 + texture, 90] : [70 + texture, 60 + texture, 80]
        }
      }
      return VideoFrame(width: 128, height: 96, pixels: pixels)
    }
    let path = folder + "/square.avi"
    try VideoEncoder.encode(frames, to: path)
    return path
  }

  @Test func thePictureShowsTheBox() throws {
    let video = try video()
    let shown = try command.mclc(["inspect", video, "--motion", folder + "/a.png"])
    #expect(shown.code == 0, "\(shown.errors)")
    // FFmpeg reads PNG too.
    let picture = try #require(try VideoDecoder.decode(path: folder + "/a.png", frames: 0..<1).first)
    #expect(picture.width == 928)
    let box = stride(from: 0, to: picture.pixels.count, by: 3).filter {
      picture.pixels[$0] == 255 && picture.pixels[$0 + 1] == 210 && picture.pixels[$0 + 2] == 0
    }.map { ($0 / 3 % picture.width, $0 / 3 / picture.width) }
    // In four rows, left and right; the first row's is about the square, in the upper left quarter of the frame.
    let first = box.filter { $0.0 < 304 && $0.1 < 310 }
    let (left, right) = (first.map(\.0).min() ?? 0, first.map(\.0).max() ?? 0)
    let (top, bottom) = (first.map(\.1).min() ?? 0, first.map(\.1).max() ?? 0)
    // The middle frame of the first clip is frame 17: the square's centre is at 36 of 128 and 30 of 96 pixels.
    let (x, y) = (16 + 288 * 36 / 128, 94 + 216 * 30 / 96)
    #expect(left <= x && x <= right && top <= y && y <= bottom, "\(left)...\(right), \(top)...\(bottom)")
    #expect(right - left < 200 && bottom - top < 160)

    let page = try command.mclc(["inspect", video, "--motion", folder + "/a.html"])
    #expect(page.code == 0, "\(page.errors)")
    let text = try String(contentsOfFile: folder + "/a.html", encoding: .utf8)
    #expect(text.hasPrefix("<!DOCTYPE html>") && text.contains("square.avi"))
    let encoded = try #require(text.split(separator: "base64,").last?.split(separator: "\"").first)
    #expect(Data(base64Encoded: String(encoded)) == FileManager.default.contents(atPath: folder + "/a.png"))
  }

  @Test func theSheetsShowTheCropsThatTrainingDraws() throws {
    let video = try video()
    let sheet = try command.mclc([
      "inspect", video, "--samples", "1", "--size", "64", "--out", folder + "/s.png",
    ])
    #expect(sheet.code == 0, "\(sheet.errors)")
    let picture = try #require(try VideoDecoder.decode(path: folder + "/s.png", frames: 0..<1).first)
    func pixels(_ colour: [UInt8], _ columns: Range<Int>, _ rows: Range<Int>) -> [(x: Int, y: Int)] {
      rows.flatMap { y in
        columns.compactMap { x in
          let place = 3 * (y * picture.width + x)
          return Array(picture.pixels[place..<place + 3]) == colour
            ? (x - columns.lowerBound, y - rows.lowerBound) : nil
        }
      }
    }
    // What the library draws with the same seed.
    let prepared = try MotionStore(directory: folder + "/motion").prepare(
      VideoDataset(directory: folder), progress: { _ in })
    let one = try #require(prepared.videos.first { $0.video.name == "square.avi" })
    let batches = try DeclaredBatches(
      DataDeclaration(tubeletsOf: 16, size: 64), from: .videos([one]), seed: 1)
    let drawn = try #require(try batches.drawn(0))
    let starts = try #require(drawn.guided?.starts)
    // Panels of 176x132 pixels; rows of 172, the first at 94.
    let colours = [[30, 110, 230], [30, 110, 230], [20, 150, 70], [200, 40, 150]]
    for (row, (augmentation, colour)) in zip(drawn.clips.map(\.augmentation), colours).enumerated() {
      let outline = pixels(colour.map { UInt8($0) }, 16..<192, 94 + 172 * row..<226 + 172 * row)
      let crop = augmentation.crop
      let (left, right) = (crop.x * 176 / 128, (crop.x + crop.width) * 176 / 128)
      let (top, bottom) = (crop.y * 132 / 96, (crop.y + crop.height) * 132 / 96)
      #expect(outline.map(\.x).min() == left && outline.map(\.x).max() == right - 1, "row \(row)")
      #expect(outline.map(\.y).min() == top && outline.map(\.y).max() == bottom - 1, "row \(row)")
      #expect(
        !outline.contains { $0.x > left + 8 && $0.x < right - 9 && $0.y > top + 8 && $0.y < bottom - 9 })
    }
    // The drawn starts are lines over the curve; its 41 starts are as wide as the picture but for the margins.
    let curve = 62 + 4 * 172 + 60..<62 + 4 * 172 + 80
    for (start, colour) in [(starts.clip1, [30, 110, 230]), (starts.clip3, [200, 40, 150])] {
      let lines = pixels(colour.map { UInt8($0) }, 60..<picture.width - 16, curve).map(\.x)
      let expected = (Double(start) - 0.5) * Double(picture.width - 76) / 41
      #expect(lines.contains { abs(Double($0) - expected) < 3 }, "start \(start)")
    }

    // A folder with its cache gives the same as the video; another seed another one.
    let bytes = FileManager.default.contents(atPath: folder + "/s.png")
    let data = folder + "/data"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: video, toPath: data + "/square.avi")
    func again(_ more: [String]) throws -> Data? {
      let outcome = try command.mclc(
        [
          "inspect", "--data", data, "--cache", folder + "/motion", "--samples", "1", "--size", "64", "--out",
          folder + "/t.png",
        ] + more)
      #expect(outcome.code == 0, "\(outcome.errors)")
      return FileManager.default.contents(atPath: folder + "/t.png")
    }
    #expect(try again([]) == bytes)
    #expect(try again(["--seed", "2"]) != bytes)
  }

  /// Text is text and pictures are JPEG, small ones; the crop is where training draws it.
  @Test func aPageOfSamplesIsText() throws {
    let video = try video()
    let page = try command.mclc(["inspect", video, "--samples", "4", "--out", folder + "/s.html"])
    #expect(page.code == 0, "\(page.errors)")
    let text = try String(contentsOfFile: folder + "/s.html", encoding: .utf8)
    #expect(text.utf8.count < 1_000_000 && !text.contains("image/png") && !text.contains("http"))
    #expect(text.matches(of: /<figure>/).count == 4 * 4 * 7 && text.matches(of: /<svg\s/).count == 4)
    let prepared = try MotionStore(directory: folder + "/motion").prepare(
      VideoDataset(directory: folder), progress: { _ in })
    let batches = try DeclaredBatches(
      DataDeclaration(tubeletsOf: 16, size: 112),
      from: .videos([try #require(prepared.videos.first { $0.video.name == "square.avi" })]), seed: 1)
    let drawn = try #require(try batches.drawn(0))
    let starts = try #require(drawn.guided?.starts)
    let crop = drawn.clips[0].augmentation.crop
    for words in [
      "sample 1: square.avi, epoch 1",
      "xq, frames \(starts.clip1) to \(starts.clip1 + 30)",
      "crop \(crop.width)x\(crop.height) at (\(crop.x), \(crop.y)) to 112x112", "frame \(starts.clip1)<",
      "velocity of the clip of 32 frames that begins at each frame", ">clip 3</text>", "given to the network",
    ] { #expect(text.contains(words), "\(words)") }
    // The first picture: blue along the crop's upper edge.
    let encoded = try #require(text.firstMatch(of: /image\/jpeg;base64,([^"]+)"/)?.1)
    let file = folder + "/first.jpg"
    try #require(Data(base64Encoded: String(encoded))).write(to: URL(fileURLWithPath: file))
    let picture = try #require(try VideoDecoder.decode(path: file, frames: 0..<1).first)
    #expect(picture.width == 176 && picture.height == 132)
    let (row, column) = (crop.y * 132 / 96 + 1, (crop.x + crop.width / 2) * 176 / 128)
    let place = 3 * (row * 176 + column)
    let colour = picture.pixels[place..<place + 3].map { Int($0) }
    #expect(zip(colour, [30, 110, 230]).allSatisfy { abs($0 - $1) < 60 }, "\(colour)")
  }

  @Test func theTwoFlowsAreCompared() throws {
    let video = try video()
    let compared = try command.mclc(["inspect", video, "--compare-flow", "--json"])
    #expect(compared.code == 0, "\(compared.errors)")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(compared.output.utf8)) as? [String: Any])
    #expect(object["frames"] as? Int == 72)
    #expect(try #require(object["maps"] as? Double) > 0.5)
  }

  @Test func wrongUse() throws {
    let video = try video()
    let table: [([String], String)] = [
      (
        [video],
        "mclc: say what to show: --motion FILE.html, --motion FILE.png, --samples N or --compare-flow\n"
      ),
      (["--motion", "a.png"], "mclc: name a video\n"),
      ([video, "--samples", "0"], "mclc: --samples takes 1 to 64\n"),
      (
        [video, "--samples", "1", "--out", "a.gif"],
        "mclc: --out a.gif: name a file that ends in .html or .png\n"
      ),
      (
        ["--data", folder, "--samples", "1"],
        "mclc: --data needs --cache, the folder that 'mclc prepare' filled\n"
      ),
      (
        [video, "--data", folder, "--samples", "1"],
        "mclc: name a video, or a folder of videos with --data, one of them\n"
      ),
      (
        [video, "--motion", "a.gif"], "mclc: --motion a.gif: name a file that ends in .html or .png\n"
      ),
      ([folder, "--motion", folder + "/x.png"], "mclc: \(folder) is not a regular file; name a file\n"),
      (
        [folder + "/none.avi", "--motion", folder + "/x.png"],
        "mclc: cannot read \(folder)/none.avi (No such file or directory); check the path and its permissions\n"
      ),
    ]
    for (arguments, message) in table {
      let outcome = try command.mclc(["inspect"] + arguments)
      #expect(outcome.code == 2)
      #expect(outcome.errors == message)
    }
  }
}
