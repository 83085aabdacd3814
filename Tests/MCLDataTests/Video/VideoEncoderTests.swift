import Foundation
import MCLDataTestKit
import MCLVideo
import Testing

@Suite struct VideoEncoderTests {
  @Test(arguments: ["avi", "mp4"], [[64, 48], [50, 38], [33, 17]])
  func roundTripsWithTheSameBytes(container: String, size: [Int]) throws {
    let folder = try VideoTestFolder()
    let frames = sampleFrames(30, width: size[0], height: size[1])
    let path = "\(folder.path)/a.\(container)"
    try VideoEncoder.encode(frames, to: path)
    try VideoEncoder.encode(frames, to: "\(folder.path)/b.\(container)")
    #expect(try folder.bytes("a.\(container)") == folder.bytes("b.\(container)"))
    #expect(folder.files() == ["a.\(container)", "b.\(container)"], "no temporary file is left")

    #expect(try VideoDecoder.frameCount(path: path) == 30)
    let decoded = try VideoDecoder.decode(path: path, frames: 0..<30)
    for (index, (given, found)) in zip(frames, decoded).enumerated() {
      #expect(found.width == size[0] && found.height == size[1])
      #expect(signalToNoise(given, found) > 30, "frame \(index)")
    }
  }

  @Test func leavesNothingWhenLetGo() throws {
    let folder = try VideoTestFolder()
    do {
      let encoder = try VideoEncoder(path: folder.path + "/a.avi", width: 32, height: 32)
      try encoder.append(sampleFrames(1, width: 32, height: 32)[0])
      #expect(folder.files().count == 1)
    }
    #expect(folder.files().isEmpty)
  }

  @Test func refusals() throws {
    let folder = try VideoTestFolder()
    #expect(
      try videoErrorMessage { _ = try VideoEncoder(path: "a.mkv", width: 32, height: 32) }
        == "a.mkv is neither .avi nor .mp4, the containers written here; rename it.")
    #expect(
      try videoErrorMessage { _ = try VideoEncoder(path: "/nowhere/a.avi", width: 32, height: 32) }
        == "Could not create the video /nowhere/a.avi (No such file or directory); check that its folder exists, "
        + "can be written and has room.")
    #expect(
      try videoErrorMessage { _ = try VideoEncoder(path: "a.avi", width: 0, height: 32) }
        == "a.avi cannot be written with 0 x 32 pixels, 25 frames a second and quantiser 2; MPEG-4 takes sides of "
        + "1...8192, 1...65535 frames and 1...31.")
    let encoder = try VideoEncoder(path: folder.path + "/a.avi", width: 32, height: 32)
    #expect(
      try videoErrorMessage { try encoder.append(sampleFrames(1, width: 16, height: 32)[0]) }
        == "\(folder.path)/a.avi takes frames of 32 x 32, not 16 x 32; scale them first.")
    #expect(
      try videoErrorMessage { try encoder.finish() }
        == "\(folder.path)/a.avi would be a video without frames; append one before finishing it.")
  }
}
