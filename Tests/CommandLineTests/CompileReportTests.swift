import Foundation
import MCLPasses
import MCLTestKit
import Testing

/// `mclc compile --report`, in a browser.
@Suite struct CompileReportTests {
  private let command = CommandLineTests()
  private static let folder = CommandLineTests.folder.appendingPathComponent("plan-\(UUID().uuidString)").path
  private static let settings = ["batch=2", "size=32", "queue_size=12", "widths=8,8,8,8"].flatMap {
    ["--set", $0]
  }

  private struct Page {
    var html: String
    /// Launches of the first program, of the arena's values, and of all programs.
    var launches: Int
    var blocks: Int
    var alive: Int
    var programs: [String]
  }

  private static func page(_ options: [String]) throws -> Page {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path = folder + "/\(UUID().uuidString).html"
    let run = try CommandLineTests().mclc(
      ["compile", "models/tiny.mcl", "--report", path] + options + settings)
    #expect(run.code == 0 && run.errors.contains("\(path): the report of model 'tiny'\n"), "\(run.errors)")
    #expect(run.output.contains("program 'step'"))
    let html = try String(contentsOfFile: path, encoding: .utf8)
    struct Data: Decodable {
      struct Program: Decodable {
        struct Launch: Decodable { var flops: Int }
        struct Value: Decodable { var offset: Int }
        var name: String
        var launches: [Launch]
        var values: [Value]
        var peakValues: [Int]
      }
      var programs: [Program]
    }
    let json = try #require(html.firstMatch(of: /id="data">(.*?)<\/script>/)?.1)
    let programs = try JSONDecoder().decode(Data.self, from: Foundation.Data(json.utf8)).programs
    let first = try #require(programs.first)
    return Page(
      html: html, launches: first.launches.count, blocks: first.values.count { $0.offset >= 0 },
      alive: first.peakValues.count, programs: programs.map(\.name))
  }

  private static let timed = Result<Page, any Error> { try page(["--runs", "2"]) }

  @Test func itHoldsEverythingItself() throws {
    let page = try Self.timed.get()
    #expect(!page.html.contains("http") && !page.html.contains("src=") && !page.html.contains("nan"))
    #expect(page.programs == ["step", "encode", "embed"] && page.launches > 300)
    #expect(page.html.matches(of: /<script/).count == 2)
  }

  @Test(arguments: [
    (["--no-timing"], "--no-timing is for --report"),
    (["--report", "x.html", "--emit", "dot"], "--report and --emit exclude each other; leave one out"),
    (["--report", "x.html", "--runs", "0"], "--runs takes 1 to 1000"),
    (["--report", "x.html", "-o", "./x.html"], "--report and --output name the same file; name two"),
    (["--report", "no/such/x.html"], "--report no/such/x.html: there is no folder no/such; make it first"),
    (["--report", "models"], "--report models: this is a folder; name a file in it"),
  ])
  func whatMakesNoSenseIsSaid(options: [String], message: String) throws {
    let run = try command.mclc(["compile", "models/tiny.mcl"] + options)
    #expect(run.code == 2 && run.errors.contains(message), "\(run.code) \(run.errors)")
  }

  /// What the browser makes of a page.
  private struct Seen: Decodable {
    var errors: [String]
    var tiles: Int
    var marks: Int
    var rows: Int
    var scopes: Int
    var opened: Int
    var arcs: Int
    var circles: Int
    var listed: Int
    var sorted: Bool
    var blocks: Int
    var alive: Int
    var done: Int
    var not: Int
    var subjects: Int
    var steps: Int
    var detail: String
    var ordered: Int
    var second: Int
    var notes: [String]
    var wide: Bool
  }

