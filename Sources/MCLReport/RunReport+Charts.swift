import Foundation
import MCLData
import MCLDrawing
import MCLRuntime

extension RunReport {
  private func chart(
    _ title: String, _ reading: String, _ picture: LineChart
  ) -> String {
    guard picture.series.contains(where: { !$0.points.isEmpty }) else { return "" }
    let keys = picture.series.count > 1 ? picture.series : []
    let legend = keys.map {
      "<span><i style=\"background:\($0.colour)\"></i>\(HTML.escaped($0.label))</span>"
    }.joined()
    return """
      <figure><h3>\(HTML.escaped(title))</h3>\(legend.isEmpty ? "" : "<div class=\"legend\">\(legend)</div>")
      \(picture.svg)
      <figcaption>\(reading)</figcaption></figure>

      """
  }

  private func chart(
    _ title: String, _ reading: String, _ series: [LineChart.Series], level: LineChart.Level? = nil,
    isMarked: Bool = false
  ) -> String {
    chart(
      title, reading,
      LineChart(
        series: series.filter { !$0.points.isEmpty }, levels: level.map { [$0] } ?? [],
        mark: isMarked ? description.mark : nil, lastStep: lastStep))
  }

  /// The first outputs in one picture.
  var leadingChart: String {
    let leading = description.leading
    guard leading.count > 1, let group = leading.first?.group else { return "" }
    var picture = LineChart(records, leading, mark: description.mark, lastStep: lastStep)
    (picture.width, picture.height) = (1080, 320)
    return chart("\(group)", "The outputs that the program gives first, together.", picture)
  }

  /// Each output in a picture of its own.
  var outputCharts: String {
    description.outputs.map { output in
      let late = late(output).map { "In the end \(RunDescription.short($0))" } ?? ""
      let chance = output.chance.map { "; chance gives \(RunDescription.short($0))" } ?? ""
      var picture = LineChart(records, [output], mark: description.mark, lastStep: lastStep)
      (picture.width, picture.height) = (340, 190)
      return chart(output.name, late + chance + ".", picture)
    }.joined()
  }

  var courseCharts: String {
    let c = LineChart.colours
    let scheduled = Set(records.flatMap { ($0.scheduled ?? [:]).keys }).sorted().map { name in
      chart(
        name, "Input of the program, as its schedule gives it.",
        [
          LineChart.Series(
            label: name, colour: c[0],
            points: records.compactMap { record in record.scheduled?[name].map { (record.step, $0) } })
        ])
    }
    func speed(_ label: String, _ colour: String, _ value: (RunFolder.Speed) -> Double) -> LineChart.Series {
      LineChart.Series(label: label, colour: colour, points: speeds.map { ($0.step, value($0)) })
    }
    return scheduled.joined()
      + chart(
        "Throughput", "Samples a second, step by step.", [speed("samples/s", c[2]) { $0.samplesPerSecond }])
      + chart(
        "Waiting for data", "The share of each step's time; near 0 while the loader keeps up.",
        [speed("share", c[1]) { $0.dataWait }])
      + chart(
        "Memory", "GiB of the process; flat, once decoded frames fill their room.",
        [speed("GiB", c[3]) { Double($0.residentBytes) / 0x1p30 }])
  }

  /// What the samples that are held back gave, epoch by epoch.
  var validationCharts: String {
    let c = LineChart.colours
    func series(_ label: String, _ colour: String, _ value: (Validation.Result) -> Double) -> LineChart.Series
    {
      LineChart.Series(label: label, colour: colour, points: validations.map { ($0.step, value($0)) })
    }
    let last = validations.last.map {
      "In the end \(RunDescription.short($0.top1)), \(RunDescription.short($0.top5)) and \(RunDescription.short($0.meanClassAccuracy)) of \($0.samples) samples."
    }
    return chart(
      "Accuracy", last ?? "",
      [
        series("top-1", c[0]) { $0.top1 }, series("top-5", c[1]) { $0.top5 },
        series("mean over classes", c[2]) { $0.meanClassAccuracy },
      ]) + chart("Cross-entropy", "The mean over the samples.", [series("loss", c[3]) { $0.loss }])
  }

  /// What was measured of the states now and then, each number in a picture of its own.
  var measuredCharts: String {
    let names = Set(records.flatMap { ($0.measured ?? [:]).keys }).sorted()
    let known = description.measured ?? []
    let shown = known + names.filter { name in !known.contains { $0.name == name } }.map { .init(name: $0) }
    return shown.map { output in
      let points = records.compactMap { record in record.measured?[output.name].map { (record.step, $0) } }
      let last = points.last.map { "In the end \(RunDescription.short($0.1))" } ?? ""
      let chance = output.chance.map { "; chance gives \(RunDescription.short($0))" } ?? ""
      return chart(
        output.name, last + chance + ".",
        [LineChart.Series(label: output.name, colour: LineChart.colours[0], points: points)],
        level: output.chance.map { LineChart.Level(value: $0, label: "chance") })
    }.joined()
  }

  var similarityFigures: String {
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

  var collapseCharts: String {
    let c = LineChart.colours
    let width = measurements.last?.width ?? 0
    return chart(
      "Variance of the keys", "1: all over the sphere. 0: all keys are one, the features have collapsed.",
      [
        LineChart.Series(
          label: "variance", colour: c[0], points: measurements.map { ($0.step, $0.variance) })
      ], level: LineChart.Level(value: 1, label: "all over the sphere"), isMarked: true)
      + chart(
        "Effective rank of the keys",
        "Directions that the keys vary in (participation ratio of the covariance), of \(width > 0 ? "\(width) " : "all ")possible.",
        [
          LineChart.Series(
            label: "rank", colour: c[2], points: measurements.map { ($0.step, $0.effectiveRank) })
        ], level: width > 0 ? LineChart.Level(value: Double(width), label: "all \(width)") : nil,
        isMarked: true)
      + chart(
        "Cosine of queries", "Means. Contrast is what lies between the two lines.",
        [
          LineChart.Series(
            label: "with positives", colour: CosineHistogram.positiveColour,
            points: measurements.map { ($0.step, CosineHistogram.mean($0.positives)) }),
          LineChart.Series(
            label: "with negatives", colour: CosineHistogram.negativeColour,
            points: measurements.map { ($0.step, CosineHistogram.mean($0.negatives)) }),
        ], isMarked: true)
  }
}
