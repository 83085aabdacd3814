import Foundation
import MCLData
import MCLSupport
import MCLTestKit
import MCLVideo
import Testing

/// Whatever a file holds, reading it ends in frames or in one sentence, soon, and leaves nothing open.
@Suite struct HostileCorpusTests {
  /// What reading one file gave.
  private struct Outcome: Sendable, Equatable {
    var text: String
    var seconds = 0.0
    static func == (a: Self, b: Self) -> Bool { a.text == b.text }
  }

  /// Everything training does with a file: an index, then frames in any order, which must be those of the sequence.
  private static func outcome(_ name: String, _ path: String, turn: Int) -> Outcome {
    let start = Date()
    func text() -> String {
      do {
        let decoder = try VideoDecoder(path: path, shortSide: 48, keepsIndex: true)
        var sequence: [VideoFrame] = []
        while let frame = try decoder.next() { sequence.append(frame) }
        let index = try decoder.index()
        var random = CounterRandom(seed: UInt64(turn), purpose: "numbers")
        let numbers = Array(random.permutation(index.count).prefix(5))
        let frames = try ClipReader(path: path, shortSide: 48, index: index).frames(numbers)
        for (number, frame) in zip(numbers, frames) where sequence[number] != frame {
          return "frame \(number) is another one after a seek"
        }
        return "\(index.count) frames"
      } catch { return "\(error)" }
    }
    return Outcome(text: text(), seconds: Date().timeIntervalSince(start))
  }

  @Test func everyFileEndsInFramesOrOneSentence() throws {
    // A rotating sample: another one each hour.
    let isWhole = soakFactor > 1
    let turn = isWhole ? 0 : Int(Date().timeIntervalSince1970 / 3600)
    let corpus = try HostileCorpus(flips: isWhole ? 2000 : 48, truncation: isWhole ? 1 : 16, turn: turn)
    let files = corpus.files
    let (path, bytes) = (corpus.vanishing, corpus.whole)
    let vanisher = Thread {
      while !Thread.current.isCancelled {
        try? Data(bytes).write(to: URL(fileURLWithPath: path))
        usleep(2000)
        unlink(path)
        usleep(1000)
      }
    }
    vanisher.start()
    defer { vanisher.cancel() }
    var first: [Outcome] = []
    for workers in [1, 2, 8] {
      let loader = try BatchLoader(indices: 0..<files.count, workers: workers, capacity: 2 * workers) {
        Self.outcome(files[$0].name, files[$0].path, turn: turn)
      }
      let outcomes = try files.map { _ in try loader.next() }
      loader.stop()
      for (file, outcome) in zip(files, outcomes) {
        #expect(outcome.seconds < 10 * Double(max(workers / 2, 1)), "\(file.name), turn \(turn): \(outcome)")
        let isFrames = outcome.text.wholeMatch(of: /[1-9][0-9]* frames/) != nil
        let isSentence = outcome.text.contains(file.path) && !outcome.text.contains("\n")
        #expect(isFrames || isSentence, "\(file.name), turn \(turn): \(outcome)")
      }
      if first.isEmpty { first = outcomes }
      for (file, (a, b)) in zip(files, zip(first, outcomes)) where file.name != "vanishing.avi" {
        #expect(a == b, "\(file.name), turn \(turn), \(workers) workers")
      }
      let slowest = zip(files, outcomes).max { $0.1.seconds < $1.1.seconds }
      print(
        "\(files.count) hostile files, \(workers) workers: \(outcomes.count { $0.text.hasSuffix(" frames") }) give "
          + "frames; the slowest, \(slowest?.0.name ?? ""), took \(slowest?.1.seconds ?? 0) s")
      #expect(corpus.openDescriptors.filter { !$0.contains("vanishing") } == [])
    }
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    print(
      "hostile files: \(status.split(separator: "\n").first { $0.hasPrefix("VmHWM") } ?? "no peak of memory")"
    )
    for name in [
      "zero-bytes.mp4", "zeros.mp4", "prose.avi", "sound.wav", "fifo.avi", "directory.avi", "missing.avi",
    ] {
      let outcome = zip(files, first).first { $0.0.name == name }?.1
      #expect(outcome?.text.hasSuffix(" frames") == false, "\(name): \(outcome?.text ?? "")")
    }
  }
}
