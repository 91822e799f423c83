/// A hierarchy of control groups (cgroups) that can hold processor quotas. Container engines and service managers limit
/// processes by them without narrowing their affinity.
enum ControlGroups {
  /// Version 2: one hierarchy for every resource.
  case unified
  /// Version 1: the hierarchy of the controller named "cpu".
  case cpu

  typealias Text = Slice<UnsafeBufferPointer<UInt8>>

  /// The whole processors that the strictest quota of this process's groups amounts to: rounded down, at least 1. Nil
  /// if there is no quota, or none that can be read. A damaged file counts as one that is not there.
  /// - Parameter read: gives the contents of a file of the kernel, nil if it cannot be read.
  static func processors(_ read: (FilePath) -> GrowingArray<UInt8>?) -> Int? {
    guard let groups = read(FilePath(bytes: Array("/proc/self/cgroup".utf8))),
      let mounts = read(FilePath(bytes: Array("/proc/self/mountinfo".utf8)))
    else { return nil }
    var strictest: Int?
    for hierarchy in [ControlGroups.unified, .cpu] {
      guard let group = hierarchy.group(in: groups.view[...]),
        let folders = hierarchy.folders(of: group, mounts: mounts.view[...])
      else { continue }
      for folder in folders {
        guard let quota = hierarchy.quota(of: folder, read) else { continue }
        strictest = min(strictest ?? quota, quota)
      }
    }
    return strictest
  }

  // MARK: - Where the group is

  /// The path of this process's group within the hierarchy, from the lines "number:controllers:path" of
  /// /proc/self/cgroup; nil if the hierarchy is not in use.
  private func group(in text: Text) -> [UInt8]? {
    var lines = Parts(of: text, separatedBy: "\n")
    while let line = lines.next() {
      var fields = Parts(of: line, separatedBy: ":")
      guard let number = fields.next(), let controllers = fields.next(), let path = fields.rest,
        path.first == UInt8(ascii: "/"), path.count < pathLimit
      else { continue }
      let isWanted =
        switch self {
        case .unified: number.elementsEqual("0".utf8) && controllers.isEmpty
        case .cpu: lists(controllers, "cpu")
        }
      if isWanted { return Array(path) }
    }
    return nil
  }

  /// The folders of a group and of all groups around it that a mount shows, the innermost first; nil if the hierarchy
  /// is not mounted. Inside a container the group's path may lead out of what is mounted, or name a folder of the host:
  /// then only the mount's root is known, which is the container's own group.
  private func folders(of group: [UInt8], mounts text: Text) -> [FilePath]? {
    var firstPoint: [UInt8]?
    var lines = Parts(of: text, separatedBy: "\n")
    while let line = lines.next() {
      guard let mount = mount(line) else { continue }
      firstPoint = firstPoint ?? mount.point
      guard let below = path(group, below: mount.root) else { continue }
      return ends(below).prefix(depthLimit).map { FilePath(bytes: mount.point + below[..<$0]) }
    }
    return firstPoint.map { [FilePath(bytes: $0)] }
  }

  /// The offsets at which a path, and the paths of the folders around it, end; the innermost first, 0 the last.
  private func ends(_ path: ArraySlice<UInt8>) -> [Int] {
    let slashes = path.indices.filter { path[$0] == UInt8(ascii: "/") }
    return [path.endIndex] + slashes.reversed()
  }

  /// The part of a group's path that lies below a mount's root, empty or with a leading slash; nil if the group lies
  /// outside it.
  private func path(_ group: [UInt8], below root: [UInt8]) -> ArraySlice<UInt8>? {
    let root = root == Array("/".utf8) ? [] : root
    guard group.starts(with: root) else { return nil }
    let below = group[root.count...]
    if below.elementsEqual("/".utf8) { return [] }
    guard below.isEmpty || below.first == UInt8(ascii: "/") else { return nil }
    var parts = Parts(of: below, separatedBy: "/")
    while let part = parts.next() {
      if part.elementsEqual("..".utf8) { return nil }
    }
    return below
  }

