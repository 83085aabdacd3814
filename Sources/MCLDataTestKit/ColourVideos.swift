import Foundation
import MCLData
import MCLExecution
import MCLRuntime
import MCLVideo

/// A data set of three videos that can be told apart by their colour, with the motion of each in a cache.
package final class ColourVideos: Sendable {
  package static let names = ["red.avi", "green.avi", "blue.avi"]
  /// Made once, for tests that change nothing of it.
  package static let shared = Result { try ColourVideos() }

  package let folder: String
  package let prepared: MotionStore.Prepared
  package var data: String { folder + "/videos" }
  package var cache: String { folder + "/motion" }

  package init(frames: Int = 40) throws {
    folder =
      FileManager.default.temporaryDirectory.appendingPathComponent("mcl-colours-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder + "/videos", withIntermediateDirectories: true)
    for (channel, name) in Self.names.enumerated() {
      try VideoEncoder.encode(
        (0..<frames).map { Self.frame($0, channel) }, to: "\(folder)/videos/\(name)")
    }
    prepared = try MotionStore(directory: folder + "/motion").prepare(
      VideoDataset(directory: folder + "/videos"), progress: { _ in })
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// A square that moves over a ground of one colour.
  private static func frame(_ t: Int, _ channel: Int) -> VideoFrame {
    var pixels: [UInt8] = []
    for y in 0..<48 {
      for x in 0..<64 {
        let light: UInt8 = (x - t - 8).magnitude < 6 && (y - 20).magnitude < 8 ? 40 : 0
        for c in 0..<3 { pixels.append((c == channel ? 200 : 60) + light) }
      }
    }
    return VideoFrame(width: 64, height: 48, pixels: pixels)
  }

  package func batches(
    _ count: Int, seed: UInt64 = 5, policy: AugmentationPolicy = .cropAndFlip,
    decodedBudget: Int = 1 << 30, onFailure: @escaping @Sendable (String, String) -> Void = { _, _ in }
  ) throws -> DeclaredBatches {
    try DeclaredBatches(
      tubelets(batch: count), from: .videos(prepared.videos), policy: policy, seed: seed,
      decodedBudget: decodedBudget, onFailure: onFailure)
  }

  /// Of each sample of a batch, the video it was drawn from: the number of its strongest channel.
  package static func drawn(_ batch: Batch) -> [Int] {
    let plane = 16 * 32 * 32
    return (0..<batch.xq.count / (3 * plane)).map { sample in
      let means = (0..<3).map { c in
        batch.xq[(3 * sample + c) * plane..<(3 * sample + c + 1) * plane].reduce(0, +)
      }
      return means.indices.max { means[$0] < means[$1] } ?? -1
    }
  }
}
