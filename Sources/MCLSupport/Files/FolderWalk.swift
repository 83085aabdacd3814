import Foundation

/// Finds the files below a folder, following links. Each folder is entered once, whatever leads to it, so that links in
/// a circle end; a link is entered after all real folders, so that files keep the name of the place they stand in.
package struct FolderWalk {
  private let root: FilePath
  private var entered: Set<FileIdentity> = []
  private var links: [(name: FilePath, target: FileIdentity)] = []
  /// Paths below the root.
  package private(set) var files: [(name: FilePath, identity: FileIdentity)] = []
  package private(set) var skipped: [(name: FilePath, reason: String)] = []

  package init(root: FilePath) { self.root = root }

  /// False where the root cannot be read; folders below that cannot be read are skipped by name.
  package mutating func run() -> Bool {
    if let status = root.status() { entered.insert(FileIdentity(status)) }
    guard enter(FilePath(bytes: [])) else { return false }
    while !links.isEmpty {
      let link = links.removeFirst()
      guard entered.insert(link.target).inserted else {
        skipped.append(
          (link.name, "\(path(link.name)) links to a folder that is read already; remove the link"))
        continue
      }
      enterOrSkip(link.name)
    }
    return true
  }

  private func path(_ name: FilePath) -> FilePath { root.appending(name) }

  private mutating func enterOrSkip(_ name: FilePath) {
    if !enter(name) {
      skipped.append((name, "\(path(name)): the folder cannot be read; check its permissions"))
    }
  }

  private mutating func enter(_ folder: FilePath) -> Bool {
    guard let entries = (folder.bytes.isEmpty ? root : path(folder)).entries() else { return false }
    for entry in entries where entry.bytes.first != UInt8(ascii: ".") { visit(folder.appending(entry)) }
    return true
  }

  private mutating func visit(_ name: FilePath) {
    let path = path(name)
    guard let own = path.status(followsLinks: false) else {
      let reason =
        errno == ENOENT ? "is gone; check the folder" : "cannot be asked for (\(systemReason)); move it"
      return skipped.append((name, "\(path) \(reason)"))
    }
    let isLink = own.st_mode & S_IFMT == S_IFLNK
    guard let status = path.status() else {
      let target = path.linkTarget()?.description ?? "?"
      return skipped.append(
        (name, "\(path) is a link to '\(target)', which is not there; mend or remove the link"))
    }
    let identity = FileIdentity(status)
    switch status.st_mode & S_IFMT {
    case S_IFREG: files.append((name, identity))
    case S_IFDIR where isLink: links.append((name, identity))
    case S_IFDIR: if entered.insert(identity).inserted { enterOrSkip(name) }
    default: skipped.append((name, "\(path) is neither a file nor a folder; remove it"))
    }
  }
}

/// What the system says of the call that failed last.
package var systemReason: String { String(cString: strerror(errno)) }
