import MCLDrawing
import MCLVideo

extension EventFile {
  /// What TensorBoard shows of a step: every number of it, and what was measured and pictured in it.
  func write(_ now: Trainer.Progress, _ measurement: EmbeddingMeasurement?, _ pictures: [JPEGImage]) throws {
    let step = now.record.step
    var scalars = Dictionary(
      now.record.outputs.map { (Self.tag($0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
    for (name, value) in now.record.scheduled ?? [:] { scalars["training/\(name)"] = Float(value) }
    scalars["training/samples_per_second"] = Float(now.samplesPerSecond)
    scalars["training/data_wait"] = Float(now.dataWait)
    for (name, value) in now.validation?.scalars ?? [:] { scalars["validation/\(name)"] = Float(value) }
    for (name, value) in measurement?.scalars ?? [:] { scalars["embedding/\(name)"] = Float(value) }
    try write(step: step, scalars: scalars.merging(Self.scalars(now.record.measured ?? [:])) { $1 })
    try write(
      step: step,
      images: Dictionary(uniqueKeysWithValues: pictures.enumerated().map { ("samples/\($0)", $1) }))
  }

  /// Numbers that were measured of states, by tag.
  static func scalars(_ measured: [String: Double]) -> [String: Float] {
    Dictionary(measured.map { (tag($0.key), Float($0.value)) }, uniquingKeysWith: { first, _ in first })
  }
}
