import Foundation

/// Which file a path leads to, whatever the path: its device and its number there.
package struct FileIdentity: Hashable, Sendable {
  var device: UInt64
  var number: UInt64

  init(_ status: stat) { (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino)) }

  /// nil where there is no such file.
  package init?(_ path: FilePath) {
    guard let status = path.status() else { return nil }
    self.init(status)
  }
}

extension FilePath {
  /// What the system says of a file, links followed unless said otherwise; nil, with `errno`, where it cannot be asked.
  package func status(followsLinks: Bool = true) -> stat? {
    var status = stat()
    // A zero would end the path early, and another file would answer.
    guard !bytes.contains(0) else {
      errno = ENOENT
      return nil
    }
    return withCString { followsLinks ? stat($0, &status) : lstat($0, &status) } == 0 ? status : nil
  }

  /// Opens the file to read it; -1, with `errno`, where that fails. A pipe does not wait for its writer.
  package func openForReading() -> Int32 {
    guard !bytes.contains(0) else {
      errno = ENOENT
      return -1
    }
    return withCString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
  }

  /// The names in a folder in order of their bytes, without `.` and `..`; nil, with `errno`, where it cannot be read.
  package func entries() -> [FilePath]? {
    guard !bytes.contains(0), let folder = withCString({ opendir($0) }) else { return nil }
    defer { closedir(folder) }
    var names: [FilePath] = []
    while let entry = readdir(folder) {
      // Bound: the system ends the name with a zero, within the entry.
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: UInt8.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) { start in
          FilePath(
            bytes: UnsafeBufferPointer(
              start: start, count: strlen(UnsafePointer<CChar>(OpaquePointer(start)))))
        }
      }
      if name.bytes != [0x2e], name.bytes != [0x2e, 0x2e] { names.append(name) }
    }
    return names.sorted()
  }

  /// Where a link leads, as it says itself.
  func linkTarget() -> FilePath? {
    var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = withCString { path in
      target.withUnsafeMutableBytes {
        $0.baseAddress.map { readlink(path, $0.assumingMemoryBound(to: CChar.self), Int(PATH_MAX)) } ?? -1
      }
    }
    return count >= 0 ? FilePath(bytes: target[..<count]) : nil
  }

  /// The path without links, `.` and `..`; nil where there is no such file.
  package func resolved() -> FilePath? {
    guard !bytes.contains(0), let path = withCString({ realpath($0, nil) }) else { return nil }
    defer { free(path) }
    return FilePath(bytes: UnsafeRawBufferPointer(start: path, count: strlen(path)))
  }

  /// From the root on, `.` and doubled slashes left out. `..` stays, as what it means depends on links.
  package func absolute() -> FilePath {
    let start = isAbsolute ? [] : FilePath(FileManager.default.currentDirectoryPath).components
    return FilePath(bytes: [0x2f] + FilePath(components: start + components).bytes)
  }

  /// Whether both paths lead to one file that is there.
  public func isSameFile(as other: FilePath) -> Bool {
    FileIdentity(self).map { $0 == FileIdentity(other) } ?? false
  }
}
