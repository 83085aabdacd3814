import Foundation
import MCLSupport
import MCLVideo

/// A folder that lasts as long as this value.
package final class VideoTestFolder {
  package let path: String

  package init() throws {
    path =
      FileManager.default.temporaryDirectory.appendingPathComponent("mcl-video-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes `bytes` to a file of that name; its path.
  package func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    let path = self.path + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  package func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
  }

  /// Every file below the folder, sorted.
  package func files() -> [String] {
    (FileManager.default.enumerator(atPath: path)?.allObjects as? [String] ?? [])
      .filter { $0.contains(".") }.sorted()
  }
}

/// Peak signal-to-noise ratio of two frames of one size, decibels, over all channels.
package func signalToNoise(_ a: VideoFrame, _ b: VideoFrame) -> Double {
  var sum = 0
  for (x, y) in zip(a.pixels, b.pixels) { sum += (Int(x) - Int(y)) * (Int(x) - Int(y)) }
  guard sum > 0 else { return .infinity }
  return 10 * log10(255 * 255 * Double(a.pixels.count) / Double(sum))
}

/// Frames with a gradient and a lighter square that moves, of any size.
package func sampleFrames(_ count: Int, width: Int, height: Int) -> [VideoFrame] {
  (0..<count).map { t in
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let light = (x - 2 * t - 4).magnitude < 8 && (y - 10).magnitude < 6 ? 70 : 0
        pixels += [x * 160 / width, y * 160 / height, 60].map { UInt8($0 + light) }
      }
    }
    return VideoFrame(width: width, height: height, pixels: pixels)
  }
}

/// Frames no two of which are equal: the square of `sampleFrames` goes round, and a bar tells the number.
package func movingFrames(_ count: Int, width: Int, height: Int) -> [VideoFrame] {
  let ground = sampleFrames(1, width: width, height: height)[0].pixels
  return (0..<count).map { t in
    var pixels = ground
    for y in 0..<height {
      for x in 0..<width {
        let isSquare = ((x - 2 * t) % width + width) % width < 14 && (y - 20).magnitude < 8
        let isBar = y >= height - 6 && (t >> (8 * x / width)) & 1 == 1
        if isSquare || isBar { for c in 0..<3 { pixels[3 * (y * width + x) + c] += 70 } }
      }
    }
    return VideoFrame(width: width, height: height, pixels: pixels)
  }
}

extension VideoTestFolder {
  /// Makes a file of one byte whose name may be any bytes, and the folders it stands in.
  package func touch(_ name: FilePath) throws {
    var folder = FilePath(path)
    for part in name.components.dropLast() {
      folder = folder.appending(part)
      _ = folder.withCString { mkdir($0, 0o755) }
    }
    let file = FilePath(path).appending(name).withCString { open($0, O_WRONLY | O_CREAT, 0o644) }
    guard file >= 0 else { throw CocoaError(.fileWriteUnknown) }
    defer { close(file) }
    guard write(file, "x", 1) == 1 else { throw CocoaError(.fileWriteUnknown) }
  }
}
