import Foundation
import MCLDataTestKit
import MCLVideo
import Synchronization
import Testing

@Suite struct VideoSynthesizerTests {
  @Test func theSameSeedGivesTheSameBytes() throws {
    let first = try VideoTestFolder()
    let second = try VideoTestFolder()
    try VideoSynthesizer().synthesize(into: first.path, videos: 3, seed: 7, frames: 20)
    // A larger set begins with the smaller one.
    try VideoSynthesizer().synthesize(into: second.path, videos: 8, seed: 7, frames: 20)
    #expect(first.files() == ["circle/circle_0000.avi", "rotate/rotate_0000.avi", "slide/slide_0000.avi"])
    #expect(second.files().count == 8)
    #expect(second.files().contains("slide/slide_0001.avi"))
    for name in first.files() { #expect(try first.bytes(name) == second.bytes(name), "\(name)") }

    let other = try VideoTestFolder()
    try VideoSynthesizer().synthesize(into: other.path, videos: 3, seed: 8, frames: 20)
    for name in first.files() { #expect(try first.bytes(name) != other.bytes(name), "\(name)") }
  }

  @Test func whatIsDecodedIsWhatWasRendered() throws {
    let folder = try VideoTestFolder()
    try VideoSynthesizer().synthesize(
      into: folder.path, videos: 6, seed: 2, frames: 24, width: 96, height: 80)
    var worst = Double.infinity
    for number in 0..<6 {
      let video = SyntheticVideo(number: number, seed: 2, frames: 24, width: 96, height: 80)
      let path = folder.path + "/" + video.relativePath
      #expect(try VideoDecoder.frameCount(path: path) == 24)
      let frames = try VideoDecoder.decode(path: path, frames: 0..<24)
      for (index, frame) in frames.enumerated() {
        #expect(frame.width == 96 && frame.height == 80)
        let ratio = signalToNoise(frame, video.frame(index))
        worst = min(worst, ratio)
        #expect(ratio > 30, "\(video.relativePath), frame \(index)")
        // A frame late would be another picture: the camera alone sees to that.
        if index > 0 { #expect(signalToNoise(frame, video.frame(index - 1)) < ratio) }
      }
    }
    print("PSNR of the worst frame: \(worst) dB")
  }

  /// The mean difference between neighbouring frames is small where the sprite rests and large where it moves.
  @Test func spritesMoveAndRest() {
    for number in 0..<12 {
      let video = SyntheticVideo(number: number, seed: 3)
      let frames = (0..<video.frameCount).map(video.frame)
      let changes = zip(frames, frames.dropFirst()).map { a, b in
        Double(zip(a.pixels, b.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }) / Double(a.pixels.count)
      }.sorted()
      // At least a quarter of the frames rest, at least half move.
      #expect(changes[changes.count * 3 / 4] > 1.1 * changes[changes.count / 10], "\(video.relativePath)")
      #expect(changes[0] > 0.5, "the camera never stops: \(video.relativePath)")
    }
  }

  @Test func classesTakeTurns() {
    let kinds = (0..<12).map { SyntheticVideo(number: $0, seed: 1, frames: 1).motion }
    #expect(kinds == SyntheticMotion.allCases + SyntheticMotion.allCases)
    #expect(SyntheticVideo(number: 22, seed: 1, frames: 1).relativePath == "shake/shake_0003.avi")
  }

  @Test func progressCountsToTheEnd() throws {
    let folder = try VideoTestFolder()
    let calls = Mutex<[[Int]]>([])
    try VideoSynthesizer().synthesize(
      into: folder.path, videos: 5, seed: 1, frames: 2, width: 32, height: 32
    ) { done, all in calls.withLock { $0.append([done, all]) } }
    #expect(calls.withLock { $0 } == [[1, 5], [2, 5], [3, 5], [4, 5], [5, 5]])
  }

  @Test func refusals() throws {
    let folder = try VideoTestFolder()
    let file = try folder.file("taken", [1])
    #expect(
      try videoErrorMessage { try VideoSynthesizer().synthesize(into: file, videos: 1, seed: 0) }
        == "The folder \(file)/slide cannot be made, as a part of it is a file or may not be written; "
        + "choose another.")
    #expect(
      try videoErrorMessage {
        try VideoSynthesizer().synthesize(into: folder.path, videos: 1, seed: 0, width: 8)
      }
        == "Cannot synthesize 1 videos of 64 frames of 8 x 96 pixels; give at least one of each, and sides of "
        + "16...2048.")
    #expect(folder.files().isEmpty)
  }
}
