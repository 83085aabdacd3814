import Foundation
import MCLDrawing
import MCLRuntime
import MCLSupport
import MCLWeights

/// A run in one HTML file that needs nothing else: curves, similarities, collapse, and what the first clips show.
package struct RunReport {
  let folder: String
  let records: [StepRecord]
  let speeds: [RunFolder.Speed]
  let measurements: [EmbeddingMeasurement]
  let validations: [Validation.Result]
  let description: RunDescription
  /// What the newest checkpoint says of the run; empty where there is none.
  let metadata: [String: String]

  /// - Throws: `UsageError` where the folder holds no run.
  package init(folder: String) throws {
    self.folder = folder
    func file(_ name: String) -> String { (folder as NSString).appendingPathComponent(name) }
    records = RunFolder.lines(file("log.jsonl"), as: StepRecord.self)
    guard !records.isEmpty else {
      throw UsageError(
        "\(folder): it holds no log.jsonl with steps; name the folder of a run of 'mclc train'")
    }
    speeds = RunFolder.lines(file(RunFolder.speedFile), as: RunFolder.Speed.self)
    measurements = RunFolder.lines(file(RunFolder.measurementsFile), as: EmbeddingMeasurement.self)
    validations = RunFolder.lines(file(RunFolder.validationFile), as: Validation.Result.self)
    description = RunDescription(folder: folder, records: records)
    let newest = Checkpoint.steps(in: folder).first.flatMap {
      try? SafeTensors(path: file(Checkpoint.fileName($0)))
    }
    metadata = newest?.metadata ?? [:]
  }

  var lastStep: Int { records.last?.step ?? 1 }

  /// The mean of an output over the last twentieth of the run; nil where it has none.
  func late(_ output: RunDescription.Output) -> Double? {
    let values = records.suffix(max(records.count / 20, 1)).compactMap { $0.outputs[output.name] }
    return values.isEmpty ? nil : values.reduce(0) { $0 + Double($1) } / Double(values.count)
  }

  private var tiles: String {
    var tiles = [("steps", "\(lastStep)"), ("epoch", "\(records.last?.epoch ?? 0)")]
    for output in description.outputs.prefix(Self.tileCount) {
      guard let value = late(output) else { continue }
      let chance = output.chance.map { ", chance \(RunDescription.short($0))" } ?? ""
      tiles.append((output.name + chance, RunDescription.short(value)))
    }
    if let best = validations.max(by: { $0.top1 < $1.top1 }) {
      tiles.append(("validation top-1, best (epoch \(best.epoch))", RunDescription.short(best.top1)))
    }
    let rates = speeds.map(\.samplesPerSecond).sorted()
    if !rates.isEmpty { tiles.append(("samples a second", String(format: "%.1f", rates[rates.count / 2]))) }
    if let measured = measurements.last {
      tiles.append(("effective rank", String(format: "%.1f", measured.effectiveRank)))
    }
    if let peak = speeds.map(\.residentBytes).max() {
      tiles.append(("peak memory", String(format: "%.2f GiB", Double(peak) / 0x1p30)))
    }
    return tiles.map { "<div><b>\($1)</b>\(HTML.escaped($0))</div>" }.joined()
  }

  private static let tileCount = 6

  private var details: String {
    let shown = ["model", "settings", "seed", "schedules", "augmentation", "videos", "steps"]
    let rows = shown.compactMap { key in
      metadata[key].map { "<tr><th>\(key)</th><td>\(HTML.escaped($0))</td></tr>" }
    }
    let table =
      rows.isEmpty
      ? "" : "<details><summary>What the run depends on</summary><table>\(rows.joined())</table></details>"
    return table + configuration
  }

  /// What the run was started with, as its folder says it.
  private var configuration: String {
    guard
      let data = FileManager.default.contents(
        atPath: (folder as NSString).appendingPathComponent(RunFolder.configurationFile)),
      data.count <= 1 << 20,
      let text = String(validating: data, as: UTF8.self)
    else { return "" }
    return
      "<details><summary>\(RunFolder.configurationFile)</summary><pre>\(HTML.escaped(text))</pre></details>"
  }

  package var html: String {
    let name = HTML.escaped((folder as NSString).lastPathComponent)
    let model = metadata["model"].map { "model \(HTML.escaped($0)), " } ?? ""
    func section(_ title: String, _ about: String, _ content: String, _ style: String = "grid") -> String {
      content.isEmpty
        ? ""
        : "<section><h2>\(title)</h2><p>\(about)</p><div class=\"\(style)\">\n\(content)</div></section>\n"
    }
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
      <title>\(name): a run of mclc</title>
      <style>
      \(LineChart.style)
      \(ReportStyle.text)
      </style></head><body>
      <header><h1>\(name)</h1><p>\(model)\(lastStep) steps; outputs below are means of the last twentieth of them</p>\
      <div class="tiles">\(tiles)</div>\(details)</header>
      \(section("Outputs", "What the model's program gives at each step, in its order. Pale: each step. Strong: averaged over about a thirtieth of the run. Dashed: the value that guessing would give, where the model says it.", leadingChart, "all"))\
      <div class="thirds">\(outputCharts)</div>
      \(section("Validation", "Videos that training holds back, the middle of each, after every epoch; the best checkpoint is \(RunFolder.bestFile).", validationCharts, "thirds"))\
      \(section("Features", "Measured of the states now and then, by videos whose labels served for nothing else.", measuredCharts, "thirds"))\
      \(section("Similarities", "Cosines of queries with their positives, and with the queue's negatives.", similarityFigures, "thirds"))\
      \(section("Collapse", "Of the latest keys in the queue and the batch's own.", collapseCharts))\
      \(section("The first clips, early and late", samplesAbout, sheets, "all"))\
      \(section("Course", "", courseCharts))
      </body></html>

      """
  }
}
