import Foundation
import MCLData
import MCLMotion
import MCLSupport
import MCLWeights

/// Features that were computed before, a file a video, so that a stopped extraction goes on where it was and a second one
/// computes nothing.
///
/// A folder's name is the hash of all that features depend on but the video: weights, program, views, preparation, and
/// the kernels of this machine. A file's is the hash of the video's content. Names of videos play no part. What is damaged
/// counts as not there.
package struct FeatureCache: Sendable {
  package let folder: String
  private let count: Int
  private let width: Int
  private static let tensor = "features"
  private static let checksum = "checksum"

  /// - Parameters:
  ///   - directory: the folder of all features; made if need be.
  ///   - key: what features depend on, as lines.
  ///   - views: of a video.
  ///   - width: numbers of a feature.
  /// - Throws: `UsageError` where the folder cannot be made, `TensorFileError` where it cannot be written.
  package init(directory: String, key: String, views: Int, width: Int) throws {
    let name = String(SHA256.hexadecimal(key.utf8).prefix(32))
    folder = (directory as NSString).appendingPathComponent(name)
    (count, self.width) = (views, width)
    do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
      throw UsageError("\(folder): the folder cannot be made; choose another with --cache")
    }
    let note = (folder as NSString).appendingPathComponent("key.txt")
    if !FileManager.default.fileExists(atPath: note) { try AtomicFile.write(key, to: note) }
  }

  private func path(of video: PreparedVideo) -> String {
    let identity =
      "\(video.identity.byteCount) \(video.identity.contentHash) \(video.frameCount) \(video.width)x\(video.height)"
    return (folder as NSString).appendingPathComponent(
      SHA256.hexadecimal(identity.utf8).prefix(32) + ".safetensors")
  }

  /// The features of a video's views; nil where they are not there, whole and finite.
  package func features(of video: PreparedVideo) -> [Float]? {
    guard let file = try? SafeTensors(path: path(of: video)),
      file.entries[Self.tensor]?.shape == [count, width],
      let values = try? file.floats(Self.tensor), file.metadata[Self.checksum] == Self.checksum(values),
      values.allSatisfy(\.isFinite)
    else { return nil }
    return values
  }

  /// - Throws: `TensorFileError` where the file cannot be written.
  package func store(_ values: [Float], of video: PreparedVideo) throws {
    try SafeTensors.write(
      [Self.tensor: HostTensor([count, width], .float32(values))],
      metadata: [Self.checksum: Self.checksum(values)], to: path(of: video))
  }

  private static func checksum(_ values: [Float]) -> String {
    var hash = ContentHash()
    values.withUnsafeBytes { hash.combine($0) }
    return String(hash.value, radix: 16)
  }
}
