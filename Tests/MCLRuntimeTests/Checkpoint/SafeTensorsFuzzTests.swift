import Foundation
import MCLDataTestKit
import MCLSupport
import MCLTestKit
import MCLWeights
import Testing

/// Damaged safetensors files are read or refused with a sentence, fast and in little memory.
@Suite struct SafeTensorsFuzzTests {
  @Test(.enabled(if: !Fuzzing.isChild)) func damagedTensorFiles() throws {
    for line in try Fuzzing.run(child: "damagedTensorFilesChild") { print(line) }
  }

  @Test(.enabled(if: Fuzzing.isChild)) func damagedTensorFilesChild() throws {
    let folder = try VideoTestFolder()
    try SafeTensors.write(
      SafeTensorsTests.tensors, metadata: SafeTensorsTests.metadata, to: folder.path + "/a")
    try SafeTensors.write(
      ["w": HostTensor([2, 2], .float32([1, 2, 3, 4])), "n": HostTensor([], .int64([4]))],
      metadata: ["step": "3"], to: folder.path + "/b")
    let narrow = SafeTensors.Element.allCases.enumerated().map { index, element in
      "\"t\(index)\":{\"dtype\":\"\(element.rawValue)\",\"shape\":[1,8],\"data_offsets\":"
    }
    var (header, end) = ("", 0)
    for (start, element) in zip(narrow, SafeTensors.Element.allCases) {
      header += (header.isEmpty ? "{" : ",") + start + "[\(end),\(end + 8 * element.byteCount)]}"
      end += 8 * element.byteCount
    }
    header += "}"
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    let corpus = [
      try folder.bytes("a"), try folder.bytes("b"),
      length + Array(header.utf8) + (0..<end).map { UInt8(truncatingIfNeeded: $0 &* 37) },
      Array(try Data(contentsOf: URL(fileURLWithPath: ScheduleCheckTests.golden))),
    ]
    for (index, bytes) in corpus.enumerated() {
      _ = try SafeTensors(path: try folder.file("valid\(index)", bytes))
    }
    let words = [
      "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u0000", "\\ud800", "\u{0}", "é", "\"__metadata__\":{",
      "\"dtype\":",
      "\"shape\":", "\"data_offsets\":", "\"F64\"", "\"BF16\"", "\"I64\"", "\"U8\"", "\"BOOL\"", "[0,0]",
      "{}", "null",
      "true",
    ]
    try Fuzzing.explore(ByteMutator(corpus: corpus, words: words)) { path, original in
      // The length at the front is mended half of the time, or else nothing else would be tried.
      var bytes = original
      if bytes.count >= 8, bytes.reduce(0, &+) & 1 == 0 {
        let end = bytes.lastIndex(of: UInt8(ascii: "}")).map { $0 - 7 } ?? 0
        if end > 0 { for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: end >> (8 * index)) } }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
      }
      do {
        let file = try SafeTensors(path: path)
        guard file.names.count == file.entries.count else {
          throw Fuzzing.Failure(description: "a name is lost")
        }
        for name in file.names {
          let entry = try file.entry(name)
          guard try file.tensor(name).count == entry.shape.reduce(1, *),
            try file.floats(name).count == entry.count
          else { throw Fuzzing.Failure(description: "the tensor '\(name)' has not the numbers of its shape") }
          // These two may refuse what is not exact.
          _ = try? file.doubles(name)
          _ = try? file.integers(name)
        }
        return true
      } catch let error as TensorFileError {
        guard error.description.hasPrefix(path), !error.description.contains("\n") else {
          throw Fuzzing.Failure(description: "the refusal is no sentence: \(error)")
        }
        return false
      }
    }
  }
}
