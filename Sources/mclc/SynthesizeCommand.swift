import ArgumentParser
import MCLCommandSupport
import MCLSupport
import MCLVideo

struct SynthesizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "synthesize", abstract: "Makes encoded videos to train on where there are none.",
    discussion: paragraphs(
      """
      A textured sprite slides, circles, rotates, zooms, shakes or wanders, and rests for a part of the time, over a
      textured background under a panning camera. The kind of motion is the label: the folder a video stands in. The
      same seed gives the same bytes.

        mclc synthesize --out data/synthetic --videos 240 --seed 1
      """))

  @Option(help: "The folder to write to.") var out: String
  @Option(help: "How many videos.") var videos: Int = 240
  @Option(help: "What decides every texture and motion.") var seed: UInt64 = 1
  @Option(help: "Frames a video.") var frames: Int = 64

  func validate() throws {
    guard (1...100_000).contains(videos) else { throw ValidationError("--videos takes 1 to 100000") }
    guard (1...100_000).contains(frames) else { throw ValidationError("--frames takes 1 to 100000") }
  }

  func run() throws {
    try reporting {
      do {
        try VideoSynthesizer().synthesize(into: out, videos: videos, seed: seed, frames: frames)
      } catch let error as VideoError { throw UsageError(error.description) }
      say("\(videos) videos of \(frames) frames in \(out)")
    }
  }
}
