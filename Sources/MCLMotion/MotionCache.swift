import Foundation
import MCLSupport

/// A directory with one file a video and kind of flow, `NAME.motion` or `NAME.codec-motion`, which holds all that
/// training reads about the video's motion. docs/MOTION-CACHE.md is its format.
package struct MotionCache: Sendable {
  package let directory: String

  package init(directory: String) {
    self.directory = directory
  }

  private static func suffix(_ kind: FlowSource.Kind) -> String {
    switch kind {
    case .tvl1: ".motion"
    case .codec: ".codec-motion"
    }
  }

  /// The file of a video.
  package func file(of name: FilePath, _ kind: FlowSource.Kind) -> String {
    MotionCacheName(name).text + Self.suffix(kind)
  }

  /// Where the entry of a video lies.
  package func path(of name: some PathConvertible, kind: FlowSource.Kind = .tvl1) -> String {
    path(ofFile: file(of: name.filePath, kind))
  }

  func path(ofFile file: String) -> String { FilePath(directory).appending(FilePath(file)).description }

  /// Which kinds of flow the cache holds entries of.
  package var kinds: Set<FlowSource.Kind> {
    let endings = Set((FilePath(directory).entries() ?? []).map(\.ending))
    return Set(FlowSource.Kind.allCases.filter { endings.contains(String(Self.suffix($0).dropFirst())) })
  }

  /// Writes the entry, replacing an older one in one step; waits while another process works on it.
  ///
  /// - Throws: `MotionError` where the directory cannot be made or written.
  package func store(_ motion: VideoMotion, as name: some PathConvertible) throws {
    guard let claim = try claim(name, kind: motion.parameters.source.kind, waits: true) else { return }
    try claim.store(motion)
  }

  /// Opens the entry of a video and reads its index: all but the flows. Call `check()` on the result to verify these
  /// too.
  ///
  /// - Throws: `MotionError`, with `asksForPreparation` where the entry is missing, damaged, or was made from another
  ///   file, with other parameters or by another version.
  package func open(_ name: some PathConvertible, identity: VideoIdentity, parameters: MotionParameters)
    throws
    -> MotionCacheEntry
  {
    let entry = try openFlows(name, identity: identity, parameters: parameters)
    guard entry.hasMeasures(parameters) else {
      throw MotionError(
        needsPreparation: "\(entry.path) was made with other parameters", mend: "prepare it again")
    }
    return entry
  }

  /// The same for an entry whose flows are right, whatever maps and velocities it has.
  package func openFlows(_ name: some PathConvertible, identity: VideoIdentity, parameters: MotionParameters)
    throws
    -> MotionCacheEntry
  {
    let entry = try MotionCacheEntry(path: path(of: name, kind: parameters.source.kind))
    guard entry.identity == identity else {
      throw MotionError(
        needsPreparation: "\(entry.path) was made from another version of the video", mend: "prepare it again"
      )
    }
    guard entry.hasFlows(parameters) else {
      throw MotionError(
        needsPreparation: "\(entry.path) was made with other parameters", mend: "prepare it again")
    }
    return entry
  }

  static func encode(_ motion: VideoMotion) -> [UInt8] {
    let header = MotionCacheHeader(motion)
    var bytes = header.bytes
    for value in motion.maps { bytes.append(littleEndian: value.bitPattern) }
    for span in header.spans {
      for value in motion.velocities[span] ?? [] { bytes.append(littleEndian: value.bitPattern) }
    }
    for flow in motion.flows {
      bytes.append(littleEndian: UInt32(clamping: flow.bytes.count))
      bytes.append(littleEndian: UInt32(clamping: flow.tolerance))
      var hash = ContentHash()
      hash.combine(flow.bytes)
      bytes.append(littleEndian: hash.value)
    }
    var hash = ContentHash()
    hash.combine(bytes)
    bytes.append(littleEndian: hash.value)
    for flow in motion.flows { bytes.append(contentsOf: flow.bytes) }
    return bytes
  }
}

extension MotionCacheEntry {
  /// Whether the flows were made with these parameters.
  package func hasFlows(_ parameters: MotionParameters) -> Bool {
    header.kind == parameters.source.kind && header.cell == parameters.source.cell
      && header.fingerprint == parameters.fingerprint && shortSide == parameters.shortSide
  }

  /// Whether the maps and velocities are those of these parameters.
  package func hasMeasures(_ parameters: MotionParameters) -> Bool {
    window == parameters.window && parameters.clipSpans.allSatisfy(clipSpans.contains)
  }
}
