import MCLData
import MCLRuntime
import MCLVideo

/// Reads views of videos as a program takes them: decoded, cut and normalised. Any number of threads may read at once.
package final class ViewReader: Sendable {
  package let views: EvaluationViews
  /// What frames go through.
  package let preprocessing: Preprocessing
  package var preparation: ClipPreparation { preprocessing.preparation }
  /// The clip input that views are read for.
  package let clip: VideoFields.Clip
  private let store: FrameStore
  /// Decoded pixels that one call holds at most, where a single clip has fewer.
  private static let memory = 128 << 20

  /// - Parameter preprocessing: of that clip; its short side is that of the catalog that the videos were prepared by.
  package init(_ views: EvaluationViews, of clip: VideoFields.Clip, _ preprocessing: Preprocessing) {
    (self.views, self.clip, self.preprocessing) = (views, clip, preprocessing)
    // A video is gone through once, so that none is worth keeping.
    store = FrameStore(budget: 0, shortSide: preprocessing.shortSide)
  }

  /// - Parameter shortSide: as for the catalog that the videos were prepared by.
  package convenience init(
    _ views: EvaluationViews, of clip: VideoFields.Clip, _ preparation: ClipPreparation, shortSide: Int?
  ) {
    var preprocessing = Preprocessing(of: clip, preparation)
    preprocessing.shortSide = shortSide
    self.init(views, of: clip, preprocessing)
  }

  /// Numbers of one view.
  package var viewSize: Int { 3 * clip.frames * clip.height * clip.width }

  /// Writes some views of a video, one after another.
  /// - Parameters:
  ///   - wanted: of the video's views, in order.
  ///   - target: as many numbers as they have.
  /// - Throws: `VideoError` where the video cannot be read any more, `SamplingError` where its frames are too small.
  package func read(
    _ video: PreparedVideo, _ wanted: Range<Int>, into target: UnsafeMutableBufferPointer<Float>
  ) throws {
    let cuts = try wanted.map { try cut(video, views.parts(of: $0).place) }
    guard let first = cuts.first else { return }
    let whole = Crop(x: 0, y: 0, width: video.width, height: video.height)
    let window = first.scaled == nil ? cuts.dropFirst().reduce(first.crop) { $0.union($1.crop) } : whole
    let clipBytes = clip.frames * window.width * window.height * 3
    let atOnce = max(Self.memory / max(clipBytes, 1), 1) * views.crops
    for start in stride(from: wanted.lowerBound, to: wanted.upperBound, by: atOnce) {
      let part = start..<min(start + atOnce, wanted.upperBound)
      let shown = part.map { view in
        preparation.shown(
          views.frames(
            ofClip: views.parts(of: view).clip, frameCount: video.frameCount, length: clip.frames,
            step: clip.step))
      }
      let numbers = Set(shown.joined()).sorted()
      guard let read = try store.clips(video, [(numbers, window)]).first else { continue }
      let frames = Dictionary(
        uniqueKeysWithValues: zip(numbers, try scaled(read.frames, first.scaled, whole)))
      for (frameNumbers, view) in zip(shown, part) {
        let crop = cuts[view - wanted.lowerBound].crop
        let augmentation = TubeletAugmentation(
          crop: first.scaled == nil ? crop.within(read.window) : crop, width: clip.width, height: clip.height,
          mean: preparation.mean, standardDeviation: preparation.standardDeviation)
        // Bounds: the target holds `wanted.count` views, and this is one of them.
        let place = (view - wanted.lowerBound) * viewSize
        try augmentation.apply(
          frames: frameNumbers.compactMap { frames[$0] },
          into: UnsafeMutableBufferPointer(rebasing: target[place..<place + viewSize]))
      }
    }
  }

  private func scaled(
    _ frames: [RGBImage], _ size: ViewScale.Cut.Size?, _ whole: Crop
  ) throws -> [RGBImage] {
    guard let size else { return frames }
    let resize = try BilinearResize(crop: whole, width: size.width, height: size.height)
    return try frames.map { try resize($0) }
  }

  private func cut(_ video: PreparedVideo, _ place: EvaluationViews.Place) throws -> ViewScale.Cut {
    let cut = preparation.scale.cut(
      frameWidth: video.width, frameHeight: video.height, width: clip.width, height: clip.height,
      share: preparation.centreShare, at: place)
    guard let cut else {
      throw SamplingError(
        "\(video.video.path) has frames of \(video.width)x\(video.height) pixels, smaller than clips of "
          + "\(clip.width)x\(clip.height): give --resize fit, or a short side that is long enough")
    }
    return cut
  }
}
