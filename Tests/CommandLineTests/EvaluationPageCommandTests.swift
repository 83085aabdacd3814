import Foundation
import MCLTestKit
import Testing

/// The page of an evaluation with frames of its videos, in a browser.
@Suite struct EvaluationPageCommandTests {
  /// An evaluation of so many classes that confusions are a picture.
  private static let made = Result<EvaluationFolders, any Error> {
    let folders = try EvaluationFolders(videos: 56, classes: 26)
    let outcome = try folders.evaluate("eval")
    #expect(outcome.code == 0, "\(outcome.errors)")
    return folders
  }

  @Test func itHoldsFramesAndCommands() throws {
    let folders = try Self.made.get()
    let html = try folders.text("eval/eval.html")
    // 8 test videos with 5 neighbours each; and mistakes, of which 26 classes leave many.
    let strips = html.matches(of: /<img alt="frames of [a-z]+\/[a-z]+_\d+.avi" src="data:image\/jpeg;base64,/)
      .count
    #expect(strips > 48 && strips <= 60, "\(strips)")
    #expect(!html.contains("No frames") && html.utf8.count < 1_500_000)
    #expect(html.contains("<h3>The control single frame is missing</h3>"))
    #expect(!html.contains("The control random initialisation is missing"))
    let command = try #require(
      html.firstMatch(of: /<pre>(mclc evaluate [^\n]*)\n(mclc evaluate [^\n]*)<\/pre>/))
    #expect(command.1.hasSuffix(" --single-frame --out \(folders.folder)/eval-single-frame"), "\(command.1)")
    // Both as a shell takes them; only where the program is, the shell is told.
    for line in [command.1, command.2] {
      let outcome = try ShellRun.outcome(
        "program=$1; mclc() { \"$program\" \"$@\"; }; eval \"$2\"", [String(line)])
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    let beside = try folders.text("eval/eval.html")
    #expect(beside.contains("single frame<small>eval-single-frame</small></th>"), "\(command.2)")
    #expect(!beside.contains("is missing</h3>"))
  }

  @Test(
    .enabled(if: ReportCommandTests.browser != nil, "no Chromium is installed; MCL_BROWSER can name one"))
  func aBrowserShowsIt() throws {
    let browser = try #require(ReportCommandTests.browser)
    let folders = try Self.made.get()
    let asking = folders.folder + "/asking.html"
    try folders.text("eval/eval.html").replacing(
      "<script>",
      with:
        #"<script>const wrong = []; addEventListener("error", event => wrong.push(event.message));</script><script>"#
    ).replacing(
      "</body>",
      with: #"""
        <script>addEventListener("load", () => {
          const all = selector => [...document.querySelectorAll(selector)];
          const heads = all("#classes thead th");
          heads[2].querySelector("button").click();
          const rising = all("#classes tbody td:nth-child(3)").map(cell => Number(cell.dataset.v));
          heads[2].querySelector("button").click();
          const falling = all("#classes tbody td:nth-child(3)").map(cell => Number(cell.dataset.v));
          const canvas = document.getElementById("matrix");
          const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
          let inked = 0;
          for (let place = 0; place < pixels.length; place += 4) if (pixels[place + 2] < 250 || pixels[place] < 250) inked += 1;
          const box = canvas.getBoundingClientRect();
          canvas.dispatchEvent(new MouseEvent("mousemove", { clientX: box.left + 1, clientY: box.top + 1 }));
          const chosen = document.getElementById("chosen");
          chosen.value = chosen.options[1].value;
          chosen.dispatchEvent(new Event("change"));
          document.title = JSON.stringify({
            images: all("img").map(image => image.naturalWidth * image.naturalHeight),
            alternatives: all("img").every(image => image.alt !== ""),
            sorted: rising.every((value, place) => place === 0 || rising[place - 1] <= value)
              && falling.every((value, place) => place === 0 || falling[place - 1] >= value),
            rows: rising.length, order: heads[2].getAttribute("aria-sort"), side: canvas.width, inked,
            cell: document.getElementById("cell").textContent,
            points: all(".map circle").length, faint: all(".map g.faint").length, groups: all(".map g").length,
            wide: document.documentElement.scrollWidth > innerWidth, errors: wrong }) })</script></body>
        """#
    ).write(toFile: asking, atomically: true, encoding: .utf8)
    let flags = [
      "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1180,3200",
      "--user-data-dir=\(folders.folder)/browser",
    ]
    let dumped = try ReportCommandTests().show(
      browser, flags + ["--virtual-time-budget=5000", "--dump-dom", "file://" + asking])
    let title = try #require(dumped.firstMatch(of: /<title>(\{.*?\})<\/title>/)?.1)
    struct Seen: Decodable {
      var images: [Int]
      var alternatives: Bool
      var sorted: Bool
      var rows: Int
      var order: String
      var side: Int
      var inked: Int
      var cell: String
      var points: Int
      var faint: Int
      var groups: Int
      var wide: Bool
      var errors: [String]
    }
    let seen = try JSONDecoder().decode(Seen.self, from: Data(title.replacing("&amp;", with: "&").utf8))
    #expect(seen.errors == [] && seen.alternatives && !seen.wide)
    #expect(seen.images.count > 48 && seen.images.allSatisfy { $0 > 10_000 }, "\(seen.images)")
    #expect(seen.sorted && seen.rows == 26 && seen.order == "descending")
    // 26 cells of 30 pixels a side, at most a cell for each of the 28 test videos.
    #expect(seen.side == 26 * 30 && seen.inked > 900 && seen.inked <= 28 * 900, "\(seen.inked)")
    #expect(seen.cell.contains(/^c0: \d of 2 test videos are right$/), "\(seen.cell)")
    #expect(seen.points == 28 && seen.groups == 26 && seen.faint == 25)
  }
}
