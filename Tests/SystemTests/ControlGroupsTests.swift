import Testing

@testable import System

/// Tests of the processor quota of control groups, on the files of machines and containers as the kernel shows them.
struct ControlGroupsTests {
  /// Files by their paths.
  typealias Tree = [String: String]

  static let unified = "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
  static let cpu = "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw shared:7 - cgroup cgroup rw,cpu,cpuacct\n"

  /// The processors that the tree's quota amounts to.
  private func processors(_ tree: Tree) -> Int? {
    ControlGroups.processors { path in
      guard let text = tree[String(decoding: path.bytes, as: UTF8.self)] else { return nil }
      var bytes = GrowingArray<UInt8>()
      for byte in text.utf8 { try? bytes.append(byte) }
      return bytes
    }
  }

  /// A process in the group `group` of version 2, with these quotas by the folders below the mount.
  private func unified(_ group: String, _ quotas: Tree, mounts: String = unified) -> Int? {
    var tree = ["/proc/self/cgroup": "0::\(group)\n", "/proc/self/mountinfo": mounts]
    for (folder, quota) in quotas { tree["/sys/fs/cgroup\(folder)/cpu.max"] = quota }
    return processors(tree)
  }

  /// A process in the group `group` of version 1, with these quotas and periods by the folders below the mount.
  private func cpu(_ group: String, _ quotas: [String: (String, String)], mounts: String = cpu) -> Int? {
    let groups = "12:cpuset:/elsewhere\n7:cpu,cpuacct:\(group)\n1:name=systemd:/init.scope\n0::/init.scope\n"
    var tree = ["/proc/self/cgroup": groups, "/proc/self/mountinfo": mounts]
    for (folder, (quota, period)) in quotas {
      tree["/sys/fs/cgroup/cpu,cpuacct\(folder)/cpu.cfs_quota_us"] = quota
      tree["/sys/fs/cgroup/cpu,cpuacct\(folder)/cpu.cfs_period_us"] = period
    }
    return processors(tree)
  }

  @Test(arguments: [
    ("max 100000\n", nil), ("200000 100000\n", 2), ("250000 100000\n", 2), ("50000 100000\n", 1),
    ("1000 100000\n", 1), ("400000 50000\n", 8), ("199999 100000", 1),
  ])
  func aQuotaIsRoundedDownToWholeProcessorsButToOneAtLeast(_ text: String, _ expected: Int?) {
    #expect(unified("/a", ["/a": text]) == expected)
  }

  @Test(arguments: [
    ("-1\n", "100000\n", nil), ("200000\n", "100000\n", 2), ("250000\n", "100000\n", 2),
    ("50000\n", "100000\n", 1),
    ("600000\n", "200000\n", 3),
  ])
  func versionOneHasQuotaAndPeriodInFilesOfTheirOwn(_ quota: String, _ period: String, _ expected: Int?) {
    #expect(cpu("/a", ["/a": (quota, period)]) == expected)
  }

  @Test func theStrictestOfNestedGroupsCounts() {
    #expect(unified("/a/b/c", ["/a/b/c": "max 100000", "/a/b": "300000 100000", "/a": "800000 100000"]) == 3)
    #expect(unified("/a/b/c", ["/a/b/c": "400000 100000", "/a": "150000 100000"]) == 1)
    #expect(unified("/a/b/c", ["/a/b/c": "200000 100000", "/a": "900000 100000"]) == 2)
    #expect(cpu("/k/pod/c", ["/k/pod/c": ("-1", "100000"), "/k/pod": ("500000", "100000")]) == 5)
  }

  @Test func theRootOfTheMountIsAGroupToo() {
    #expect(unified("/", ["": "200000 100000"]) == 2)
    #expect(unified("/a", ["/a": "max 100000", "": "300000 100000"]) == 3)
  }

  @Test func aMachineWithoutQuotasHasNone() {
    #expect(unified("/user.slice/session-1.scope", [:]) == nil)
    #expect(unified("/user.slice", ["/user.slice": "max 100000"]) == nil)
    #expect(cpu("/", ["": ("-1", "100000")]) == nil)
    #expect(processors([:]) == nil)
    #expect(processors(["/proc/self/cgroup": "0::/\n"]) == nil)
    #expect(unified("/a", ["/a": "200000 100000"], mounts: "") == nil)
  }

