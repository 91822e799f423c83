import Glibc
import Synchronization

/// Ends waiting for frames from any thread. Once asked for, a stop stays.
final class StopRequest: Sendable {
  private let wakes: Int32
  private let wakened: Int32
  private let asked = Atomic(false)

  init() throws(CommandError) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw CommandError.system("cannot make a pipe") }
    (wakened, wakes) = (ends[0], ends[1])
  }

  deinit {
    close(wakes)
    close(wakened)
  }

  var isAsked: Bool { asked.load(ordering: .acquiring) }

  func ask() {
    asked.store(true, ordering: .releasing)
    var byte: UInt8 = 0
    _ = write(wakes, &byte, 1)
  }

  /// Waits until there is something to read, or the end; false when a stop was asked for.
  func waitToRead(_ descriptor: Int32) throws(CommandError) -> Bool {
    var polled = [
      pollfd(fd: wakened, events: Int16(POLLIN), revents: 0),
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
    ]
    while !isAsked {
      let ready = poll(&polled, 2, -1)
      guard ready >= 0 || errno == EINTR else { throw CommandError.system("cannot wait for frames") }
      if ready > 0, polled[1].revents != 0 { return true }
    }
    return false
  }

  /// Waits until a time of `Clock`; false when a stop was asked for.
  func wait(until time: Int64) -> Bool {
    while !isAsked {
      let left = time - Clock.now
      guard left > 0 else { return true }
      var polled = pollfd(fd: wakened, events: Int16(POLLIN), revents: 0)
      poll(&polled, 1, Int32(clamping: (left + 999_999) / 1_000_000))
    }
    return false
  }
}
