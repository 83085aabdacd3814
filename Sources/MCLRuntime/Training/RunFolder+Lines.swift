import Foundation
import MCLData
import MCLSupport

/// Files of a run that hold a JSON object a line.
extension RunFolder {
  /// What is measured of the machine in a step; differs from run to run, so it has a file of its own.
  package struct Speed: Sendable, Codable, Equatable {
    package var step: Int
    package var samplesPerSecond: Double
    /// The share of the step's time spent waiting for data.
    package var dataWait: Double
    package var residentBytes: Int
    /// Seconds that measuring the states took, which are none of the step's; nil where nothing was measured.
    package var measuring: Double?
  }

  package static let measurementsFile = "embeddings.jsonl"
  package static let speedFile = "speed.jsonl"
  package static let validationFile = "validation.jsonl"
  /// The checkpoint after which validation samples came out best.
  public static let bestFile = "best.safetensors"

  /// The objects of a file, in order; lines that are none are left out.
  package static func lines<Line: Decodable>(_ path: String, as _: Line.Type) -> [Line] {
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    return data.split(separator: 0x0a).compactMap { try? JSONDecoder().decode(Line.self, from: $0) }
  }

  static func line(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }

  /// Drops what a run that was killed wrote of later steps.
  func trimLines(through step: Int) throws {
    let kept = Self.lines(file(Self.measurementsFile), as: EmbeddingMeasurement.self).filter {
      $0.step <= step
    }
    try AtomicFile.write(try kept.map(Self.line).joined(), to: file(Self.measurementsFile))
    let speeds = Self.lines(file(Self.speedFile), as: Speed.self).filter { $0.step <= step }
    try AtomicFile.write(try speeds.map(Self.line).joined(), to: file(Self.speedFile))
    guard FileManager.default.fileExists(atPath: file(Self.validationFile)) else { return }
    let results = Self.lines(file(Self.validationFile), as: Validation.Result.self).filter { $0.step <= step }
    try AtomicFile.write(try results.map(Self.line).joined(), to: file(Self.validationFile))
  }

  func append(_ line: String, to name: String) throws {
    let bytes = Array(line.utf8)
    let descriptor = open(file(name), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    defer { if descriptor >= 0 { close(descriptor) } }
    // Where less is written than given, for want of room, there is no error.
    errno = ENOSPC
    guard descriptor >= 0, Foundation.write(descriptor, bytes, bytes.count) == bytes.count else {
      throw TensorFileError.cannotWrite(file(name), code: errno)
    }
  }
}
