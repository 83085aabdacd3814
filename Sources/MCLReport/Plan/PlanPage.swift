import Foundation
import LLVMBindings
import MCLBenchmark
import MCLCompiler
import MCLDrawing

/// What became of a model's programs, as one HTML file that needs nothing else: the launches by scope, times against the
/// roofline, the arena over time, what was fused and what was not, and what compiling took.
package struct PlanPage {
  package struct Program: Sendable {
    package var report: PlanReport
    /// nil where nothing was run: the page then says so.
    package var timing: PlanTiming?

    package init(_ report: PlanReport, timing: PlanTiming?) {
      self.report = report
      self.timing = timing
    }
  }

  private let model: String
  private let settings: [(key: String, value: String)]
  private let programs: [Program]

  /// - Parameters:
  ///   - model: what the page is headed with.
  ///   - settings: what the model was built with.
  package init(model: String, settings: [(key: String, value: String)], programs: [Program]) {
    self.model = model
    self.settings = settings
    self.programs = programs
  }

  /// - Throws: `EncodingError` for numbers that are none.
  package func html() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let data = try encoder.encode(PlanPageData(programs))
    // No text of a model can end the element that holds the data.
    let json = String(decoding: data, as: UTF8.self).replacing("<", with: "\\u003c")
    let name = HTML.escaped(model)
    let chosen = settings.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    let target = programs.first.map { $0.report.target }
    let machine = target.map { "\($0.cpu), vectors of \($0.vectorBytes) bytes" } ?? ""
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
      <title>\(name): compiled by mclc</title>
      <style>
      \(Self.style)
      </style></head><body>
      <header><h1>\(name)</h1>
      <p>\(HTML.escaped(chosen)) \u{b7} \(HTML.escaped(machine))</p>
      <nav id="programs"></nav><div class="tiles" id="tiles"></div></header>
      <section id="time"><h2>Where the work is</h2><p class="about"></p><div class="card"></div></section>
      <section id="order"><h2>In the order it runs</h2><p class="about"></p><div class="card"></div></section>
      <section id="graph"><h2>The fused graph</h2><p class="about"></p><div class="split"></div></section>
      <section id="roofline"><h2>Kernels and the roofline</h2><p class="about"></p><div class="card"></div></section>
      <section id="arena"><h2>The arena over time</h2><p class="about"></p><div class="card"></div></section>
      <section id="decisions"><h2>What was fused, what was not, and why</h2><p class="about"></p><div class="card"></div></section>
      <section id="compiling"><h2>Compiling</h2><p class="about"></p><div class="card"></div></section>
      <svg id="seed" width="0" height="0"></svg>
      <script type="application/json" id="data">\(json)</script>
      <script>
      "use strict";
      (() => {
      \(Self.script)
      })();
      </script></body></html>

      """
  }

  /// The parts of the script, each of which draws one section.
  private static var script: String {
    [
      baseScript, overviewScript, treeScript, graphScript, detailScript, rooflineScript, arenaScript,
      decisionScript, startScript,
    ].joined(separator: "\n")
  }
}
