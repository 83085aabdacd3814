import Foundation

/// A run in one HTML file that needs nothing else: curves, similarities, collapse, and where the query looks.
public struct RunReport {
  let folder: String
  let records: [StepRecord]
  let speeds: [RunFolder.Speed]
  let measurements: [EmbeddingMeasurement]
  /// What the newest checkpoint says of the run; empty where there is none.
  let metadata: [String: String]
  let queueShape: [Int]

  /// - Throws: `UsageError` where the folder holds no run.
  public init(folder: String) throws {
    self.folder = folder
    func file(_ name: String) -> String { (folder as NSString).appendingPathComponent(name) }
    records = RunFolder.lines(file("log.jsonl"), as: StepRecord.self)
    guard !records.isEmpty else {
      throw UsageError(
        "\(folder): it holds no log.jsonl with steps; name the folder of a run of 'mclc train'")
    }
    speeds = RunFolder.lines(file(RunFolder.speedFile), as: RunFolder.Speed.self)
    measurements = RunFolder.lines(file(RunFolder.measurementsFile), as: EmbeddingMeasurement.self)
    let newest = Checkpoint.steps(in: folder).first.flatMap {
      try? SafeTensors(path: file(Checkpoint.fileName($0)))
    }
    metadata = newest?.metadata ?? [:]
    queueShape = newest?.entries["queue"]?.shape ?? []
  }

  private var lastStep: Int { records.last?.step ?? 1 }

  private func setting(_ name: String) -> String? {
    metadata["settings"]?.split(separator: " ").first { $0.hasPrefix(name + "=") }.map {
      String($0.dropFirst(name.count + 1))
    }
  }

  /// The step whose keys fill the queue.
  private var queueFull: Int? {
    guard let rows = queueShape.first, let batch = setting("batch").flatMap({ Int($0) }) else { return nil }
    let keys = 3 * batch * (setting("accumulate").flatMap { Int($0) } ?? 1)
    return keys > 0 ? (rows + keys - 1) / keys : nil
  }

  // MARK: Charts

  private func line(_ key: String, _ label: String, _ colour: String) -> LineChart.Series {
    LineChart.Series(
      label: label, colour: colour,
      points: records.compactMap { record in record.outputs[key].map { (record.step, Double($0)) } })
  }

  private static let colours = ["#0b6bcb", "#c2410c", "#15803d", "#7e22ce", "#111827"]

  private func chart(
    _ title: String, _ reading: String, _ series: [LineChart.Series], level: (Double, String)? = nil,
    marksQueue: Bool = false
  ) -> String {
    let shown = series.filter { !$0.points.isEmpty }
    guard !shown.isEmpty else { return "" }
    let picture = LineChart(
      series: shown, level: level.map { (value: $0.0, label: $0.1) },
      mark: marksQueue ? queueFull.map { ($0, "queue full of keys") } : nil, lastStep: lastStep)
    let legend =
      shown.count > 1
      ? shown.map { "<span><i style=\"background:\($0.colour)\"></i>\(Self.escaped($0.label))</span>" }
        .joined() : ""
    return """
      <figure><h3>\(title)</h3><div class="legend">\(legend)</div>
      \(picture.svg)
      <figcaption>\(reading)</figcaption></figure>

      """
  }

  private var lossCharts: String {
    let c = Self.colours
    return chart(
      "Loss terms",
      "Before their weights. The contrast between videos rises while keys replace the queue's random start.",
      [
        line("loss.inter", "inter-video contrast", c[0]), line("loss.intra", "intra-video contrast", c[1]),
        line("loss.mal", "motion alignment", c[2]), line("loss.order", "order", c[3]),
        line("loss", "loss", c[4]),
      ], marksQueue: true)
      + chart(
        "Total", "The weighted sum that is descended.",
        [line("loss.total", "total", c[4]), line("loss.nce", "both contrasts", c[0])], marksQueue: true)
      + chart(
        "Parts of motion alignment", "1 minus the cosine of saliency and motion; 0 is best.",
        [
          line("loss.mal_spatiotemporal", "space and time", c[0]), line("loss.mal_spatial", "space", c[1]),
          line("loss.mal_temporal", "time", c[2]),
        ])
      + chart(
        "Probability of the positive", "Softmax share of the right key; 1 is best.",
        [line("prob.inter", "among videos", c[0]), line("prob.intra", "among clips of one video", c[1])],
        marksQueue: true)
      + chart(
        "Gradient norm", "Over all parameters, before it is bounded.", [line("gradient_norm", "norm", c[4])])
  }

