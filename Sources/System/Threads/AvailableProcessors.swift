import CShims
import Glibc

/// The number of processors that this process may keep busy, at least 1: those of its affinity, or as many as the quota
/// of its control groups amounts to, if that is fewer. Both may change while a process runs, so each call looks anew.
public func availableProcessors() -> Int {
  let affinity = Int(cshims_processors_of_affinity())
  return affinity == 1 ? 1 : min(affinity, ControlGroups.processors(contents(of:)) ?? affinity)
}

/// The bytes of a file of the kernel's file systems, whose sizes are not known before they are read; nil if it cannot
/// be read or memory is refused. A longer file is cut at 4 MiB.
private func contents(of path: FilePath) -> GrowingArray<UInt8>? {
  let descriptor = path.withCString { path in
    while true {
      let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
      if descriptor >= 0 || errno != EINTR { return descriptor }
    }
  }
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var bytes = GrowingArray<UInt8>()
  while bytes.count < 4 << 20 {
    let used = bytes.count
    guard (try? bytes.append(repeating: 0, count: max(4096, used))) != nil else { return nil }
    let count = read(descriptor, bytes.base + used, bytes.count - used)
    bytes.removeLast(to: used + max(count, 0))
    if count == 0 { return bytes }
    guard count > 0 || errno == EINTR else { return nil }
  }
  return bytes
}
