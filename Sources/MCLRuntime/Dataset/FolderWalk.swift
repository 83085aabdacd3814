import Foundation

/// Finds the files below a folder, following links. Each folder is entered once, whatever leads to it, so that links in
/// a circle end; a link is entered after all real folders, so that files keep the name of the place they stand in.
struct FolderWalk {
  private struct Identity: Hashable {
    var device: UInt64
    var number: UInt64
  }

  private let root: String
  private var entered: Set<Identity> = []
  private var links: [(name: String, target: Identity)] = []
  /// Paths below the root.
  private(set) var files: [String] = []
  private(set) var skipped: [(name: String, reason: String)] = []

  init(root: String) { self.root = root }

  /// - Throws: what reading the root throws; folders below that cannot be read are skipped by name.
  mutating func run() throws {
    var status = stat()
    if stat(root, &status) == 0 { entered.insert(Self.identity(status)) }
    try enter("")
    while !links.isEmpty {
      let link = links.removeFirst()
      guard entered.insert(link.target).inserted else {
        skipped.append(
          (link.name, "\(path(link.name)) links to a folder that is read already; remove the link"))
        continue
      }
      enterOrSkip(link.name)
    }
  }

  private func path(_ name: String) -> String { (root as NSString).appendingPathComponent(name) }

  private static func identity(_ status: stat) -> Identity {
    Identity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
  }

  private mutating func enterOrSkip(_ name: String) {
    do { try enter(name) } catch {
      skipped.append((name, "\(path(name)): the folder cannot be read; check its permissions"))
    }
  }

  private mutating func enter(_ folder: String) throws {
    for entry in try FileManager.default.contentsOfDirectory(atPath: path(folder)).sorted() {
      guard !entry.hasPrefix(".") else { continue }
      visit(folder.isEmpty ? entry : folder + "/" + entry)
    }
  }

  private mutating func visit(_ name: String) {
    let path = path(name)
    var own = stat()
    guard lstat(path, &own) == 0 else { return skipped.append((name, "\(path) is gone; check the folder")) }
    let isLink = own.st_mode & S_IFMT == S_IFLNK
    var status = stat()
    guard stat(path, &status) == 0 else {
      let target = (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) ?? "?"
      return skipped.append(
        (name, "\(path) is a link to '\(target)', which is not there; mend or remove the link"))
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: files.append(name)
    case S_IFDIR where isLink: links.append((name, Self.identity(status)))
    case S_IFDIR: if entered.insert(Self.identity(status)).inserted { enterOrSkip(name) }
    default: skipped.append((name, "\(path) is neither a file nor a folder; remove it"))
    }
  }
}