  /// A container that sees the host's path of its group, and of the hierarchy only its own part.
  @Test func aMountMayShowAPartOfTheHierarchy() {
    let docker = "40 31 0:30 /docker/0a1b /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n"
    #expect(cpu("/docker/0a1b", ["": ("200000", "100000")], mounts: docker) == 2)
    #expect(cpu("/docker/0a1b/task", ["/task": ("100000", "100000")], mounts: docker) == 1)
    // A group that is not below the mount, though its name begins alike: only the mount's root is known.
    #expect(cpu("/docker/0a1bc", ["": ("200000", "100000")], mounts: docker) == 2)
  }

  @Test func aPathThatIsNotThereOrLeadsOutOfTheMountMeansItsRoot() {
    #expect(unified("/docker/0a1b", ["": "200000 100000"]) == 2)
    #expect(unified("/..", ["": "200000 100000"]) == 2)
    #expect(unified("/../other", ["": "200000 100000", "/../other": "100000 100000"]) == 2)
    let above = "31 23 0:28 /.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
    #expect(unified("/", ["": "300000 100000"], mounts: above) == 3)
  }

  /// The host's hierarchy, mounted into a container beside its own, is not the container's.
  @Test func aMountThatHoldsTheGroupIsTakenBeforeOthers() {
    let other = "30 23 0:28 /other /host rw - cgroup2 cgroup2 rw\n"
    let tree = [
      "/proc/self/cgroup": "0::/mine\n", "/proc/self/mountinfo": other + Self.unified,
      "/host/cpu.max": "100000 100000", "/sys/fs/cgroup/mine/cpu.max": "400000 100000",
    ]
    #expect(processors(tree) == 4)
  }

  @Test func bothVersionsCountWhereBothAreMounted() {
    var tree = [
      "/proc/self/cgroup": "3:cpu:/a\n0::/b\n",
      "/proc/self/mountinfo": Self.unified.replacing("/sys/fs/cgroup", with: "/sys/fs/cgroup/unified")
        + Self.cpu,
      "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us": "400000\n",
      "/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": "100000\n",
    ]
    #expect(processors(tree) == 4)
    tree["/sys/fs/cgroup/unified/b/cpu.max"] = "300000 100000\n"
    #expect(processors(tree) == 3)
  }

  @Test func aMountPointMayHaveBlanksAndColonsMayBeInPaths() {
    let tree = [
      "/proc/self/cgroup": "0::/a:b c\n",
      "/proc/self/mountinfo": "31 23 0:28 / /my\\040groups\\134 rw shared:4 master:1 - cgroup2 none rw\n",
      "/my groups\\/a:b c/cpu.max": "200000 100000\n",
    ]
    #expect(processors(tree) == 2)
  }

  @Test(arguments: [
    "", "\n", " ", "0 100000", "100000 0", "-5 100000", "1e6 100000", "200000 100000x", "2 000 00",
    "99999999999999999999999 100000", "100000 99999999999999999999999", "\0\0\0", "max", "max max",
    String(repeating: "9", count: 100_000),
  ])
  func aDamagedQuotaIsNone(_ text: String) {
    #expect(unified("/a", ["/a": text]) == nil)
    #expect(cpu("/a", ["/a": (text, text)]) == nil)
    #expect(unified("/a/b", ["/a/b": text, "/a": "200000 100000"]) == 2)
    #expect(unified("/a", ["/a": "100000"]) == nil)
  }

  @Test(arguments: [
    "", ":", "::", ":::", "0:", "0::", "0::relative", "0:cpu:/", "x::/a", "7:cpux:/a", "\0",
    "0::/"
      + String(
        repeating: "a/", count: 50_000),
  ])
  func aDamagedListOfGroupsGivesNoQuota(_ text: String) {
    let tree = [
      "/proc/self/cgroup": text, "/proc/self/mountinfo": Self.unified,
      "/sys/fs/cgroup/a/cpu.max": "100000 100000",
    ]
    #expect(processors(tree) == nil)
  }

  @Test(arguments: [
    "", "31", "31 23 0:28 / /sys/fs/cgroup", "31 23 0:28 / /sys/fs/cgroup rw -",
    "31 23 0:28 / /sys/fs/cgroup rw - cgroup2",
    "31 23 0:28 / /sys/fs/cgroup rw shared:4 cgroup2 cgroup2 rw", String(repeating: " ", count: 100_000),
    String(repeating: "\\", count: 100_000),
    "31 23 0:28 / /" + String(repeating: "x", count: 5000) + " rw - cgroup2 c rw",
  ])
  func aDamagedListOfMountsGivesNoQuota(_ text: String) {
    #expect(unified("/a", ["/a": "100000 100000"], mounts: text) == nil)
  }

  @Test func theProcessorsAtHandAreAtLeastOne() { #expect(availableProcessors() >= 1) }
}
