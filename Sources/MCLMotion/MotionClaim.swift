import Foundation
import MCLSupport

/// The right to write one entry of a cache: a locked file in the cache's folder `.partial`, which becomes the entry.
///
/// The lock (flock) ends with the process that holds it, however that ends, and what it leaves is used by the next one;
/// so a process that is killed leaves nothing in the cache but an unfinished file that `sweep` removes.
package final class MotionClaim {
  private let path: String
  private let partial: String
  private let descriptor: Int32
  private var isStored = false

  fileprivate init?(path: String, partial: String, waits: Bool) throws {
    while true {
      var descriptor = open(partial, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
      // Another process may be done with the folder at any moment, and sweep it away.
      for _ in 0..<100 where descriptor < 0 && errno == ENOENT {
        mkdir((partial as NSString).deletingLastPathComponent, 0o755)
        descriptor = open(partial, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
      }
      guard descriptor >= 0 else {
        let code = errno
        throw MotionError(
          "cannot write \(partial) (\(String(cString: strerror(code)))); check that the directory exists and may be written",
          isOfWholeCache: Self.concernsAll(code, in: (partial as NSString).deletingLastPathComponent))
      }
      guard flock(descriptor, LOCK_EX | (waits ? 0 : LOCK_NB)) == 0 else {
        let code = errno
        close(descriptor)
        if code == EINTR { continue }
        if code == EWOULDBLOCK { return nil }
        throw MotionError(
          "cannot lock \(partial) (\(String(cString: strerror(code)))); keep the cache on a file system with locks",
          isOfWholeCache: true)
      }
      // While we waited, the file may have become the entry, or have been swept away.
      var (own, there) = (stat(), stat())
      guard fstat(descriptor, &own) == 0, stat(partial, &there) == 0, own.st_ino == there.st_ino,
        own.st_dev == there.st_dev
      else {
        close(descriptor)
        continue
      }
      (self.path, self.partial, self.descriptor) = (path, partial, descriptor)
      return
    }
  }

  deinit {
    if !isStored { unlink(partial) }
    close(descriptor)
    // Fails, as it should, while others are at work.
    rmdir((partial as NSString).deletingLastPathComponent)
  }

  /// Whether what failed for one entry fails for all: the disk, the process, the folder, not the entry's name or file.
  private static func concernsAll(_ code: Int32, in folder: String) -> Bool {
    [ENOSPC, EDQUOT, EROFS, EIO, EMFILE, ENFILE, ENOMEM].contains(code) || access(folder, W_OK | X_OK) != 0
  }

  /// Makes the entry, in one step that lasts: written, flushed, renamed, the folder flushed.
  ///
  /// - Throws: `MotionError` where the disk is full or fails.
  package func store(_ motion: VideoMotion) throws { try store(MotionCache.encode(motion)) }

  /// The same for the bytes of a file.
  package func store(_ bytes: [UInt8]) throws {
    var written = 0
    var isWhole = ftruncate(descriptor, 0) == 0
    while isWhole, written < bytes.count {
      // Bound: the rest of the bytes, at their place in the file.
      let count = bytes.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress.map { $0 + written }, bytes.count - written, off_t(written))
      }
      if count < 0, errno == EINTR { continue }
      isWhole = count > 0
      written += max(count, 0)
    }
    guard isWhole, fsync(descriptor) == 0, rename(partial, path) == 0 else {
      let code = errno
      throw MotionError(
        "writing \(path) failed (\(String(cString: strerror(code)))); free some space on its disk",
        isOfWholeCache: Self.concernsAll(code, in: (path as NSString).deletingLastPathComponent))
    }
    isStored = true
    // The rename itself lasts only when the directory is synced too; a file system that cannot is no failure.
    let directory = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_CLOEXEC)
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }
}

extension MotionCache {
  private var partials: FilePath { FilePath(directory).appending(".partial") }

  private func claimed(file: String, waits: Bool) throws -> MotionClaim? {
    try MotionClaim(
      path: path(ofFile: file), partial: partials.appending(FilePath(file)).description, waits: waits)
  }

  /// Takes the right to write the entry of a video, or waits for it.
  ///
  /// - Returns: nil where another process has it and `waits` is false.
  /// - Throws: `MotionError` where the directory cannot be made or written.
  package func claim(_ name: some PathConvertible, kind: FlowSource.Kind, waits: Bool) throws -> MotionClaim?
  {
    try claim(file: file(of: name.filePath, kind), waits: waits)
  }

  /// The same for any file of the cache.
  package func claim(file: String, waits: Bool) throws -> MotionClaim? {
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw MotionError(
        "cannot make the cache directory \(directory); choose one that may be written", isOfWholeCache: true)
    }
    return try claimed(file: file, waits: waits)
  }

  /// Removes what killed processes left unfinished. Files that a living process works on stay.
  package func sweep() {
    for file in partials.entries() ?? [] {
      // A claim that is let go removes its file.
      if let text = String(validating: file.bytes, as: UTF8.self) {
        _ = try? claimed(file: text, waits: false)
      }
    }
    // Fails where the folder is not empty.
    rmdir(partials.description)
  }
}
