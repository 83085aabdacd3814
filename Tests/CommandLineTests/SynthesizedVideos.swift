import Foundation
import Synchronization
import Testing

/// Videos that tests begin from: `mclc synthesize` makes each set once, and every test has a copy to change.
enum SynthesizedVideos {
  private static let made = Mutex<Set<String>>([])

  /// Puts videos into a new folder.
  static func copy(_ count: Int, frames: Int, seed: Int? = nil, to path: String) throws {
    let name = "synthesized-\(count)-\(frames)-\(seed.map { "\($0)" } ?? "default")"
    let source = CommandLineTests.folder.appendingPathComponent(name).path
    try made.withLock { names in
      guard !names.contains(name) else { return }
      let options = ["synthesize", "--out", source, "--videos", "\(count)", "--frames", "\(frames)"]
      let outcome = try CommandLineTests().mclc(options + (seed.map { ["--seed", "\($0)"] } ?? []))
      try #require(outcome.code == 0, "\(outcome.errors)")
      names.insert(name)
    }
    try FileManager.default.createDirectory(
      at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: source, toPath: path)
  }
}
