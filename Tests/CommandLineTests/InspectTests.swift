import Foundation
import MCLRuntime
import MCLTestKit
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
      ([video], "mclc: say what to show: --motion FILE.html, --motion FILE.png or --compare-flow\n"),
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
