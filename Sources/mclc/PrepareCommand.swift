import ArgumentParser
import Dispatch
import Foundation
import MCLCommandSupport
import MCLData
import MCLDrawing
import MCLMotion
import MCLRuntime
import MCLSupport
import MCLVideo

/// Which videos a verb works on.
struct VideoOptions: ParsableArguments {
  @Option(help: "The folder of videos; class folders become labels.") var data: String?
  @Option(
    help: """
      A list of the videos to take: UCF101's or HMDB51's split file (or the folder of them), Kinetics' CSV, the \
      MCL authors' CSV, what 'prepare' lists, or a path a line, with a label if you like (-1 or none: unlabelled). Its \
      content says which.
      """)
  var list: String?
  @Option(help: "Of a list that holds several parts: train, test or all; train by default.") var part: String?
  @Option(help: "Which split, where --list is a folder of UCF101's or HMDB51's; 1 by default.") var split:
    Int?

  /// - Throws: `UsageError` for a folder or list that cannot be read.
  func dataset() throws -> VideoDataset {
    guard let data else { throw UsageError("name the folder of videos with --data") }
    return try RunConfiguration.Data(folder: data, list: list, part: part ?? "train", split: split ?? 1)
      .dataset()
  }
}

struct PrepareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prepare", abstract: "Computes the motion of videos into a cache that training reads.",
    discussion: paragraphs(
      """
      One pass over the videos: optical flow, 7x7 motion maps, clip velocities. What is in the cache already is checked,
      byte by byte, and kept; what is stale or damaged is named and made anew. Stop it as you like (a second Ctrl-C ends
      it at once) and start it again; start it twice on one cache, and the two share the work.

        mclc prepare --data videos --cache motion
        mclc prepare --data UCF-101 --list ucfTrainTestlist/trainlist01.txt --cache motion --min-frames 64
        mclc prepare --data kinetics --list train.csv --cache motion --window 4 --flow codec --json
        mclc train models/r2plus1d.mcl --data videos --cache motion --out runs/first

      \(MCLC.exitCodes)
      """))

  @OptionGroup var videos: VideoOptions
  @Option(help: "The folder that keeps the motion.") var cache: String
  @Option(
    help: """
      Where flow comes from. tvl1: from the frames, as the method has it. codec: the motion vectors in H.264 and MPEG \
      files, coarser and far faster.
      """)
  var flow: String = "tvl1"
  @Option(help: "Flows that a motion map takes in: 8 for UCF101, 4 for Kinetics.") var window: Int = 8
  @Option(
    help: "Frames a clip spans, its length x its step, for the velocities; several as 16,32.")
  var spans: String = "32"
  @Option(help: "Videos of fewer frames are skipped: the published UCF101 runs want 64.") var minFrames: Int?
  @Option(help: "Threads that compute flow; MCL_THREADS, else one a processor, by default.") var workers: Int?
  @Option(help: "Where the list of usable videos is written; CACHE/videos.txt by default.") var usable:
    String?
  @Flag(help: "Print the report as JSON; no progress.") var json = false

  private func parameters() throws -> MotionParameters {
    guard let kind = FlowSource.Kind(rawValue: flow) else {
      throw UsageError("--flow takes tvl1 or codec, not '\(flow)'")
    }
    guard (1...1000).contains(window) else { throw UsageError("--window takes 1 to 1000") }
    let spans = spans.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard !spans.isEmpty, spans.count <= 16, spans.allSatisfy((1...100_000).contains) else {
      throw UsageError("--spans takes numbers of frames from 1 to 100000, such as 16,32, not '\(self.spans)'")
    }
    return MotionParameters(
      window: window, shortSide: 256, clipSpans: spans, source: kind == .tvl1 ? .tvl1(TVL1Flow()) : .codec)
  }

  func run() throws {
    try reporting {
      let signals = SignalWatch()
      let parameters = try parameters()
      guard (1...1024).contains(workers ?? 1) else { throw UsageError("--workers takes 1 to 1024") }
      let threads = try workers ?? threadCount() ?? ProcessorCount.threads
      let dataset = try videos.dataset()
      if let usable { try expectDistinct(usable, from: dataset.videos.map(\.path)) }
      var store = MotionStore(directory: cache, parameters: parameters, workers: threads)
      store.minimumFrames = minFrames
      let start = DispatchTime.now().uptimeNanoseconds
      let prepared = try store.preparing(dataset, signals: signals, isSilent: json)
      signals.enter(.finishing)
      let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
      let list = usable ?? (cache as NSString).appendingPathComponent("videos.txt")
      let isWritten = try write(prepared, to: list)
      let report = PrepareReport(
        prepared: prepared, parameters: parameters, seconds: seconds, cache: cache, list: list,
        isWritten: isWritten)
      if json { try printJSON(report.object) } else { report.lines.forEach(say) }
    }
  }

  /// Writes the list of usable videos, but never over the list that was read where that has more of them: those may be
  /// missing for now only.
  ///
  /// - Returns: whether it was written.
  private func write(_ prepared: MotionStore.Prepared, to path: String) throws -> Bool {
    let isOwnList = videos.list.map { FilePath($0).isSameFile(as: FilePath(path)) } ?? false
    guard !isOwnList || prepared.skipped.isEmpty else {
      guard usable == nil else {
        throw UsageError(
          "--usable \(path) is the list itself, and \(prepared.skipped.count) of its videos cannot be used; name another file"
        )
      }
      return false
    }
    do { try AtomicFile.write(PreparedList.text(prepared.videos.map(\.video)), to: path) } catch let error
      as TensorFileError
    {
      throw UsageError(error.description)
    }
    return true
  }
}

