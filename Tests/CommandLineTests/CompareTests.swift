import Foundation
import MCLEvaluation
import MCLTestKit
import Testing

/// `mclc compare` as a user has it.
@Suite struct CompareTests {
  @Test func evaluationsStandBesideEachOther() throws {
    let folders = try EvaluationFolders()
    let (command, folder) = (folders.command, folders.folder)
    #expect(try folders.evaluate("a").code == 0)
    let still = try folders.evaluate("still", ["--single-frame", "--control", folder + "/a"])
    #expect(still.code == 0, "\(still.errors)")
    #expect(
      try folders.text("still/eval.html").contains(
        "<th scope=\"col\" class=\"number\">random initialisation<small>a</small></th>"))
    let page = folder + "/compare.html"
    let outcome = try command.mclc(["compare", folder + "/a", folder + "/still", "-o", page])
    #expect(outcome.code == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n")
    // Two numbers of neighbours with three measures each, and five recalls of videos and of clips.
    #expect(lines.count == 1 + 6 + 10 && lines[0].hasPrefix("percent"), "\(outcome.output)")
    #expect(lines.contains { $0.hasPrefix("knn20.top1 ") && $0.contains("[") }, "\(outcome.output)")
    #expect(outcome.errors.hasPrefix("6 test videos; * is the best; differences are to a, in brackets with "))
    #expect(outcome.errors.contains("mclc: still sees single frames\n"))
    #expect(outcome.errors.hasSuffix("\(page): the comparison\n"))
    let html = try String(contentsOfFile: page, encoding: .utf8)
    #expect(html.contains("<h2>Differences</h2>") && !html.contains("<script") && !html.contains("http"))
    let printed = try command.mclc(["compare", folder + "/a", folder + "/still", "--json"])
    let object = try JSONSerialization.jsonObject(with: Data(printed.output.utf8)) as? [String: Any]
    #expect(printed.code == 0 && printed.errors.isEmpty && (object?["rows"] as? [Any])?.count == 16)

    for (arguments, sentence) in [
      (
        [folder + "/a"],
        "name at least two folders of 'mclc evaluate', the first being what others are compared with"
      ),
      ([folder + "/a", folder + "/still", "-o", "x.png"], "--out x.png: name a file that ends in .html"),
      (
        [folder + "/a", folder + "/still", "-o", folder + "/still/eval.html"],
        "--out \(folder)/still/eval.html: it is the page of \(folder)/still, which is compared; name another file"
      ),
      (
        [folder + "/a", folder + "/none"],
        "\(folder)/none: there is no such folder; name one that 'mclc evaluate' wrote to"
      ),
    ] {
      let outcome = try command.mclc(["compare"] + arguments)
      #expect(outcome.code == 2 && outcome.errors == "mclc: \(sentence)\n", "\(outcome.errors)")
    }
  }
}
