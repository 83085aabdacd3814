import Foundation
import MCLCompiler
import MCLData
import MCLDataTestKit
import MCLEvaluation
import MCLExecution
import MCLGraph
import MCLRuntime
import MCLSupport
import MCLVideo
import Testing

/// Features of whole videos: of the right frames, kept, and the same however they are made.
@Suite struct FeatureExtractionTests {
  private static let videos = Result { try ColourVideos() }

  private let preparation = ClipPreparation(mean: [0.4, 0.4, 0.4], standardDeviation: [0.5, 0.25, 1])

  /// Colours of each frame's quarters: 3 channels, so that features tell frames and crops apart.
  private func program(batch: Int, mixing: Bool = false) throws -> FeatureProgram {
    let model = Model("m") { _ in
      Program("p") { context in
        let sample = context.sample(.clips, batch: batch, frames: 4, step: 2, size: (24, 32))
        let clip = sample.clip("c", placement: .centre)
        let weight = context.state("w", [1, 3, 4, 24, 32], initializer: .normal(deviation: 1))
        let feature = (clip * weight).sum([3, 4]).reshaped([batch, 12])
        return Step(outputs: [("f", mixing ? feature - feature.mean([0]) : feature)])
      }
    }
    return try FeatureProgram.chosen(in: model.module(), program: nil, layer: nil)
  }

  private func extraction(
    _ program: FeatureProgram, _ views: String, cache: String? = nil, threads: Int = 2, workers: Int = 2,
    seed: UInt64 = 1, preparation: ClipPreparation? = nil
  ) throws -> FeatureExtraction {
    let plan = try ProgramCompiler().compile(program.graph).plan
    let executor = try Executor(plan, threads: threads)
    try executor.initializeStates(seed: seed)
    let reader = ViewReader(
      try EvaluationViews(views), of: program.clip, preparation ?? self.preparation, shortSide: 256)
    let key = FeatureExtraction.key(program, weights: try program.weightsHash(executor), plan, reader)
    let kept = try cache.map {
      try FeatureCache(directory: $0, key: key, views: reader.views.count, width: program.width)
    }
    return try FeatureExtraction(program, executor: executor, reader: reader, cache: kept, workers: workers)
  }

  /// One clip in the middle is what validation takes.
  @Test func oneClipIsTheMiddle() throws {
    let videos = try Self.videos.get().prepared.videos
    let program = try program(batch: 3)
    var policy = AugmentationPolicy.full
    (policy.mean, policy.standardDeviation) = (preparation.mean, preparation.standardDeviation)
    let batches = try DeclaredBatches(
      DataDeclaration(program.graph), from: .videos(videos), policy: policy, seed: 1, order: .listed)
    let executor = try Executor(ProgramCompiler().compile(program.graph).plan, threads: 1)
    try executor.initializeStates(seed: 1)
    try executor.give(batches.batch(0))
    try executor.run()
    let wanted = try executor.value(program.output)
    let found = try extraction(program, "1x1").features(of: videos)
    #expect(found.features.flatMap { $0 ?? [] } == wanted && Set(wanted).count > 30)
  }

  /// Batches, threads, workers, neighbours and stops change no bit.
  @Test func featuresDependOnTheirVideoAlone() throws {
    let videos = try Self.videos.get().prepared.videos
    let folder = try VideoTestFolder()
    for views in ["5x1", "2x3", "1x1"] {
      let program = try program(batch: 4)
      let count = try EvaluationViews(views).count
      let whole = try extraction(program, views).features(of: videos)
      #expect(whole.kept == 0 && whole.unreadable.isEmpty)
      #expect(whole.features.allSatisfy { $0?.count == count * 12 })
      let other = try extraction(program, views, threads: 1, workers: 4).features(of: videos)
      #expect(other.features == whole.features, "\(views)")
      // The others first, in another order; then all, of which these are kept.
      let cache = folder.path + "/\(views)"
      let part = try extraction(program, views, cache: cache).features(of: [videos[2], videos[0]])
      #expect(part.features == [whole.features[2], whole.features[0]], "\(views)")
      let rest = try extraction(program, views, cache: cache).features(of: videos)
      #expect(rest.kept == 2 && rest.features == whole.features, "\(views)")
      let again = try extraction(program, views, cache: cache).features(of: videos)
      #expect(again.kept == 3 && again.features == whole.features, "\(views)")
    }
  }

  @Test func whatFeaturesDependOnIsPartOfTheKey() throws {
    let videos = try Self.videos.get().prepared.videos
    let cache = try VideoTestFolder()
    let program = try program(batch: 2)
    let first = try extraction(program, "2x1", cache: cache.path).features(of: videos)
    var still = preparation
    still.isSingleFrame = true
    var lighter = preparation
    lighter.mean = [0, 0, 0]
    var larger = preparation
    larger.scale = .shortSide(40)
    for (seed, views, preparation) in [
      (2, "2x1", preparation), (1, "3x1", preparation), (1, "2x3", preparation), (1, "2x1", still),
      (1, "2x1", lighter),
      (1, "2x1", larger),
    ] as [(UInt64, String, ClipPreparation)] {
      let other = try extraction(program, views, cache: cache.path, seed: seed, preparation: preparation)
        .features(of: videos)
      #expect(other.kept == 0 && other.features != first.features, "\(seed) \(views) \(preparation)")
    }
    #expect(try extraction(program, "2x1", cache: cache.path).features(of: videos).kept == 3)
    // A file that is damaged counts as not there.
    let files = cache.files().filter { $0.hasSuffix(".safetensors") }
    for file in files {
      var bytes = try cache.bytes(file)
      bytes[bytes.count - 3] ^= 0x10
      _ = try cache.file(file, bytes)
    }
    let mended = try extraction(program, "2x1", cache: cache.path).features(of: videos)
    #expect(mended.kept == 0 && mended.features == first.features)
  }

