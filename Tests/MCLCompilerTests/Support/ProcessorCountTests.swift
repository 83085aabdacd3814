import MCLSupport
import Testing

/// How many processors may be used, by texts as Linux writes them.
@Suite struct ProcessorCountTests {
  private static let unified =
    "25 30 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
  private static let divided = """
    33 24 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct
    34 24 0:29 / /sys/fs/cgroup/memory rw,nosuid shared:10 - cgroup cgroup rw,memory

    """

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var memberships: String
    var mounts: String
    var files: [String: String]
    var quota: Double?

    init(_ name: String, _ memberships: String, _ mounts: String, _ files: [String: String], _ quota: Double?)
    {
      (testDescription, self.memberships, self.mounts) = (name, memberships, mounts)
      (self.files, self.quota) = (files, quota)
    }
  }

  static let cases: [Case] = [
    Case("version 2", "0::/job\n", unified, ["/sys/fs/cgroup/job/cpu.max": "150000 100000\n"], 1.5),
    Case("version 2, no limit", "0::/job\n", unified, ["/sys/fs/cgroup/job/cpu.max": "max 100000\n"], nil),
    Case("version 2, no period", "0::/job\n", unified, ["/sys/fs/cgroup/job/cpu.max": "50000"], 0.5),
    Case(
      "the least of nested limits", "0::/a/b/c\n", unified,
      [
        "/sys/fs/cgroup/a/b/c/cpu.max": "max 100000", "/sys/fs/cgroup/a/b/cpu.max": "400000 100000",
        "/sys/fs/cgroup/a/cpu.max": "20000 10000", "/sys/fs/cgroup/cpu.max": "max 100000",
      ], 2),
    Case(
      "a container's own namespace", "0::/\n", unified, ["/sys/fs/cgroup/cpu.max": "100000 100000"], 1),
    Case(
      "a container's mount of the host's group", "0::/docker/7f\n",
      "25 30 0:22 /docker/7f /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
      ["/sys/fs/cgroup/cpu.max": "300000 100000"], 3),
    Case(
      "a group outside of the namespace", "0::/../other\n", unified,
      ["/sys/fs/cgroup/cpu.max": "100000 100000", "/sys/fs/cgroup/../other/cpu.max": "5 5000"], 1),
    Case(
      "version 1", "4:cpu,cpuacct:/job\n5:memory:/job\n", divided,
      [
        "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us": "250000\n",
        "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us": "100000\n",
        "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
        "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
      ], 2.5),
    Case(
      "version 1, no limit", "4:cpu,cpuacct:/job\n", divided,
      [
        "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us": "-1\n",
        "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us": "100000\n",
      ], nil),
    Case(
      "both versions, the limit in version 1", "4:cpu,cpuacct:/job\n0::/job\n",
      divided + "42 24 0:40 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
      [
        "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us": "50000",
        "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us": "100000",
      ], 0.5),
    Case(
      "a mount with a space", "0::/\n", #"25 30 0:22 / /my\040groups rw - cgroup2 cgroup2 rw"#,
      ["/my groups/cpu.max": "100000 50000"], 2),
    Case("another controller's limit", "5:memory:/job\n", divided, [:], nil),
    Case("no groups", "", "", [:], nil),
    Case(
      "lines that are none", "0:/job\n::\nx\n0::job\n", "25 30 0:22 / /sys/fs/cgroup\n- - - -\n" + unified,
      ["/sys/fs/cgroup/cpu.max": "1 1"], nil),
  ]

  @Test(arguments: cases) func aQuotaIsFound(_ example: Case) {
    let groups = ControlGroups(memberships: example.memberships, mounts: example.mounts)
    #expect(groups.processorQuota { example.files[$0] } == example.quota)
  }

  @Test(arguments: [
    "", "max", "0 100000", "-5 100000", "100000 0", "100000 -1", "many 100000", "1 x",
    "99999999999999999999 1",
  ])
  func aTextThatIsNoQuotaLimitsNothing(_ text: String) {
    let groups = ControlGroups(memberships: "0::/\n", mounts: Self.unified)
    #expect(groups.processorQuota { _ in text } == nil)
  }

  @Test func groupsAreListedFromTheProcessOutwards() {
    let groups = ControlGroups(memberships: "0::/a/b\n5:memory:/c\n", mounts: Self.divided + Self.unified)
    #expect(
      groups.folders(of: "memory") == [
        .init(.one, "/sys/fs/cgroup/memory/c"), .init(.one, "/sys/fs/cgroup/memory"),
        .init(.two, "/sys/fs/cgroup/a/b"), .init(.two, "/sys/fs/cgroup/a"), .init(.two, "/sys/fs/cgroup"),
      ])
  }

  @Test func aQuotaIsRoundedUpAndNeverMoreThanThereAre() {
    let expected: [(quota: Double?, count: Int)] = [
      (nil, 4), (0.01, 1), (1, 1), (1.01, 2), (1.5, 2), (2, 2), (3.5, 4), (4, 4), (64, 4), (1e300, 4),
    ]
    for (quota, count) in expected { #expect(ProcessorCount.count(scheduled: 4, quota: quota) == count) }
    #expect(ProcessorCount.count(scheduled: 0, quota: nil) == 1)
  }

  @Test func onlyProcessorsThatAreOnCount() {
    func count(_ allowed: String, _ online: String) -> Int? {
      ProcessorCount.schedulable(
        status: "Name:\tmclc\nCpus_allowed:\tff\nCpus_allowed_list:\t\(allowed)\nMems_allowed:\t1\n",
        online: online)
    }
    #expect(count("0-3", "0-7\n") == 4)
    #expect(count("1", "0-1\n") == 1)
    #expect(count("0-239", "0-1\n") == 2)
    #expect(count("0,2-3,9", "0-2,9\n") == 3)
    #expect(count("0-3", "") == 4)
    for broken in ["", "-", "3-1", "a", "0-99999999999", "1-2-3"] { #expect(count(broken, "0-1") == nil) }
    #expect(ProcessorCount.schedulable(status: "", online: "0-1") == nil)
    #expect((1...65536).contains(ProcessorCount.available))
  }

  @Test func aLoopRunsEveryIterationOnce() {
    for threads in [0, 1, 3, 100] {
      let counts = UnsafeMutableBufferPointer<Int>.allocate(capacity: 57)
      counts.initialize(repeating: 0)
      defer { counts.deallocate() }
      // Each iteration writes a place of its own.
      nonisolated(unsafe) let places = counts
      ParallelLoop.run(57, threads: threads) { places[$0] += 1 }
      #expect(counts.allSatisfy { $0 == 1 })
    }
    ParallelLoop.run(0) { _ in Issue.record("there is nothing to do") }
  }
}
