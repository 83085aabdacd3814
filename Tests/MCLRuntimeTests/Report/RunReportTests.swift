import Foundation
import MCLCompiler
import MCLData
import MCLDataTestKit
import MCLGraph
import MCLReport
import MCLRuntime
import MCLTestKit
import MCLVideo
import MCLWeights
import Testing

/// What a run leaves for its report: pictures of the same clips, and captions by what the program gives.
@Suite(.serialized, .timeLimit(.minutes(5 * patience))) struct RunReportTests {
  private func picture(_ folder: VideoTestFolder, _ step: Int, _ sample: Int) throws -> VideoFrame {
    try #require(
      try VideoDecoder.decode(
        path: folder.path + String(format: "/samples/step-%08d-%d.jpg", step, sample), frames: 0..<1
      ).first)
  }

  /// Looking at the first clips again runs most of a step, and leaves no trace in the numbers.
  @Test func picturesAreOfTheSameClipsAndChangeNoBit() throws {
    let plan = try TinyStep.accumulating.get()
    let (looked, plain) = (try VideoTestFolder(), try VideoTestFolder())
    _ = try trainTiny(looked.path, steps: 4, plan: plan, perStep: 2, watchEvery: 1)
    _ = try trainTiny(plain.path, steps: 4, plan: plan, perStep: 2, watchEvery: 100)
    for file in [Checkpoint.fileName(4), "log.jsonl", "loss.svg"] {
      #expect(try looked.bytes(file) == plain.bytes(file), "\(file)")
    }
    let sheets = looked.files().filter { $0.hasPrefix("samples/") }
    #expect(sheets.count == 8)
    #expect(plain.files().filter { $0.hasPrefix("samples/") }.count == 4)
    for sample in 0..<2 {
      let (early, late) = (try picture(looked, 1, sample), try picture(looked, 4, sample))
      // Four times of 32 pixels; frames, motion and saliency below each other.
      #expect(early.width == 128 && early.height == 96)
      // Blocks of JPEG that no row of the saliency touches: all frames and the upper rows of the motion.
      let sameRows = 3 * 128 * 40
      let isSame = early.pixels.prefix(sameRows).elementsEqual(late.pixels.prefix(sameRows))
      let isLearnt = early.pixels != late.pixels
      #expect(isSame && isLearnt, "sample \(sample): the clips stay, the saliency is the model's")
    }
    let isOther = try picture(looked, 4, 0).pixels != picture(looked, 4, 1).pixels
    // A picture is of the states before its step, however often others were taken.
    let isRepeated = try picture(looked, 4, 0).pixels == picture(plain, 4, 0).pixels
    #expect(isOther && isRepeated)
  }

  @Test(arguments: [("tiny", ["widths": "8,8,8,8"]), ("r2plus1d", ["depth": "18", "widths": "8,8,8,8"])])
  func whatIsMeasuredIsKnownBeforeAnythingChanges(name: String, settings: [String: String]) throws {
    let small = ["batch": "2", "size": "32", "queue_size": "12", "num_channels": "16"]
    let program = try projectModel(name, settings: settings.merging(small) { $1 }).program("step")
    let watched = Set(program.watches.flatMap(\.values))
    let plan = try ProgramCompiler().compile(program, taps: watched).plan
    #expect(plan.taps.count == 5 && watched.count == 5)
    for tap in watched { #expect(plan.makesBeforeUpdates(tap), "\(tap)") }
    #expect(!plan.makesBeforeUpdates("nothing"))
  }

  /// A method whose outputs have other names, no loss among them, and nothing that could be measured.
  @Test func anotherMethodsRunHasItsOwnCaptions() throws {
    let settings = ["batch": "2", "size": "32", "queue_size": "12", "widths": "8,8,8,8"]
    var program = try projectModel("tiny", settings: settings).program("step")
    let names = ["loss.total": "energy.all", "loss.inter": "energy.far", "top1.inter": "hits"]
    program.outputs = program.outputs.compactMap { output in
      names[output.name].map { Graph.Named($0, output.entry) }
    }
    program.chances = ["energy.far": 2.5]
    program.watches = []
    let folder = try VideoTestFolder()
    let ended = try trainTiny(
      folder.path, steps: 3, plan: try ProgramCompiler().compile(program).plan, program: program)
    #expect(ended.outcome == .finished(steps: 3))
    let html = try RunReport(folder: folder.path).html
    for text in [
      "<h3>energy</h3>", "<h3>energy.all</h3>", "<h3>energy.far</h3>", "<h3>hits</h3>", "chance gives 2.500",
    ] {
      #expect(html.contains(text), "\(text)")
    }
    for text in ["loss.", "saliency", "Similarities", "Collapse", "nan", "prob", "contrast"] {
      #expect(!html.contains(text), "\(text)")
    }
    let curve = String(decoding: try folder.bytes("loss.svg"), as: UTF8.self)
    #expect(curve.contains("energy.all") && curve.contains("energy.far, dashed: chance 2.500"))
    #expect(!curve.contains("hits") && !curve.contains("loss"))
    // Tags of TensorBoard are texts in the file as they are.
    let events = try folder.bytes(try #require(folder.files().first { $0.hasPrefix("events.") }))
    let text = String(decoding: events, as: UTF8.self)
    #expect(text.contains("energy/far") && text.contains("samples/1") && !text.contains("embedding/"))
  }

  @Test func tensorBoardHasMeasurementsAndSmallPictures() throws {
    let folder = try VideoTestFolder()
    _ = try trainTiny(folder.path, steps: 2, plan: try TinyStep.accumulating.get(), perStep: 2)
    let events = try folder.bytes(try #require(folder.files().first { $0.hasPrefix("events.") }))
    let text = String(decoding: events, as: UTF8.self)
    for tag in [
      "loss/inter", "top1/inter", "gradient_norm", "embedding/variance", "embedding/effective_rank",
      "embedding/cosine_positives", "embedding/cosine_negatives", "training/samples_per_second", "samples/0",
    ] { #expect(text.contains(tag), "\(tag)") }
    #expect(!text.contains("loss.inter"))
    #expect(events.count < 100_000, "two steps with two pictures each")
    // A report of a folder without a description shows what the log has.
    let before = try RunReport(folder: folder.path).html
    try FileManager.default.removeItem(atPath: folder.path + "/outputs.json")
    let after = try RunReport(folder: folder.path).html
    #expect(before.contains("<h3>loss</h3>") && after.contains("<h3>loss.inter</h3>"))
  }
}