  private var courseCharts: String {
    let c = Self.colours
    let rate = LineChart.Series(
      label: "learning rate", colour: c[0], points: records.compactMap { record in record.learningRate.map { (record.step, $0) } })
    let names = Set(records.flatMap { ($0.lossWeights ?? [:]).keys }).sorted()
    let weights = names.enumerated().map { index, name in
      LineChart.Series(
        label: name.replacing("_", with: " "), colour: c[(index + 2) % c.count],
        points: records.compactMap { record in record.lossWeights?[name].map { (record.step, $0) } })
    }
    func speed(_ label: String, _ colour: String, _ value: (RunFolder.Speed) -> Double) -> LineChart.Series {
      LineChart.Series(label: label, colour: colour, points: speeds.map { ($0.step, value($0)) })
    }
    return chart("Learning rate", "Of each step, as the schedule gives it.", [rate])
      + chart("Loss weights", "By epoch.", weights)
      + chart(
        "Throughput", "Samples a second, step by step.", [speed("samples/s", c[2]) { $0.samplesPerSecond }])
      + chart(
        "Waiting for data", "The share of each step's time; near 0 while the loader keeps up.",
        [speed("share", c[1]) { $0.dataWait }])
      + chart(
        "Memory", "GiB of the process; flat, once decoded frames fill their room.",
        [speed("GiB", c[3]) { Double($0.residentBytes) / 0x1p30 }])
  }

  private var similarityFigures: String {
    guard let first = measurements.first, let last = measurements.last else { return "" }
    let middle = measurements[measurements.count / 2]
    var chosen = [("Early", first)]
    if middle.step > first.step, middle.step < last.step { chosen.append(("Midway", middle)) }
    if last.step > first.step { chosen.append(("Late", last)) }
    let legend = """
      <span><i style="background:\(CosineHistogram.positiveColour)"></i>with positives</span>\
      <span><i style="background:\(CosineHistogram.negativeColour)"></i>with the queue's negatives</span>
      """
    return chosen.map { name, measured in
      let picture = CosineHistogram(positives: measured.positives, negatives: measured.negatives)
      let means = [measured.positives, measured.negatives].map {
        String(format: "%.2f", CosineHistogram.mean($0))
      }
      return """
        <figure><h3>\(name): step \(measured.step)</h3><div class="legend">\(legend)</div>
        \(picture.svg)
        <figcaption>Mean cosine \(means[0]) with positives, \(means[1]) with negatives.</figcaption></figure>

        """
    }.joined()
  }

  private var collapseCharts: String {
    let c = Self.colours
    let width = queueShape.count > 1 ? queueShape[1] : 0
    return chart(
      "Variance of the keys", "1: all over the sphere. 0: all keys are one, the features have collapsed.",
      [
        LineChart.Series(
          label: "variance", colour: c[0], points: measurements.map { ($0.step, $0.variance) })
      ], level: (1, "all over the sphere"), marksQueue: true)
      + chart(
        "Effective rank of the keys",
        "Directions that the keys vary in (participation ratio of the covariance), of \(width) possible.",
        [
          LineChart.Series(
            label: "rank", colour: c[2], points: measurements.map { ($0.step, $0.effectiveRank) })
        ], level: width > 0 ? (Double(width), "all \(width)") : nil, marksQueue: true)
      + chart(
        "Cosine of queries", "Means. Contrast is what lies between the two lines.",
        [
          LineChart.Series(
            label: "with positives", colour: CosineHistogram.positiveColour,
            points: measurements.map { ($0.step, CosineHistogram.mean($0.positives)) }),
          LineChart.Series(
            label: "with negatives", colour: CosineHistogram.negativeColour,
            points: measurements.map { ($0.step, CosineHistogram.mean($0.negatives)) }),
        ], marksQueue: true)
  }

  // MARK: Samples

