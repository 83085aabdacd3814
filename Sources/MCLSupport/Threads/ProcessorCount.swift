import Foundation

/// How many threads can compute at the same time.
public enum ProcessorCount {
  /// The threads that compute where nothing else is said: `MCL_THREADS` where it is a number, else `available`.
  public static let threads: Int = {
    let given = ProcessInfo.processInfo.environment["MCL_THREADS"].flatMap { Int($0) }
    return given.flatMap { (1...1024).contains($0) ? $0 : nil } ?? available
  }()

  /// The processors that this process may use: those it may be scheduled on, or fewer where a control group's quota, as
  /// containers have one, gives it less time than these have.
  public static let available: Int = {
    func read(_ path: String) -> String? {
      FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
    let groups = ControlGroups(
      memberships: read("/proc/self/cgroup") ?? "", mounts: read("/proc/self/mountinfo") ?? "")
    let scheduled = schedulable(
      status: read("/proc/self/status") ?? "", online: read("/sys/devices/system/cpu/online") ?? "")
    return count(
      scheduled: scheduled ?? ProcessInfo.processInfo.activeProcessorCount,
      quota: groups.processorQuota(read: read))
  }()

  /// The least number of processors that can use up the quota, and no more than there are.
  ///
  /// A fraction is rounded up: on fewer processors a part of the quota could never be used. More processors than that use the
  /// quota up before its period ends; all threads then stand still until the next, and those that wait for another burn time
  /// that nothing is computed in.
  package static func count(scheduled: Int, quota: Double?) -> Int {
    guard let quota, quota < Double(scheduled) else { return max(scheduled, 1) }
    return max(Int(quota.rounded(.up)), 1)
  }

  /// How many processors the process may be scheduled on, and that are switched on; nil where the texts do not say.
  ///
  /// - Parameters:
  ///   - status: what `/proc/self/status` holds.
  ///   - online: a list of processors such as `0-3,8`.
  package static func schedulable(status: String, online: String) -> Int? {
    let key = "Cpus_allowed_list:"
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(key) }),
      let allowed = processors(line.dropFirst(key.count))
    else { return nil }
    // The list of allowed ones has those that the machine could have, too.
    let usable = processors(online[...]).map(allowed.intersection) ?? allowed
    return usable.isEmpty ? nil : usable.count
  }

  /// The numbers of a list such as `0-3,8`; nil for a text that is none.
  private static func processors(_ list: Substring) -> Set<Int>? {
    var processors: Set<Int> = []
    for part in list.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
      guard ends.count <= 2, let first = ends.first, let last = ends.last,
        0 <= first, first <= last, last < 1 << 16
      else { return nil }
      processors.formUnion(first...last)
    }
    return processors.isEmpty ? nil : processors
  }
}
