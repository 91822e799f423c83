/// The memory that this process may still take.
enum FreeMemory {
  /// Bytes that the system has available, or less where a control group (version 2) limits the process; nil where
  /// neither is known.
  static var bytes: Int64? {
    let limits = [available, inGroup].compactMap { $0 }
    return limits.min()
  }

  private static var available: Int64? {
    guard let text = text("/proc/meminfo"), let found = text.firstMatch(of: /MemAvailable: +([0-9]+) kB/)
    else {
      return nil
    }
    return Int64(found.1).map { $0 * 1024 }
  }

  private static var inGroup: Int64? {
    func number(_ name: String) -> Int64? {
      text("/sys/fs/cgroup/\(name)").flatMap { Int64($0.filter { !$0.isWhitespace }) }
    }
    guard let limit = number("memory.max"), let taken = number("memory.current") else { return nil }
    // Pages of files are given up when memory is short.
    let files = text("/sys/fs/cgroup/memory.stat")?.firstMatch(of: /(?:^|\n)file ([0-9]+)/)
    return max(0, limit - taken + (files.flatMap { Int64($0.1) } ?? 0))
  }

  private static func text(_ path: String) -> String? {
    (try? Files.read(FilePath(bytes: Array(path.utf8)))).map { String(decoding: $0, as: UTF8.self) }
  }
}
