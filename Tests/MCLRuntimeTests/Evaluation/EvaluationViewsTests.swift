import MCLEvaluation
import MCLSupport
import MCLTestKit
import MCLVideo
import Testing

@Suite struct EvaluationViewsTests {
  /// Reference section 7 in its own words: the video with each frame repeated in place, clips and frames counted from 1.
  private func expected(clip: Int, of clips: Int, frameCount: Int, length: Int, step: Int) -> [Int] {
    let span = length * step
    var repeats = 1
    while repeats * frameCount < span { repeats += 1 }
    let long = (1...frameCount).flatMap { [Int](repeating: $0, count: repeats) }
    let start: Int
    if clips == 1 {
      start = (long.count - span) / 2 + 1
    } else if long.count / clips >= span {
      start = clip * (long.count / clips) + 1
    } else {
      start = Int(Double(clip) * Double(long.count - span) / Double(clips - 1)) + 1
    }
    // From 1 to 0.
    return (0..<length).map { long[min(start + step * $0, long.count) - 1] - 1 }
  }

  @Test func clipsAreThoseOfTheReference() throws {
    var random = RandomValues(seed: 4)
    for trial in 0..<3000 {
      let clips = [1, 2, 10, 20][trial % 4]
      let frameCount = 1 + random.integer(below: trial % 3 == 0 ? 40 : 900)
      let (length, step) = ([16, 32, 4, 1][random.integer(below: 4)], 1 + random.integer(below: 3))
      let views = try EvaluationViews("\(clips)x1")
      for clip in 0..<clips {
        let frames = views.frames(ofClip: clip, frameCount: frameCount, length: length, step: step)
        let wanted = expected(clip: clip, of: clips, frameCount: frameCount, length: length, step: step)
        #expect(frames == wanted, "clip \(clip) of \(clips), \(frameCount) frames, \(length) by \(step)")
        #expect(frames.count == length && frames.allSatisfy { (0..<frameCount).contains($0) })
      }
    }
  }

  /// Numbers worked out by hand, for clips of 16 frames by 2, which span 32.
  @Test func clipsByHand() throws {
    let views = EvaluationViews.usual
    #expect(views.description == "20x1" && views.count == 20)
    // 700 frames: 35 a clip.
    #expect(views.start(ofClip: 19, frameCount: 700, span: 32) == 665)
    #expect(views.frames(ofClip: 1, frameCount: 700, length: 16, step: 2) == (0..<16).map { 35 + 2 * $0 })
    // 100 frames: the last clip ends with the video.
    #expect(views.start(ofClip: 19, frameCount: 100, span: 32) == 68)
    #expect(views.start(ofClip: 7, frameCount: 100, span: 32) == 25)
    // 10 frames stand four times each: 40 places, of which a clip takes 32.
    #expect(EvaluationViews.repeats(frameCount: 10, span: 32) == 4)
    #expect(
      views.frames(ofClip: 0, frameCount: 10, length: 16, step: 2) == [
        0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7,
      ])
    #expect(
      views.frames(ofClip: 19, frameCount: 10, length: 16, step: 2) == [
        2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9,
      ])
    #expect(views.frames(ofClip: 3, frameCount: 1, length: 16, step: 2) == [Int](repeating: 0, count: 16))
    // One clip lies in the middle.
    #expect(try EvaluationViews("1x1").start(ofClip: 0, frameCount: 100, span: 32) == 34)
  }

  @Test func viewsAreClipsWithTheirCrops() throws {
    let views = try EvaluationViews("2x3")
    #expect(views.count == 6 && views.places == [.centre, .topLeft, .bottomRight])
    let parts = (0..<6).map { views.parts(of: $0) }
    #expect(parts.map(\.clip) == [0, 0, 0, 1, 1, 1])
    #expect(parts.map(\.place) == views.places + views.places)
    for text in ["20", "20x2", "0x1", "x1", "20x", "1001x1", "20x1x1", "-1x1", "20 x 1", ""] {
      let error = #expect(throws: UsageError.self) { try EvaluationViews(text) }
      #expect(
        error?.description
          == "--views \(text): write it as CLIPSxCROPS, 1 to 1000 clips of 1 crop (the centre) or of 3 (the centre, top "
          + "left, bottom right), such as 20x1")
    }
  }

  @Test func cropsLieWhereTheirScaleHasThem() {
    func cut(_ scale: ViewScale, _ place: EvaluationViews.Place, share: Double = 1) -> ViewScale.Cut? {
      scale.cut(frameWidth: 320, frameHeight: 240, width: 224, height: 224, share: share, at: place)
    }
    #expect(cut(.fit, .centre)?.crop == Crop(x: 40, y: 0, width: 240, height: 240))
    #expect(cut(.fit, .topLeft)?.crop == Crop(x: 0, y: 0, width: 240, height: 240))
    #expect(cut(.fit, .bottomRight, share: 0.5)?.crop == Crop(x: 200, y: 120, width: 120, height: 120))
    #expect(cut(.none, .centre)?.crop == Crop(x: 48, y: 8, width: 224, height: 224))
    #expect(cut(.none, .bottomRight)?.crop == Crop(x: 96, y: 16, width: 224, height: 224))
    let scaled = cut(.shortSide(256), .centre)
    #expect(scaled?.scaled == ViewScale.Cut.Size(width: 341, height: 256))
    #expect(scaled?.crop == Crop(x: 58, y: 16, width: 224, height: 224))
    #expect(cut(.shortSide(256), .bottomRight)?.crop == Crop(x: 117, y: 32, width: 224, height: 224))
    #expect(cut(.shortSide(200), .centre) == nil)
    #expect(
      ViewScale.none.cut(frameWidth: 200, frameHeight: 300, width: 224, height: 224, share: 1, at: .centre)
        == nil)
    #expect(ViewScale(rawValue: "256") == .shortSide(256) && ViewScale.shortSide(256).rawValue == "256")
    for text in ["", "0", "-1", "fitt", "256.5"] { #expect(ViewScale(rawValue: text) == nil) }
  }

  @Test func aSingleFrameIsTheMiddle() {
    var preparation = ClipPreparation(mean: [0, 0, 0], standardDeviation: [1, 1, 1])
    #expect(preparation.shown([3, 5, 7, 9]) == [3, 5, 7, 9])
    preparation.isSingleFrame = true
    #expect(preparation.shown([3, 5, 7, 9]) == [7, 7, 7, 7])
    #expect(preparation.shown([3, 5, 7]) == [5, 5, 5])
  }
}