  private var sheets: String {
    let samples = (folder as NSString).appendingPathComponent("samples")
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: samples)) ?? []).filter {
      $0.hasPrefix("step-") && $0.hasSuffix(".png")
    }.sorted()
    let steps = Dictionary(grouping: names) { Int($0.dropFirst(5).prefix { $0 != "-" }) ?? 0 }
    guard let first = steps.keys.min(), let last = steps.keys.filter({ $0 <= lastStep }).max() else {
      return "<p>No samples were kept.</p>"
    }
    return (first == last ? [first] : [first, last]).map { step in
      let pictures = (steps[step] ?? []).compactMap { name -> String? in
        guard
          let data = FileManager.default.contents(atPath: (samples as NSString).appendingPathComponent(name))
        else { return nil }
        return """
          <figure class="sheet"><div class="rows"><span>frames</span><span>motion</span><span>saliency</span></div>\
          <img alt="frames, motion and saliency of one tubelet" src="data:image/png;base64,\
          \(data.base64EncodedString())"></figure>
          """
      }
      return "<h3>Step \(step)</h3><div class=\"sheets\">\(pictures.joined(separator: "\n"))</div>"
    }.joined(separator: "\n")
  }

  // MARK: The page

  private var tiles: String {
    let tail = records.suffix(max(records.count / 20, 1))
    func mean(_ key: String) -> String? {
      let values = tail.compactMap { $0.outputs[key] }
      guard !values.isEmpty else { return nil }
      return String(format: "%.3f", values.reduce(0, +) / Float(values.count))
    }
    let rates = speeds.map(\.samplesPerSecond).sorted()
    var tiles: [(String, String?)] = [
      ("steps", "\(lastStep)"), ("epoch", "\(records.last?.epoch ?? 0)"),
      ("loss, last twentieth", mean("loss.total") ?? mean("loss")),
      ("right key among videos", mean("prob.inter")),
      ("samples a second", rates.isEmpty ? nil : String(format: "%.1f", rates[rates.count / 2])),
      ("effective rank", measurements.last.map { String(format: "%.1f", $0.effectiveRank) }),
    ]
    if let peak = speeds.map(\.residentBytes).max() {
      tiles.append(("peak memory", String(format: "%.2f GiB", Double(peak) / 0x1p30)))
    }
    return tiles.compactMap { name, value in value.map { "<div><b>\($0)</b>\(name)</div>" } }.joined()
  }

  private var details: String {
    let shown = ["model", "settings", "seed", "schedule", "loss weights", "augmentation", "videos", "steps"]
    let rows = shown.compactMap { key in
      metadata[key].map { "<tr><th>\(key)</th><td>\(Self.escaped($0))</td></tr>" }
    }
    return rows.isEmpty
      ? "" : "<details><summary>What the run depends on</summary><table>\(rows.joined())</table></details>"
  }

  static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }

  public var html: String {
    let name = Self.escaped((folder as NSString).lastPathComponent)
    let model = metadata["model"].map { "model \(Self.escaped($0)), " } ?? ""
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
      \(Self.style)
      </style></head><body>
      <header><h1>\(name)</h1><p>\(model)\(lastStep) steps</p><div class="tiles">\(tiles)</div>\(details)</header>
      \(section("Losses", "Pale: each step. Strong: averaged over about a thirtieth of the run.", lossCharts))\
      \(section("Similarities", "Cosines of the queries with the keys of their own video and with the queue.", similarityFigures, "thirds"))\
      \(section("Collapse", "Of the latest keys in the queue and the batch's own.", collapseCharts))\
      \(section("Where the query looks", "Query tubelets, a column for each time of the maps: the frame, the motion the alignment loss is given, and the saliency, the gradient of the query's similarity weighted by its mean. Red is strong, against the sample's largest.", sheets, "all"))\
      \(section("Course", "", courseCharts))
      </body></html>

      """
  }

  private static let style = """
    :root { color-scheme: light }
    body { font: 15px/1.45 system-ui, sans-serif; color: #1f2937; background: #f8fafc; margin: 0 auto; max-width: 1120px; padding: 24px }
    h1 { margin: 0; font-size: 26px } h2 { margin: 36px 0 0; font-size: 20px } h3 { margin: 0; font-size: 15px }
    header p, section > p { color: #4b5563; margin: 2px 0 12px; max-width: 80ch }
    .tiles { display: flex; flex-wrap: wrap; gap: 10px; margin: 12px 0 }
    .tiles div { background: white; border: 1px solid #e5e7eb; border-radius: 8px; padding: 8px 14px; font-size: 13px; color: #4b5563 }
    .tiles b { display: block; font-size: 19px; color: #111827 }
    .grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(460px, 1fr)); gap: 16px }
    .thirds { display: grid; grid-template-columns: repeat(auto-fill, minmax(310px, 1fr)); gap: 16px }
    figure { margin: 0; background: white; border: 1px solid #e5e7eb; border-radius: 8px; padding: 12px 14px }
    figcaption { font-size: 13px; color: #4b5563 }
    .legend { min-height: 20px; font-size: 13px } .legend span { margin-right: 14px; white-space: nowrap }
    .legend i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 5px }
    svg { display: block; width: 100% } svg text { font-size: 11px; fill: #6b7280 }
    .grid line.grid, line.grid { stroke: #e5e7eb } line.mark { stroke: #9ca3af; stroke-dasharray: 4 4 }
    polyline { fill: none } .raw { stroke-opacity: 0.25 } .line { stroke-width: 2 }
    .sheets { display: grid; grid-template-columns: repeat(auto-fill, minmax(460px, 1fr)); gap: 12px; margin: 6px 0 18px }
    .sheet { display: flex; gap: 10px } .sheet img { flex: 1; min-width: 0; width: 100%; image-rendering: pixelated }
    .rows { display: flex; flex-direction: column; font-size: 12px; color: #6b7280 } .rows span { flex: 1; align-content: center }
    details { margin-top: 8px } table { border-collapse: collapse; font-size: 13px } th { text-align: left; vertical-align: top; padding: 3px 14px 3px 0 }
    td { overflow-wrap: anywhere }
    """
}
