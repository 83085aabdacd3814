/// The control groups that a process is in: folders of Linux whose limits hold for all processes in and below them.
///
/// There are two versions. In version 2 one tree has all controllers; in version 1 each controller, such as `cpu`, has a tree
/// of its own. A system may have both at once.
package struct ControlGroups: Sendable {
  package enum Version: Sendable { case one, two }

  /// The folder of a group, where its limits are files.
  package struct Folder: Sendable, Hashable {
    package var version: Version
    package var path: String

    package init(_ version: Version, _ path: String) { (self.version, self.path) = (version, path) }
  }

  /// A process's place in one tree.
  private struct Membership {
    var version: Version
    var controllers: [Substring]
    var path: String
  }

  /// Where a tree, or the part of it below `root`, is to be seen in the file system.
  private struct Mount {
    var version: Version
    var controllers: [Substring]
    var root: String
    var point: String
  }

  private let memberships: [Membership]
  private let mounts: [Mount]

  /// - Parameters:
  ///   - memberships: what `/proc/self/cgroup` holds: a line `number:controllers:path` a tree.
  ///   - mounts: what `/proc/self/mountinfo` holds.
  ///
  /// Lines that are no such lines count as not there.
  package init(memberships: String, mounts: String) {
    self.memberships = memberships.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[2].hasPrefix("/") else { return nil }
      return Membership(
        version: parts[0] == "0" && parts[1].isEmpty ? .two : .one,
        controllers: parts[1].split(separator: ","), path: String(parts[2]))
    }
    self.mounts = mounts.split(separator: "\n").compactMap { line in
      // number, parent, device, root, point, options, optional fields, "-", type, source, options of the file system
      let fields = line.split(separator: " ")
      guard fields.count >= 10, let dash = fields.dropFirst(6).firstIndex(of: "-"), dash + 3 < fields.count
      else { return nil }
      let type = fields[dash + 1]
      guard type == "cgroup" || type == "cgroup2" else { return nil }
      return Mount(
        version: type == "cgroup2" ? .two : .one, controllers: fields[dash + 3].split(separator: ","),
        root: Self.unescaped(fields[3]), point: Self.unescaped(fields[4]))
    }
  }

  /// The groups whose limits of a controller hold for the process, its own first, up to the outermost that can be seen.
  package func folders(of controller: String) -> [Folder] {
    var folders: [Folder] = []
    for mount in mounts where mount.version == .two || mount.controllers.contains(controller[...]) {
      for membership in memberships
      where membership.version == mount.version
        && (mount.version == .two || membership.controllers.contains(controller[...]))
      {
        for folder in Self.folders(membership.path, mount).map({ Folder(mount.version, $0) })
        where !folders.contains(folder) {
          folders.append(folder)
        }
      }
    }
    return folders
  }

  /// From the group at `path` of the tree up to the mount's root.
  ///
  /// In a container the path may be the host's name of the group, which is not below the mount: what is mounted is then all
  /// that can be seen of it.
  private static func folders(_ path: String, _ mount: Mount) -> [String] {
    let steps = path.split(separator: "/")
    let root = mount.root.split(separator: "/")
    let isBelow = steps.starts(with: root) && !steps.contains("..")
    let below = isBelow ? Array(steps.dropFirst(root.count)) : []
    return (0...below.count).reversed().map { count in
      ([mount.point == "/" ? "" : mount.point] + below.prefix(count).map(String.init)).joined(separator: "/")
    }
  }

  /// mountinfo writes a space, a tab, a line end and a backslash as `\` and three octal digits.
  private static func unescaped(_ field: Substring) -> String {
    let bytes = Array(field.utf8)
    var (result, index): ([UInt8], Int) = ([], 0)
    while index < bytes.count {
      let digits = bytes[(index + 1)...].prefix(3)
      if bytes[index] == UInt8(ascii: "\\"), digits.count == 3,
        let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
      {
        result.append(code)
        index += 4
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}

// MARK: Limits

extension ControlGroups {
  /// The processors' worth of time that the process may use, the least of all its groups' limits; nil for no limit.
  ///
  /// - Parameter read: the text of a file; nil where there is none.
  package func processorQuota(read: (String) -> String?) -> Double? {
    folders(of: "cpu").compactMap { folder in
      switch folder.version {
      case .two: read(folder.path + "/cpu.max").flatMap(Self.quota)
      case .one:
        Self.quota(
          "\(read(folder.path + "/cpu.cfs_quota_us") ?? "") \(read(folder.path + "/cpu.cfs_period_us") ?? "")"
        )
      }
    }.min()
  }

  /// The processors that `cpu.max` allows: microseconds, or `max`, and the period that they are for, 100 ms if left out.
  /// Nil for no limit, and for a text that is none.
  private static func quota(_ text: String) -> Double? {
    let fields = text.split { " \n\t".contains($0) }
    guard let time = fields.first.flatMap({ Int($0) }), time > 0 else { return nil }
    guard fields.count > 1 else { return Double(time) / 100_000 }
    guard let period = Int(fields[1]), period > 0 else { return nil }
    return Double(time) / Double(period)
  }
}