  /// Opens a page, looks and clicks.
  private func look(_ page: Page) throws -> Seen {
    let browser = try #require(ReportCommandTests.browser)
    let asking = Self.folder + "/\(UUID().uuidString).html"
    try page.html.replacing(
      "<script type=",
      with: "<script>window.wrong = []; onerror = m => { wrong.push(String(m)) }</script><script type=",
      maxReplacements: 1
    ).replacing(
      "</body>",
      with: #"""
        <script>addEventListener("load", () => {
          const all = (query, root = document) => [...root.querySelectorAll(query)];
          const button = text => all("button").find(b => b.textContent === text);
          const seen = { tiles: all("#tiles div").length, marks: all("rect.launch").length, rows: all(".row.node").length,
            scopes: all(".row.scope").length, arcs: all("path.arc").length, circles: all("circle.kernel").length,
            listed: all("tr.launch").length, blocks: all("rect.block").length, alive: all("tr.alive").length,
            steps: all("tr.step").length, done: all("details.decision.done").length, not: all("details.decision.not").length,
            notes: all(".about").map(a => a.textContent), wide: document.documentElement.scrollWidth > innerWidth };
          button("open all").click();
          seen.opened = all(".row.node:not(.scope)").length;
          const first = all("#launches td:nth-child(2)")[0].textContent;
          all("#launches th")[0].click();
          seen.sorted = all("#launches tr.launch td:first-child").every((cell, index) => cell.textContent === String(index));
          all("#launches tr.launch")[0].click();
          seen.detail = document.querySelector(".detail").textContent;
          const box = all("details.decision.not")[0];
          box.open = true;
          button("as scheduled").click();
          seen.ordered = all(".row.node").length;
          box.dispatchEvent(new Event("toggle"));
          seen.subjects = all("p.subject", box).length;
          all("#programs button")[1].click();
          seen.second = all(".row.node").length;
          seen.errors = wrong;
          document.title = JSON.stringify(seen);
        })</script></body>
        """#
    ).write(toFile: asking, atomically: true, encoding: .utf8)
    let dumped = try ReportCommandTests().show(
      browser,
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1340,4000",
        "--user-data-dir=\(Self.folder)/browser-\(UUID().uuidString)", "--virtual-time-budget=5000",
        "--dump-dom",
        "file://" + asking,
      ])
    let title = try #require(dumped.firstMatch(of: /<title>(\{.*?\})<\/title>/)?.1)
    return try JSONDecoder().decode(
      Seen.self,
      from: Foundation.Data(
        title.replacing("&gt;", with: ">").replacing("&lt;", with: "<").replacing("&amp;", with: "&").utf8))
  }

  @Test(
    .enabled(if: ReportCommandTests.browser != nil, "no Chromium is installed; MCL_BROWSER can name one"))
  func aBrowserShowsIt() throws {
    let page = try Self.timed.get()
    let seen = try look(page)
    #expect(seen.errors == [])
    #expect(seen.tiles >= 7 && seen.marks == page.launches && seen.opened == page.launches)
    #expect(seen.scopes > 5 && seen.rows > seen.scopes && seen.rows < 60 && seen.arcs > 10)
    #expect(seen.circles > page.launches / 2 && seen.circles <= page.launches)
    #expect(seen.listed == 40 && seen.sorted)
    #expect(seen.blocks == page.blocks && seen.alive == min(15, page.alive))
    #expect(seen.done >= 5 && seen.not >= 5 && seen.subjects > 0)
    // The passes, then by-products, schedule, kernels, recompute, run-together and memory plan.
    #expect(seen.steps == Pipeline.passes.count + 6)
    for word in ["kernel family", "Reads", "Formula", "FLOP a byte", "GB/s"] {
      #expect(seen.detail.contains(word), "\(seen.detail)")
    }
    #expect(seen.ordered > 10 && seen.second > 5 && !seen.wide)
  }

  @Test(
    .enabled(if: ReportCommandTests.browser != nil, "no Chromium is installed; MCL_BROWSER can name one"))
  func withoutTimesItSaysSo() throws {
    let page = try Self.page(["--no-timing"])
    let seen = try look(page)
    #expect(seen.errors == [] && seen.circles == 0 && seen.opened == page.launches && seen.sorted)
    #expect(seen.notes.contains { $0.hasPrefix("Nothing was run (--no-timing)") })
    #expect(!seen.detail.contains("GB/s") && seen.blocks == page.blocks)
  }
}