extension VideoPreparation {
  /// Prepares with a progress bar; a signal ends the work, keeping what is complete.
  func preparing(_ dataset: VideoDataset, signals: SignalWatch, isSilent: Bool) throws -> PreparedVideos {
    signals.enter(.preparing)
    let bar = ProgressBar(isSilent: isSilent)
    let start = DispatchTime.now().uptimeNanoseconds
    let prepared = try prepare(dataset) { progress in
      if let code = signals.exitCode {
        bar.clear()
        say("mclc: stopped while preparing \(Self.subject); what is done is kept")
        throw ExitCode(code)
      }
      let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
      // Videos that were in the cache take no time, so that only the others tell the rate.
      let left =
        progress.computedFraction > 0
        ? seconds * (1 - progress.fraction) / progress.computedFraction : .infinity
      bar.show(
        progress.fraction,
        "\(Self.subject) \(progress.video)/\(progress.videoCount) videos, "
          + String(format: "%.0f ", Double(progress.allSteps) / max(seconds, 1e-3)) + Self.unit + "/s"
          + ", \(ProgressBar.duration(left)) left")
    }
    bar.clear()
    for (name, reason) in prepared.rebuilt { say("mclc: rebuilt \(name): \(reason)") }
    for (name, reason) in prepared.skipped { say("mclc: skipped \(name): \(reason)") }
    return prepared
  }
}

/// What a run of `prepare` did.
struct PrepareReport {
  var prepared: MotionStore.Prepared
  var parameters: MotionParameters
  var seconds: Double
  var cache: String
  var list: String
  /// Whether the list is of this run.
  var isWritten: Bool

  private var bytes: Int { prepared.videos.reduce(0) { $0 + ($1.motion?.byteCount ?? 0) } }
  private var frames: Int { prepared.videos.reduce(0) { $0 + $1.frameCount } }
  /// How long the usable videos play.
  private var playing: Double {
    prepared.videos.reduce(0) {
      $0 + Double($1.frameCount) / $1.frameRate.plausible
    }
  }
  /// Bytes a minute of video whose frames had 240x320 pixels.
  private var bytesAMinute: Double {
    let minutes = prepared.videos.reduce(0.0) {
      let area = max(Double($1.width * $1.height) / (240 * 320), 1e-9)
      return $0 + Double($1.frameCount) / $1.frameRate.plausible / 60 * area
    }
    return minutes > 0 ? Double(bytes) / minutes : 0
  }
  private var timesRealTime: Double { prepared.computedSeconds / max(seconds, 1e-9) }
  private var inexact: (flows: Int, largest: Int) {
    prepared.videos.reduce((0, 0)) {
      guard let own = try? $1.motion?.tolerances() else { return $0 }
      return ($0.0 + own.count, max($0.1, own.largest))
    }
  }

  var object: [String: Any] {
    func named(_ entries: [(name: String, reason: String)]) -> [[String: String]] {
      entries.map { ["name": $0.name, "reason": $0.reason] }
    }
    return [
      "flow": parameters.source.kind.rawValue, "window": parameters.window, "spans": parameters.clipSpans,
      "cache": cache, "list": list, "list_written": isWritten, "usable": prepared.videos.count,
      "computed": prepared.computed,
      "remeasured": prepared.remeasured, "rebuilt": named(prepared.rebuilt),
      "skipped": named(prepared.skipped), "frames": frames, "video_seconds": playing, "seconds": seconds,
      "computed_video_seconds": prepared.computedSeconds, "times_real_time": timesRealTime,
      "computed_frames_per_second": Double(prepared.computedFrames) / max(seconds, 1e-9),
      "cache_bytes": bytes,
      "bytes_per_minute_at_240x320": bytesAMinute, "inexact_flows": inexact.flows,
      "largest_flow_error": Double(inexact.largest) * 40 / 255,
    ]
  }

  var lines: [String] {
    var lines = [
      "\(prepared.videos.count) videos usable, motion of \(prepared.computed) computed, \(prepared.skipped.count) skipped"
    ]
    if prepared.remeasured > 0 {
      lines.append("\(prepared.remeasured) entries got maps or velocities from the flow they had")
    }
    if prepared.computed > 0 {
      lines.append(
        String(
          format: "%d frames in %@, %.1f a second, %.1f x real time", prepared.computedFrames,
          ProgressBar.duration(seconds), Double(prepared.computedFrames) / max(seconds, 1e-9), timesRealTime))
    }
    lines.append(
      String(
        format: "%@: %.1f MB, %.2f MB a minute of 240x320 video", cache, Double(bytes) / 1e6,
        bytesAMinute / 1e6))
    let inexact = inexact
    if inexact.flows > 0 {
      lines.append(
        String(
          format: "%d flows are kept to within %.2f px, so that they fit", inexact.flows,
          Double(inexact.largest) * 40 / 255))
    }
    lines.append(
      isWritten
        ? "the usable videos are listed in \(list)"
        : "\(list) stays as it is, as it lists videos that cannot be used now; --usable FILE lists the others"
    )
    return lines
  }
}
