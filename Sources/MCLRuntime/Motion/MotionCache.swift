import Foundation

/// A directory with one file `NAME.motion` a video, which holds all that training reads about its motion.
///
/// Little-endian: the 8 bytes "MCLMOTN\0"; u32 version, frames D, width, height, window, short side (0: none), clip
/// span, cells of a map's side; u64 fingerprint of the parameters, video bytes, video hash; u32 flows n, velocities; f32
/// maps [n, 7, 7], velocities; for each flow u32 length and u64 FNV-1a of its packed bytes; u64 FNV-1a of all bytes so
/// far; then the packed flows one after another. So every byte is under a checksum, and the flows of a clip can be read
/// without the others.
public struct MotionCache: Sendable {
  static let magic: [UInt8] = Array("MCLMOTN\0".utf8)
  /// Raise it when the layout or what any number in it means changes.
  static let version: UInt32 = 1

  public let directory: String

  public init(directory: String) {
    self.directory = directory
  }

  /// Where the entry of a video lies. `/`, `%` and a leading `.` of the name are written %2F, %25 and %2E.
  public func path(of name: String) -> String {
    var escaped = name.replacingOccurrences(of: "%", with: "%25").replacingOccurrences(of: "/", with: "%2F")
    if escaped.hasPrefix(".") { escaped = "%2E" + escaped.dropFirst() }
    return (directory as NSString).appendingPathComponent(escaped + ".motion")
  }

  /// Writes the entry, replacing an older one in one step.
  ///
  /// - Throws: `MotionError` where the directory cannot be made or written.
  public func store(_ motion: VideoMotion, as name: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw MotionError("cannot make the cache directory \(directory); choose one that may be written")
    }
    try MotionFile.write(Self.encode(motion), to: path(of: name))
  }

  /// Opens the entry of a video and reads its index: all but the flows. Call `check()` on the result to verify these too.
  ///
  /// - Throws: `MotionError`, with `asksForPreparation` where the entry is missing, damaged, or was made from another
  ///   file, with other parameters or by another version.
  public func open(_ name: String, identity: VideoIdentity, parameters: MotionParameters) throws
    -> MotionCacheEntry
  {
    let entry = try MotionCacheEntry(path: path(of: name))
    guard entry.identity == identity else {
      throw MotionError(
        "\(entry.path) was made from another version of the video; prepare it again", asksForPreparation: true
      )
    }
    guard entry.fingerprint == parameters.fingerprint, entry.window == parameters.window,
      entry.shortSide == parameters.shortSide, entry.clipSpan == parameters.clipSpan
    else {
      throw MotionError(
        "\(entry.path) was made with other parameters; prepare it again", asksForPreparation: true)
    }
    return entry
  }

  static func encode(_ motion: VideoMotion) -> [UInt8] {
    var bytes = magic
    func append<Number: FixedWidthInteger>(_ number: Number) {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    append(version)
    for number in [
      motion.frameCount, motion.width, motion.height, motion.parameters.window,
      motion.parameters.shortSide ?? 0,
      motion.parameters.clipSpan, MotionMaps.cells,
    ] {
      append(UInt32(clamping: number))
    }
    append(motion.parameters.fingerprint)
    append(motion.identity.byteCount)
    append(motion.identity.contentHash)
    append(UInt32(clamping: motion.flows.count))
    append(UInt32(clamping: motion.velocities.count))
    for value in motion.maps { append(value.bitPattern) }
    for value in motion.velocities { append(value.bitPattern) }
    for flow in motion.flows {
      append(UInt32(clamping: flow.bytes.count))
      var hash = MotionHash()
      hash.combine(flow.bytes)
      append(hash.value)
    }
    var hash = MotionHash()
    hash.combine(bytes)
    append(hash.value)
    for flow in motion.flows { bytes.append(contentsOf: flow.bytes) }
    return bytes
  }
}
