import Foundation
import MCLTestKit
import Testing

/// The report of a run, in a browser.
@Suite struct ReportCommandTests {
  private let command = CommandLineTests()
  private static let folder = CommandLineTests.folder.appendingPathComponent("report-\(UUID().uuidString)")
    .path

  /// `MCL_BROWSER`, or a Chromium that is installed.
  static let browser: String? = {
    if let named = ProcessInfo.processInfo.environment["MCL_BROWSER"] { return named }
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    for name in ["chromium", "chromium-browser", "google-chrome"] {
      for folder in folders where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") {
        return name
      }
    }
    return nil
  }()

  /// A short run and its report.
  private static let page = Result<String, any Error> {
    let command = CommandLineTests()
    let run = folder + "/run"
    try SynthesizedVideos.copy(4, frames: 34, to: folder + "/videos")
    let trained = try command.mclc(
      [
        "train", "models/tiny.mcl", "--data", folder + "/videos", "--out", run, "--steps", "70",
        "--watch-every",
        "10", "--schedule", "order_weight=linear from=0 to=1 by=epoch", "--schedule",
        "mal_weight=steps at=5 values=2,1 by=epoch", "--schedule", "sgd_lr=cosine to=1e-6 warmup=1", "--json",
      ] + ["batch=2", "size=64", "queue_size=12", "widths=8,8,8,8", "clip_norm=5"].flatMap { ["--set", $0] })
    #expect(trained.code == 0, "\(trained.errors)")
    let page = folder + "/report.html"
    let written = try command.mclc(["report", run, "-o", page])
    #expect(written.code == 0 && written.errors == "\(page): the report of \(run)\n", "\(written.errors)")
    return page
  }

  private static let headings =
    ["loss"]
    + [
      "loss.total", "loss.inter", "loss.intra", "loss.mal", "loss.order", "top1.inter", "top1.intra",
      "top1.order", "prob.inter", "prob.intra", "loss.nce", "loss.mal_spatiotemporal", "loss.mal_spatial",
      "loss.mal_temporal", "gradient_norm",
    ] + [
      "Early: step 1", "Midway: step 40", "Late: step 70", "Variance of the keys",
      "Effective rank of the keys", "Cosine of queries", "Step 1", "Step 70", "mal_weight", "order_weight",
      "sgd_lr", "Throughput", "Waiting for data", "Memory",
    ]

  @Test func itHoldsEverythingItself() throws {
    let html = try String(contentsOfFile: try Self.page.get(), encoding: .utf8)
    #expect(
      html.contains("<summary>config.yaml</summary>")
        && html.contains("\n  sgd_lr: cosine to=1e-06 warmup=1 multiplier=100\n"))
    for heading in Self.headings { #expect(html.contains("<h3>\(heading)</h3>"), "\(heading)") }
    // The name of SVG's elements is no address that is asked for anything.
    let addresses = html.replacing("xmlns=\"http://www.w3.org/2000/svg\"", with: "")
    #expect(!addresses.contains("http") && !html.contains("<script") && !html.contains("nan"))
    #expect(html.matches(of: /src="data:image\/jpeg;base64,/).count == 4)
    // Guessing one of 13 candidates, and one of 2.
    #expect(html.contains("chance gives 2.565") && html.contains("chance gives 0.0769"))
    #expect(html.contains("chance gives 0.693") && html.contains("top1.inter, chance 0.0769"))
    #expect(html.count < 500_000)
    let missing = try command.mclc(["report", Self.folder + "/videos", "-o", Self.folder + "/x.html"])
    #expect(
      missing.code == 2
        && missing.errors
          == "mclc: \(Self.folder)/videos: it holds no log.jsonl with steps; name the folder of a run of 'mclc train'\n"
    )
  }

  /// What the browser makes of it: every picture is there and nothing is wider than the window.
  @Test(.enabled(if: browser != nil, "no Chromium is installed; MCL_BROWSER can name one"))
  func aBrowserShowsIt() throws {
    let browser = try #require(Self.browser)
    let page = try Self.page.get()
    let html = try String(contentsOfFile: page, encoding: .utf8)
    let asking = Self.folder + "/asking.html"
    try html.replacing(
      "</body>",
      with: """
        <script>addEventListener("load", () => { document.title = JSON.stringify({
          images: [...document.images].map(i => i.naturalWidth * i.naturalHeight),
          charts: [...document.querySelectorAll("svg")].map(s => s.getBoundingClientRect().height),
          lines: [...document.querySelectorAll("polyline.line")].map(l => l.getTotalLength()),
          headings: [...document.querySelectorAll("h3")].map(h => h.textContent),
          wide: document.documentElement.scrollWidth > innerWidth }) })</script></body>
        """
    ).write(toFile: asking, atomically: true, encoding: .utf8)
    let flags = [
      "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1180,3200",
      "--user-data-dir=\(Self.folder)/browser",
    ]
    let dumped = try show(browser, flags + ["--virtual-time-budget=5000", "--dump-dom", "file://" + asking])
    let title = try #require(dumped.firstMatch(of: /<title>(\{.*?\})<\/title>/)?.1)
    struct Seen: Decodable {
      var images: [Int]
      var charts: [Double]
      var lines: [Double]
      var headings: [String]
      var wide: Bool
    }
    let seen = try JSONDecoder().decode(Seen.self, from: Data(title.utf8))
    // 4 times of 64 pixels, three rows.
    #expect(seen.images == [Int](repeating: 4 * 64 * 3 * 64, count: 4))
    #expect(seen.headings == Self.headings)
    #expect(seen.charts.count == 28 && seen.charts.allSatisfy { $0 > 120 }, "\(seen.charts)")
    #expect(seen.lines.count == 30 && seen.lines.allSatisfy { $0 > 200 }, "\(seen.lines)")
    #expect(!seen.wide)

    let picture = Self.folder + "/report.png"
    _ = try show(browser, flags + ["--hide-scrollbars", "--screenshot=" + picture, "file://" + page])
    let bytes = try Data(contentsOf: URL(fileURLWithPath: picture))
    #expect(bytes.count > 100_000, "a page of pictures and curves is no blank")
  }

  func show(_ browser: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [browser] + arguments
    let out = CommandLineTests.folder.appendingPathComponent("\(UUID().uuidString).out")
    FileManager.default.createFile(atPath: out.path, contents: nil)
    process.standardOutput = try FileHandle(forWritingTo: out)
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(browser) \(arguments)")
    return String(decoding: try Data(contentsOf: out), as: UTF8.self)
  }
}