  /// The root of a mount within the hierarchy and the folder where it is mounted, from a line of /proc/self/mountinfo:
  /// "number parent device root point options [tags] - type source options". Nil if it mounts something else.
  private func mount(_ line: Text) -> (root: [UInt8], point: [UInt8])? {
    var fields = Parts(of: line, separatedBy: " ")
    for _ in 0..<3 { _ = fields.next() }
    guard let root = fields.next(), let point = fields.next(), root.count < pathLimit, point.count < pathLimit
    else { return nil }
    while let tag = fields.next(), !tag.elementsEqual("-".utf8) {}
    guard let type = fields.next(), fields.next() != nil, let options = fields.next() else { return nil }
    let isWanted =
      switch self {
      case .unified: type.elementsEqual("cgroup2".utf8)
      case .cpu: type.elementsEqual("cgroup".utf8) && lists(options, "cpu")
      }
    guard isWanted else { return nil }
    let place = unescaped(point)
    return (unescaped(root), place == Array("/".utf8) ? [] : place)
  }

  // MARK: - Its quota

  /// The whole processors that a group's quota amounts to, at least 1; nil if it has none.
  private func quota(of folder: FilePath, _ read: (FilePath) -> GrowingArray<UInt8>?) -> Int? {
    switch self {
    case .unified:
      guard let text = read(folder.file("cpu.max")) else { return nil }
      var lines = Parts(of: text.view[...], separatedBy: "\n")
      guard let line = lines.next() else { return nil }
      var fields = Parts(of: line, separatedBy: " ")
      guard let quota = fields.next(), let period = fields.next() else { return nil }
      return processors(quota, period)
    case .cpu:
      guard let quotas = read(folder.file("cpu.cfs_quota_us")),
        let periods = read(folder.file("cpu.cfs_period_us"))
      else { return nil }
      var (quota, period) = (
        Parts(of: quotas.view[...], separatedBy: "\n"), Parts(of: periods.view[...], separatedBy: "\n")
      )
      guard let quota = quota.next(), let period = period.next() else { return nil }
      return processors(quota, period)
    }
  }

  /// Microseconds of processor time in each period, divided by the period and rounded down, at least 1; nil unless both
  /// are positive numbers ("max" and "-1" mean no quota).
  private func processors(_ quota: Text, _ period: Text) -> Int? {
    guard let quota = positive(quota), let period = positive(period) else { return nil }
    return max(1, quota / period)
  }
}

// MARK: - Reading texts

/// Longer paths cannot be opened.
private let pathLimit = 4096

/// Folders whose quotas are read, a group's own and those around it, at most.
private let depthLimit = 64

/// The parts of a text between separators, in order, without copies.
private struct Parts<Bytes: Collection<UInt8>> where Bytes.SubSequence == Bytes {
  /// The text after the separator that ended the latest part; nil after the last part.
  private(set) var rest: Bytes?
  private let separator: UInt8

  init(of text: Bytes, separatedBy separator: Unicode.Scalar) {
    rest = text
    self.separator = UInt8(ascii: separator)
  }

  mutating func next() -> Bytes? {
    guard let text = rest else { return nil }
    guard let end = text.firstIndex(of: separator) else {
      rest = nil
      return text
    }
    rest = text[text.index(after: end)...]
    return text[..<end]
  }
}

/// Whether a list with commas has this word.
private func lists(_ list: ControlGroups.Text, _ word: String) -> Bool {
  var words = Parts(of: list, separatedBy: ",")
  while let next = words.next() {
    if next.elementsEqual(word.utf8) { return true }
  }
  return false
}

/// The value of 1 to 18 decimal digits; nil for anything else, and for 0.
private func positive(_ digits: ControlGroups.Text) -> Int? {
  guard (1...18).contains(digits.count) else { return nil }
  var value = 0
  for digit in digits {
    guard (0x30...0x39).contains(digit) else { return nil }
    value = value * 10 + Int(digit - 0x30)
  }
  return value > 0 ? value : nil
}

/// A path of mountinfo, where blanks, tabs, line feeds and backslashes are a backslash and three octal digits.
private func unescaped(_ path: ControlGroups.Text) -> [UInt8] {
  var result: [UInt8] = []
  var rest = path
  while let byte = rest.popFirst() {
    let digits = rest.prefix(3)
    if byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }) {
      result.append(digits.reduce(0) { $0 &* 8 &+ ($1 - 0x30) })
      rest = rest.dropFirst(3)
    } else {
      result.append(byte)
    }
  }
  return result
}