  @Test func aSingleFrameStandsStill() throws {
    let videos = try Self.videos.get().prepared.videos
    let program = try program(batch: 2)
    var still = preparation
    still.isSingleFrame = true
    let clip = program.clip
    let reader = ViewReader(try EvaluationViews("3x1"), of: clip, still, shortSide: 256)
    var values = [Float](repeating: 0, count: 3 * reader.viewSize)
    try values.withUnsafeMutableBufferPointer { try reader.read(videos[0], 0..<3, into: $0) }
    let plane = clip.height * clip.width
    for view in 0..<3 {
      for channel in 0..<3 {
        let start = view * reader.viewSize + channel * clip.frames * plane
        let frames = (0..<clip.frames).map { Array(values[start + $0 * plane..<start + ($0 + 1) * plane]) }
        #expect(frames.allSatisfy { $0 == frames[0] })
      }
    }
    #expect(values[0..<reader.viewSize] != values[reader.viewSize..<2 * reader.viewSize])
  }

  @Test func crops() throws {
    let videos = try Self.videos.get().prepared.videos
    let program = try program(batch: 1)
    // Frames of 64x48 in crops of 32x24.
    for (scale, isSame) in [(ViewScale.none, false), (.shortSide(24), true), (.shortSide(36), false)] {
      var own = preparation
      own.scale = scale
      let features = try #require(
        try extraction(program, "1x3", preparation: own).features(of: [videos[0]]).features[0])
      let rows = (0..<3).map { Array(features[12 * $0..<12 * ($0 + 1)]) }
      #expect(Set(rows).count == (isSame ? 1 : 3), "\(scale)")
    }
    var small = preparation
    small.scale = .shortSide(20)
    let error = #expect(throws: UsageError.self) { try extraction(program, "1x1", preparation: small) }
    #expect(
      error?.description
        == "--resize 20: clips of 32x24 pixels do not fit frames of that short side; give at least 24")
  }

  @Test func whatCannotBeReadIsNamedAndTheRestGoesOn() throws {
    let colours = try ColourVideos()
    let videos = colours.prepared.videos
    let program = try program(batch: 4)
    let whole = try extraction(program, "3x1").features(of: videos)
    try Data("gone".utf8).write(to: URL(fileURLWithPath: videos[1].video.path.description))
    let cache = try VideoTestFolder()
    for _ in 0..<2 {
      let found = try extraction(program, "3x1", cache: cache.path).features(of: videos)
      #expect(found.features == [whole.features[0], nil, whole.features[2]])
      #expect(found.unreadable.map(\.name) == [videos[1].video.name.description])
      #expect(found.unreadable[0].reason.contains(videos[1].video.path.description))
    }
    let table = FeatureTable(
      videos, try extraction(program, "3x1").features(of: videos), views: 3, width: 12,
      source: EvaluationFixtures.source, skipped: [("x.txt", "it is text")])
    #expect(table.count == 2 && table.unreadable.map(\.name) == ["x.txt", videos[1].video.name.description])
  }

  @Test func programsWhoseRowsMixAreRefused() throws {
    let videos = try Self.videos.get().prepared.videos
    let error = #expect(throws: UsageError.self) {
      try extraction(program(batch: 4, mixing: true), "5x1").features(of: videos)
    }
    #expect(
      error?.description
        == "program 'p' gives a clip of \(videos[0].video.name) other features beside other clips, as batch norm in "
        + "training does; name a program in evaluation mode with --program")
  }

  @Test func featuresThatAreNotFiniteAreNamed() throws {
    let videos = try Self.videos.get().prepared.videos
    let program = try program(batch: 2)
    let executor = try Executor(ProgramCompiler().compile(program.graph).plan, threads: 1)
    try executor.setState("w", floats: [Float](repeating: .infinity, count: 3 * 4 * 24 * 32))
    let reader = ViewReader(try EvaluationViews("2x1"), of: program.clip, preparation, shortSide: 256)
    let extraction = try FeatureExtraction(
      program, executor: executor, reader: reader, cache: nil, workers: 1)
    let error = #expect(throws: ExecutionError.self) { try extraction.features(of: videos) }
    let text = error?.description ?? ""
    #expect(
      text.hasSuffix(
        " in 'f' for view 0 of \(videos[0].video.name); the weights are damaged, or the program divides by zero"
      ), "\(text)")
  }

  @Test func waste() throws {
    #expect(try extraction(program(batch: 4), "5x1").waste == (3, 8))
    #expect(try extraction(program(batch: 4), "4x1").waste == (0, 4))
    #expect(try extraction(program(batch: 4), "1x1").waste == (0, 4))
    #expect(try extraction(program(batch: 4), "1x3").waste == (1, 4))
  }
}
