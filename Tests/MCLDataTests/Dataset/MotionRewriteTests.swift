import Foundation
import MCLData
import MCLDataTestKit
import MCLMotion
import MCLRuntime
import MCLSupport
import Synchronization
import Testing

/// What others do to a cache's files under a running training is an error of that video, never the end of the process.
@Suite struct MotionRewriteTests {
  @Test func anEntryThatIsCutShortIsThatVideosError() throws {
    let videos = try ColourVideos(frames: 40)
    let failed = Mutex<[String]>([])
    let batches = try videos.batches(3, decodedBudget: 0) { name, reason in
      failed.withLock { $0.append("\(name): \(reason)") }
    }
    #expect(ColourVideos.drawn(try batches.batch(0)).sorted() == [0, 1, 2])
    let entry = try #require(videos.prepared.videos.first { $0.video.name == "green.avi" }?.motion)
    let whole = try Data(contentsOf: URL(fileURLWithPath: entry.path))
    for length in [0, 50, 4096, whole.count - 1] {
      #expect(truncate(entry.path, off_t(length)) == 0)
      #expect(throws: MotionError.self) { try entry.maps() }
      #expect(throws: MotionError.self) { try entry.flows([38]) }
      #expect(throws: MotionError.self) { try entry.check() }
      #expect(Set(ColourVideos.drawn(try batches.batch(1))) == [0, 2])
      try whole.write(to: URL(fileURLWithPath: entry.path))
    }
    let said = failed.withLock { $0 }
    #expect(said.count == 1 && said[0].hasPrefix("green.avi: \(entry.path) is damaged ("), "\(said)")
    // Whole again, it serves again.
    #expect(ColourVideos.drawn(try batches.batch(2)).sorted() == [0, 1, 2])
  }

  /// `cp` over a file cuts it to nothing and fills it again, again and again: a reader gets the right flows or an error.
  @Test func anEntryThatIsRewrittenMeanwhileIsRightOrAnError() throws {
    let videos = try ColourVideos(frames: 40)
    let entry = try #require(videos.prepared.videos[0].motion)
    let (flows, maps) = (try entry.flows([0, 20]), try entry.maps())
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: entry.path)))
    let isOver = Mutex(false)
    let writer = Thread {
      while !isOver.withLock({ $0 }) {
        let file = open(entry.path, O_WRONLY | O_TRUNC)
        for start in stride(from: 0, to: bytes.count, by: 4096) {
          let part = bytes[start..<min(start + 4096, bytes.count)]
          _ = part.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        }
        close(file)
        usleep(200)
      }
    }
    writer.start()
    defer { isOver.withLock { $0 = true } }
    var (right, wrong) = (0, 0)
    for _ in 0..<2000 {
      do {
        #expect(try entry.flows([0, 20]) == flows)
        #expect(try entry.maps() == maps)
        right += 1
      } catch is MotionError { wrong += 1 }
    }
    #expect(right > 0, "\(wrong) errors")
  }
}
