import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLDrawing
import MCLMotion
import MCLReport
import MCLSupport
import MCLVideo

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Shows what training knows of a video's motion.",
    discussion: paragraphs(
      """
      The picture has clips of the video in rows: the first frame with the box that crops must cover, the flow in the
      usual colours, the 7x7 motion map; below them the velocity of every clip.

        mclc inspect clip.mp4 --motion clip.html
        mclc inspect clip.mp4 --motion clip.png --flow codec
        mclc inspect videos/dive/clip.mp4 --motion clip.png --cache motion
        mclc inspect clip.mp4 --compare-flow

      --samples draws training samples instead, as 'mclc train' with the same seed draws them: of each clip the frames
      with the crop, the motion map, what the network is given, and which starts were legal, fast and drawn.

        mclc inspect clip.mp4 --samples 3 --out samples.png
        mclc inspect --data videos --cache motion --samples 8 --seed 1 --size 112
        mclc inspect --run runs/first --samples 8

      \(MCLC.exitCodes)
      """))

  @Argument(help: "The video.") var video: String?
  @Option(help: "Where the picture is written: .html, a page of its own, or .png.") var motion: String?
  @Option(help: "Where flow comes from: tvl1 or codec.") var flow: String = "tvl1"
  @Option(help: "A cache of 'mclc prepare' that may have the motion already.") var cache: String?
  @Option(help: "Frames of a clip.") var frames: Int = 16
  @Option(help: "How many training samples are drawn and shown, 1 to 64.") var samples: Int?
  @Option(help: "Where --samples writes: .html, a page of text and JPEG pictures, or .png, one picture.")
  var out = "samples.html"
  @Option(help: "For --samples instead of a VIDEO: the folder of videos; --cache has their motion.")
  var data: String?
  @Option(
    name: .customLong("run"),
    help: ArgumentHelp(
      "For --samples instead of a VIDEO: the folder of a run, whose videos, seed, size and augmentation are taken.",
      valueName: "run"))
  var runFolder: String?
  @Option(help: "For --samples: what every draw depends on.") var seed: UInt64 = 1
  @Option(help: "For --samples: pixels a side of what the network is given.") var size = 112
  @Flag(help: "Compare the maps and velocities of the codec's vectors with those of TV-L1.") var compareFlow =
    false
  @Flag(help: "Print numbers as JSON.") var json = false

  func run() throws {
    try reporting {
      let signals = SignalWatch()
      for path in [motion, samples.map { _ in out }].compactMap({ $0 }) {
        try expectDistinct(path, from: [video].compactMap { $0 })
      }
      guard let kind = FlowSource.Kind(rawValue: flow) else {
        throw UsageError("--flow takes tvl1 or codec, not '\(flow)'")
      }
      guard (1...10_000).contains(frames) else { throw UsageError("--frames takes 1 to 10000") }
      if let samples {
        guard motion == nil, !compareFlow, !json else {
          throw UsageError("--samples stands alone; leave --motion, --compare-flow and --json out")
        }
        let samples = InspectSamples(
          count: samples, seed: seed, size: size, frames: frames, out: out, kind: kind, cache: cache,
          signals: signals
        )
        guard let folder = runFolder else {
          return try samples.run(video: video, data: data) { try entry($0, kind, $1, signals) }
        }
        guard video == nil, data == nil, cache == nil else {
          throw UsageError("--run says which videos and which motion; leave VIDEO, --data and --cache out")
        }
        return try samples.run(like: folder)
      }
      guard data == nil, runFolder == nil, let video else {
        throw UsageError(
          data == nil && runFolder == nil
            ? "name a video" : "--data and --run are for --samples; name a video instead")
      }
      guard motion != nil || compareFlow else {
        throw UsageError(
          "say what to show: --motion FILE.html, --motion FILE.png, --samples N or --compare-flow")
      }
      let ending = motion.map { ($0 as NSString).pathExtension.lowercased() }
      guard ending == nil || ending == "html" || ending == "png" else {
        throw UsageError("--motion \(motion ?? ""): name a file that ends in .html or .png")
      }
      let temporary = FileManager.default.temporaryDirectory.appendingPathComponent(
        "mclc-\(UUID().uuidString)"
      ).path
      defer { try? FileManager.default.removeItem(atPath: temporary) }
      do {
        let entry = try entry(video, kind, temporary, signals)
        signals.enter(.finishing)
        if let motion { try show(video, entry, motion, ending == "html") }
        if compareFlow {
          let other = try self.entry(video, kind == .tvl1 ? .codec : .tvl1, temporary, signals)
          try compare(video, entry, other)
        }
      } catch let error as VideoError { throw UsageError(error.description) } catch let error as MotionError {
        throw UsageError(error.description)
      }
    }
  }

  /// The video's motion, from the cache where it has it.
  private func entry(
    _ video: String, _ kind: FlowSource.Kind, _ temporary: String, _ signals: SignalWatch
  ) throws -> MotionCacheEntry {
    let parameters = MotionParameters(
      shortSide: 256, clipSpans: [2 * frames], source: kind == .tvl1 ? .tvl1(TVL1Flow()) : .codec)
    let identity = try VideoIdentity(contentsOf: video)
    if let cache {
      // Names in a cache are paths below the folder of the data set, whichever that was.
      let parts = URL(fileURLWithPath: video).standardizedFileURL.path.split(separator: "/")
      for count in 1...max(parts.count, 1) {
        let name = parts.suffix(count).joined(separator: "/")
        if let entry = try? MotionCache(directory: cache).open(
          name, identity: identity, parameters: parameters)
        {
          return entry
        }
      }
    }
    signals.enter(.computing)
    let bar = ProgressBar(isSilent: json)
    let result = try MotionPreparation(parameters: parameters).analyze(path: video, identity: identity) {
      flows in
      if let code = signals.exitCode {
        bar.clear()
        say("mclc: stopped while computing motion")
        throw ExitCode(code)
      }
      bar.show(0, "\(kind.rawValue) flow \(flows)")
    }
    bar.clear()
    let store = MotionCache(directory: temporary)
    try store.store(result, as: "video")
    return try store.open("video", identity: identity, parameters: parameters)
  }

  private func show(_ video: String, _ entry: MotionCacheEntry, _ path: String, _ isPage: Bool) throws {
    let picture = try MotionPicture(path: video, entry: entry, clipFrames: frames)
    do {
      if isPage {
        try AtomicFile.write(picture.html(title: (video as NSString).lastPathComponent), to: path)
      } else {
        try AtomicFile.write(to: path) { append in try picture.png.bytes.withUnsafeBytes { try append($0) } }
      }
    } catch let error as TensorFileError { throw UsageError(error.description) }
    if !json { say("the motion of \(video) is shown in \(path)") }
  }

  private func compare(_ video: String, _ one: MotionCacheEntry, _ other: MotionCacheEntry) throws {
    let comparison = try FlowComparison(one, other)
    if json {
      var object: [String: Any] = [
        "video": video, "frames": comparison.frameCount, "maps": comparison.maps, "places": comparison.places,
      ]
      if let velocities = comparison.velocities { object["velocities"] = velocities }
      return try printJSON(object)
    }
    try printResult(
      String(
        format: "codec vectors and TV-L1 on %d frames: correlation of the maps %.3f,", comparison.frameCount,
        comparison.maps))
    try printResult(
      String(format: "of each frame's map %.3f in the mean, of the clip velocities ", comparison.places)
        + (comparison.velocities.map { String(format: "%.3f", $0) } ?? "unknown (too few clips)"))
  }
}
