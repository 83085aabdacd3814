import CFFmpeg
import MCLSupport

/// Reads frames of a video by their numbers, by seeking; the pixels are those of a decoding from the start.
///
/// It seeks to the last key frame before a wanted one and decodes on. A frame counts as the wanted one only where both
/// its time and the hash of its pixels are those of the index; otherwise decoding begins at the key frame before that
/// one, and at last at the start of the file. Only wanted frames are converted and scaled, and frames before the first
/// wanted one that no other depends on are not decoded. Where a clip needs only a window of its frames, only the rows of that are
/// converted and scaled.
package final class ClipReader {
  /// The size of the frames given.
  package let width: Int
  package let height: Int
  /// How often decoding began at a key frame, and how often at the start of the file.
  package private(set) var seeks = 0
  package private(set) var startsOver = 0
  /// Frames decoded, wanted or not.
  package private(set) var decoded = 0

  private let path: FilePath
  private let index: FrameIndex
  private let threads: Int
  private let scaler: FrameScaler
  private let buffer: FrameBuffer
  private var stream: VideoStream?
  /// The number of the frame decoded last; nil where it is not known.
  private var place: Int? = -1
  /// Nothing was passed over since the start of the file, so that frames can be counted.
  private var countsFromStart = true
  /// By frame number, what is wanted of it; all where nothing is said.
  private var windows: [Int: Crop] = [:]

  /// Why a video does not give what its index says: another file, or another decoder.
  package struct Mismatch: Error {
    package var text: String
  }

  /// A key frame this much further on is worth a seek.
  private static let worthwhile = 8

  /// - Parameter index: of this file.
  /// - Throws: `VideoError` as `VideoDecoder`.
  package init(path: some PathConvertible, shortSide: Int? = nil, index: FrameIndex, threads: Int = 1) throws
  {
    let path = path.filePath
    (self.path, self.index, self.threads) = (path, index, threads)
    let stream = try VideoStream(path: path, threads: threads)
    self.stream = stream
    (width, height) = try VideoDecoder.shownSize(
      width: index.width, height: index.height, shape: stream.shape, path: path, shortSide: shortSide)
    scaler = try FrameScaler(path: path, width: width, height: height, shape: stream.shape)
    buffer = try FrameBuffer(path: path)
  }

  /// The frames with these numbers, counted from 0, in the order asked for.
  ///
  /// - Throws: `VideoError` for numbers the video does not have, for a file that cannot be decoded any more, and for one
  ///   that is not the one the index was made of.
  package func frames(_ numbers: [Int]) throws -> [VideoFrame] {
    do { return try checkedFrames(numbers) } catch let error as Mismatch { throw VideoError(error.text) }
  }

  /// Of each clip, a window of the frames with these numbers; the pixels are those that the whole frames have there.
  ///
  /// - Throws: as `frames`, and `VideoError` for a window that is not within the frames.
  package func clips(_ clips: [(numbers: [Int], window: Crop)]) throws -> [[VideoFrame]] {
    do { return try checkedClips(clips) } catch let error as Mismatch { throw VideoError(error.text) }
  }

  /// - Throws: `Mismatch` as `checkedFrames`.
  package func checkedClips(_ clips: [(numbers: [Int], window: Crop)]) throws -> [[VideoFrame]] {
    if let wrong = clips.first(where: { !$0.window.fits(width: width, height: height) })?.window {
      throw VideoError(
        "Frames of \(path) have \(width) x \(height) pixels and hold no window \(wrong); ask for less.")
    }
    // A frame that clips share is converted once, the rows of them all.
    for (numbers, window) in clips {
      for number in numbers { windows[number] = windows[number]?.union(window) ?? window }
    }
    defer { windows = [:] }
    var rest = try checkedFrames(clips.flatMap(\.numbers))[...]
    return clips.map { numbers, window in
      defer { rest = rest.dropFirst(numbers.count) }
      return zip(numbers, rest).map { number, frame in
        frame.part(windows[number].map(window.within) ?? window)
      }
    }
  }

  /// - Throws: `Mismatch` where even a decoding from the start gives other frames than the index says.
  func checkedFrames(_ numbers: [Int]) throws -> [VideoFrame] {
    let wanted = Set(numbers).sorted()
    if let wrong = wanted.first(where: { !(0..<index.count).contains($0) }) {
      throw VideoError(
        "\(path) has \(index.count) frames and no frame \(wrong); ask for 0 to \(index.count - 1).")
    }
    var found: [Int: VideoFrame] = [:]
    var rest = wanted[...]
    while let first = rest.first {
      let before = found.count
      try continueOrSeek(rest, &found)
      if found.count == before {
        try startOver()
        try read(rest, &found)
      }
      guard found.count > before else { throw mismatch("frame \(first) has other pixels") }
      rest = rest.dropFirst(found.count - before)
    }
    return numbers.compactMap { found[$0] }
  }

  /// Decodes on where that is short, else from the key frame before the first wanted, else from the one before that.
  private func continueOrSeek(_ wanted: ArraySlice<Int>, _ found: inout [Int: VideoFrame]) throws {
    guard let first = wanted.first, index.hasOrderedTimes else { return }
    var key = index.key(upTo: first)
    let before = found.count
    if let place, place < first, place + Self.worthwhile >= key ?? 0 {
      try? read(wanted, &found)
      if found.count > before { return }
    }
    // The second time without passing anything over.
    for skips in [true, false] {
      guard let from = key, from > 0 else { return }
      try? seek(to: from, first, wanted, skips, &found)
      if found.count > before { return }
      key = index.key(upTo: from - 1)
    }
  }

  private func seek(
    to key: Int, _ first: Int, _ wanted: ArraySlice<Int>, _ skips: Bool, _ found: inout [Int: VideoFrame]
  ) throws {
    if stream == nil { stream = try VideoStream(path: path, threads: threads) }
    guard let stream, let time = index.frames[key].time else { return }
    (place, countsFromStart) = (nil, false)
    seeks += 1
    guard stream.seek(to: time) else { return }
    stream.usefulTime = skips ? index.frames[first].time : nil
    try read(wanted, &found)
  }

  private func startOver() throws {
    startsOver += 1
    stream = nil
    stream = try VideoStream(path: path, threads: threads)
    (place, countsFromStart) = (-1, true)
  }

  /// Decodes on and takes the wanted frames that come, in their order, up to one that does not or that is far away.
  private func read(_ wanted: ArraySlice<Int>, _ found: inout [Int: VideoFrame]) throws {
    guard let stream else { return }
    var rest = wanted
    while let next = rest.first {
      if rest.startIndex > wanted.startIndex, let place, let key = index.key(upTo: next),
        index.hasOrderedTimes,
        key > place + Self.worthwhile
      {
        return
      }
      guard try stream.next(into: buffer.frame) else {
        place = nil
        return
      }
      decoded += 1
      let frame = buffer.frame.pointee
      place = number(of: frame)
      guard let place else { continue }
      if place < next { continue }
      let expected = index.frames[next]
      guard place == next, PixelHash.hash(frame) == expected.hash,
        VideoStream.time(of: frame) == expected.time || countsFromStart
      else {
        self.place = nil
        return
      }
      // From here on every frame may be wanted.
      stream.usefulTime = nil
      found[next] = try scaler.scale(buffer.frame, window: windows[next])
      rest = rest.dropFirst()
    }
  }

  /// Which frame this is: by counting, else by its time, else the one after the last.
  private func number(of frame: AVFrame) -> Int? {
    if countsFromStart { return place.map { $0 + 1 } }
    if let time = VideoStream.time(of: frame) { return index.number(at: time) }
    return place.map { $0 + 1 }
  }

  private func mismatch(_ what: String) -> Mismatch {
    Mismatch(
      text:
        "\(path) is not the video its frames were indexed of (\(what)); do not change videos while training.")
  }
}
