import Foundation
import MCLData
import MCLRuntime
import MCLSupport
import Testing

@Suite struct ClassTableTests {
  private func videos(_ labels: [String?]) -> [VideoDataset.Video] {
    labels.enumerated().map { VideoDataset.Video(path: "/d/\($0).avi", name: "\($0).avi", label: $1) }
  }

  private func message(_ body: () throws -> Void) throws -> String {
    try #require(throws: UsageError.self) { try body() }.description
  }

  @Test func namesAreInTheOrderOfTheirBytes() throws {
    let labels = ["walk", "Run", "\u{e9}t\u{e9}", "run", "a b", "10", "9"]
    let expected = ["10", "9", "Run", "a b", "run", "walk", "\u{e9}t\u{e9}"]
    for turn in labels.indices {
      let order = Array(labels[turn...] + labels[..<turn])
      let table = try ClassTable(videos(order + order.reversed()))
      #expect(table.names == expected && table.count == 7)
      for (place, name) in expected.enumerated() { #expect(try table.index(of: name) == place) }
    }
  }

  @Test func numbersAreInTheirOwnOrder() throws {
    #expect(try ClassTable(videos(["10", "9", "0", "-2", "100"])).names == ["-2", "0", "9", "10", "100"])
    #expect(try ClassTable(videos(["7", "10", "07"])).names == ["07", "7", "10"])
    #expect(try ClassTable(videos(["10", "9", "1.5"])).names == ["1.5", "10", "9"], "not whole")
  }

  @Test func aNameIsOneClassInAnyUnicodeForm() throws {
    for labels in [["e\u{301}", "\u{e9}", "f"], ["\u{e9}", "e\u{301}", "f"]] {
      let table = try ClassTable(videos(labels))
      #expect(table.names.map { Array($0.utf8) } == [[0x66], [0xc3, 0xa9]])
      #expect(try table.index(of: "e\u{301}") == 1 && table.index(of: "\u{e9}") == 1)
    }
  }

  @Test func whatIsNoClassificationIsRefused() throws {
    #expect(
      try message { _ = try ClassTable(videos(["a", nil, "b", nil, nil])) }
        == "1.avi has no label, nor have 2 others; put each video into a folder named after its class, or give a "
        + "list with labels")
    #expect(
      try message { _ = try ClassTable(videos(["a", nil])) }.hasPrefix("1.avi has no label; put each video"))
    #expect(
      try message { _ = try ClassTable(videos(["a", "a"])) }
        == "all 2 videos are of the class 'a', but classes take at least two; add videos of another class")
    #expect(try message { _ = try ClassTable(videos([])) }.hasPrefix("there are no videos, but classes"))
  }

  @Test func anUnknownClassIsNamedWithItsNeighbour() throws {
    let table = try ClassTable(videos(["Archery", "Bowling", "Diving"]))
    #expect(
      try message { _ = try table.index(of: "archery") }
        == "'archery' is none of the 3 classes; did you mean 'Archery'?")
    #expect(
      try message { _ = try table.index(of: "PlayingGuitar") }
        == "'PlayingGuitar' is none of the 3 classes, which begin with 'Archery'; mend the label")
  }

  @Test func theTextIsOneLineAndComesBack() throws {
    let names = [
      "plain", "with \"quotes\" and \\", "tab\tand\nline\r", "\u{0}\u{1f}\u{7f}\u{85}\u{2028}\u{2029}",
      "a,b", "[]", "\u{1f469}\u{200d}\u{1f680}", "caf\u{e9}", "\\xE9", "", " ", "/", "\u{feff}x",
    ]
    let table = try ClassTable(videos(names))
    let text = table.description
    #expect(
      text.unicodeScalars.allSatisfy { $0.value >= 0x20 && ![0x7f, 0x85, 0x2028, 0x2029].contains($0.value) })
    let back = try ClassTable(text)
    #expect(back == table && back.names.map { Array($0.utf8) } == table.names.map { Array($0.utf8) })
    #expect(Set(back.names) == Set(names))
    let data = try JSONEncoder().encode(table)
    #expect(try JSONDecoder().decode(ClassTable.self, from: data) == table)
    #expect(try JSONDecoder().decode([String].self, from: Data(text.utf8)) == table.names)
    #expect(try ClassTable(videos(["b", "a"])).description == #"["a","b"]"#)
  }

  @Test(arguments: ["", "[]", "[\"a\"]", "[\"a\",\"a\"]", "[1,2]", "{\"a\":1}", "[\"a\",\"b\"", "a b"])
  func aTextThatIsNoTableIsRefused(text: String) throws {
    #expect(try message { _ = try ClassTable(text) }.contains("is no table of classes"))
  }

  @Test func differencesAreSaid() throws {
    let old = try ClassTable(videos(["a", "b", "c"]))
    func difference(_ labels: [String]) throws -> String? {
      try ClassTable(videos(labels)).difference(from: old)
    }
    #expect(try difference(["c", "b", "a"]) == nil)
    #expect(try difference(["a", "b", "c", "d"]) == "there are 4 classes instead of 3: 'd' is new")
    #expect(try difference(["a", "b"]) == "there are 2 classes instead of 3: 'c' is gone")
    #expect(try difference(["a", "b", "x"]) == "there are other classes: 'x' is new, 'c' is gone")
    #expect(
      try difference(["x", "y", "z"])
        == "there are other classes: 'x' and 2 more are new, 'a' and 2 more are gone")
    #expect(
      try old.difference(from: ClassTable(#"["a","c","b"]"#))
        == "the classes stand in another order: number 1 was 'c' and is 'b'")
  }
}
