import CHeap
import Foundation

/// What memory this process uses and what it could still get, as Linux tells.
package enum ProcessMemory {
  /// Bytes in memory that belong to this process; 0 where the system does not say.
  package static var resident: Int {
    // Pages: size, resident, shared, …
    guard let text = read("/proc/self/statm") else { return 0 }
    let fields = text.split(separator: " ").compactMap { Int($0) }
    return fields.count > 1 ? fields[1] * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
  }

  /// Gives the system back what was allocated and is free again. glibc keeps tens of MiB at the end of the heap once blocks of
  /// such sizes were freed, as compiling and setting states do.
  package static func giveBackFreed() { mcl_give_back_freed() }

  /// Bytes that the process can still take: what the system has available, or less where a control group of the process
  /// or above it is limited; nil where the system does not say.
  package static var available: Int? {
    available(meminfo: read("/proc/meminfo"), groups: controlGroups())
  }

  /// A control group's limit and what its members use of it.
  package struct ControlGroup {
    package var limit: Int
    package var used: Int

    package init(limit: Int, used: Int) {
      self.limit = limit
      self.used = used
    }
  }

  package static func available(meminfo: String?, groups: [ControlGroup]) -> Int? {
    let line = meminfo?.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
    let system = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    return ([system].compactMap { $0 } + groups.map { max($0.limit - $0.used, 0) }).min()
  }

  /// Every limited memory group from the process's own upwards, of either version of control groups.
  private static func controlGroups() -> [ControlGroup] {
    let groups = ControlGroups(
      memberships: read("/proc/self/cgroup") ?? "", mounts: read("/proc/self/mountinfo") ?? "")
    return groups.folders(of: "memory").compactMap { folder in
      let names =
        folder.version == .two
        ? ("memory.max", "memory.current") : ("memory.limit_in_bytes", "memory.usage_in_bytes")
      guard let limit = number(folder.path + "/" + names.0), let used = number(folder.path + "/" + names.1)
      else { return nil }
      return ControlGroup(limit: limit, used: max(used - cached(folder.path), 0))
    }
  }

  /// Bytes of file contents that the group could drop.
  private static func cached(_ folder: String) -> Int {
    let line = read(folder + "/memory.stat")?.split(separator: "\n").first {
      $0.hasPrefix("inactive_file ") || $0.hasPrefix("total_inactive_file ")
    }
    return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0
  }

  /// `max`, as groups without a limit say, is none.
  private static func number(_ path: String) -> Int? {
    read(path).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }

  private static func read(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
}
