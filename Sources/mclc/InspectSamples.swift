import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLData
import MCLDrawing
import MCLMotion
import MCLReport
import MCLRuntime
import MCLSupport
import MCLVideo

/// `mclc inspect --samples`: the samples that training would draw, as contact sheets.
struct InspectSamples {
  let count: Int
  let seed: UInt64
  let size: Int
  let frames: Int
  let out: String
  let kind: FlowSource.Kind
  let cache: String?
  let signals: SignalWatch

  /// - Parameter motion: gives a video's motion, kept in a folder where it has to be computed.
  func run(
    video: String?, data: String?, motion: (_ video: String, _ folder: String) throws -> MotionCacheEntry
  ) throws {
    try check()
    guard (16...1024).contains(size) else { throw UsageError("--size takes 16 to 1024") }
    guard (video == nil) != (data == nil) else {
      throw UsageError("name a video, or a folder of videos with --data, one of them")
    }
    let temporary = FileManager.default.temporaryDirectory.appendingPathComponent(
      "mclc-\(UUID().uuidString)"
    ).path
    defer { try? FileManager.default.removeItem(atPath: temporary) }
    do {
      let videos =
        try video.map { path in
          [
            PreparedVideo(
              video: VideoDataset.Video(path: path, name: FilePath(path).lastComponent),
              motion: try motion(path, temporary))
          ]
        } ?? prepared(data ?? "")
      signals.enter(.finishing)
      let batches = try DeclaredBatches(
        DataDeclaration(tubeletsOf: frames, size: size), from: .videos(videos), seed: seed)
      try draw(batches, of: video ?? data ?? "", seed: seed)
    } catch let error as VideoError { throw UsageError(error.description) } catch let error as MotionError {
      throw UsageError(error.description)
    } catch let error as SamplingError { throw UsageError(error.description) }
  }

  /// Draws the first samples of a run, as the run itself does.
  func run(like folder: String) throws {
    try check()
    guard let configuration = try RunConfiguration(in: folder) else {
      throw UsageError("\(folder): it holds no \(RunConfiguration.fileName); name the folder of a run")
    }
    var settings = TrainingSettings()
    for (key, value) in configuration.training.sorted(by: { $0.key < $1.key }) {
      try settings.set(key, value, origin: "\(folder)/\(RunConfiguration.fileName): \(key)")
    }
    var source = configuration.data
    // As only the training's own samples are drawn, of a list or folder to validate with nothing is read.
    if case .share? = source.validation {} else { source.validation = nil }
    let module = try RunConfiguration.model(in: folder, given: [:])
    let program = try module.trainingProgram(configuration.model.program)
    let selection = try TrainingSelection(source, seed: settings.seed)
    let data = try TrainingData(
      selection, classes: try DataDeclaration(program).needs.classes.map { _ in try selection.classes() },
      cache: configuration.cache(in: folder), flow: configuration.motion.flow, for: program,
      validating: module.validationProgram(of: program), signals: signals, isSilent: false)
    do { try draw(try data.batches(settings), of: folder, seed: settings.seed) } catch let error as VideoError
    {
      throw UsageError(error.description)
    }
  }

  private var isPage: Bool { (out as NSString).pathExtension.lowercased() == "html" }

  private func check() throws {
    guard (1...64).contains(count) else { throw UsageError("--samples takes 1 to 64") }
    guard isPage || (out as NSString).pathExtension.lowercased() == "png" else {
      throw UsageError("--out \(out): name a file that ends in .html or .png")
    }
  }

  private func draw(_ batches: DeclaredBatches, of name: String, seed: UInt64) throws {
    let sheets = try (0..<count).compactMap { number in
      try batches.drawn(number).map { try SampleSheet($0, number: number) }
    }
    guard !sheets.isEmpty else {
      throw UsageError("\(name): its samples are no videos, so there are no pictures of them")
    }
    try write(sheets, of: name, seed: seed)
  }

  /// The videos of a folder with the motion that 'mclc prepare' made.
  private func prepared(_ data: String) throws -> [PreparedVideo] {
    guard let cache else { throw UsageError("--data needs --cache, the folder that 'mclc prepare' filled") }
    var store = MotionStore(
      directory: cache,
      parameters: MotionParameters(
        shortSide: 256, clipSpans: [2 * frames], source: kind == .tvl1 ? .tvl1(TVL1Flow()) : .codec))
    store.verification = .quickWhereLarge
    store.keepsWindows = true
    return try store.preparing(VideoDataset(directory: data), signals: signals, isSilent: false).videos
  }

  private func write(_ sheets: [SampleSheet], of name: String, seed: UInt64) throws {
    do {
      if isPage {
        let title =
          "\(sheets.count) training samples of \((name as NSString).lastPathComponent), seed \(seed)"
        try AtomicFile.write(try SampleSheet.html(sheets, title: title), to: out)
      } else {
        let picture = try SampleSheet.picture(sheets)
        try AtomicFile.write(to: out) { append in try picture.bytes.withUnsafeBytes { try append($0) } }
      }
    } catch let error as TensorFileError { throw UsageError(error.description) }
    say("\(sheets.count) training samples of \(name) are shown in \(out)")
  }
}
