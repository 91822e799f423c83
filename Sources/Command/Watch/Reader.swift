import CActionCLIP
import Synchronization

/// Pushes the frames of a source into a stream, on a thread of its own.
final class Reader: @unchecked Sendable {
  private let source: any FrameSource
  private let stream: FrameStream
  private let stop: StopRequest
  /// Whether frames wait until their time since the first one has passed.
  private let isPaced: Bool
  private var thread: WorkThread?
  private let arrivals = Mutex(Arrivals())
  private let lostFrames = Atomic<Int64>(0)
  private let failure = Mutex<String?>(nil)

  init(_ source: any FrameSource, into stream: FrameStream, isPaced: Bool, until stop: StopRequest) {
    (self.source, self.stream, self.isPaced, self.stop) = (source, stream, isPaced, stop)
  }

  func start() throws(CommandError) {
    thread = try WorkThread { [self] in
      do { try pushAll() } catch { fail(explanation(of: error, naming: source.name)) }
      do { try stream.finish() } catch { fail(explanation(of: error)) }
    }
  }

  /// Waits for the end of the source. Returns why it ended early; nil when it did not.
  func join() -> String? {
    thread?.join()
    thread = nil
    return failure.withLock { $0 }
  }

  /// The time at which frame number `push` of all pushed ones arrived.
  func takeArrival(of push: Int64) -> Int64? { arrivals.withLock { $0.take(push) } }

  /// Frames that the source could not give.
  var lost: Int64 { lostFrames.load(ordering: .relaxed) }

  private func fail(_ message: String) {
    failure.withLock { if $0 == nil { $0 = message } }
  }

  private func pushAll() throws {
    var (pushed, refused): (Int64, Bool) = (0, false)
    var begin: Int64?
    var newest: Int64?
    while var frame = try source.next() {
      lostFrames.store(source.lost, ordering: .relaxed)
      if isPaced {
        let start = begin ?? frame.arrival
        begin = start
        let due = start + frame.stamp
        guard stop.wait(until: due) else { return }
        frame.arrival = max(due, frame.arrival)
      }
      // Before the push, because the window that ends with this frame may be taken before the push returns.
      arrivals.withLock { $0.add(pushed, frame.arrival) }
      do {
        let outcome = try push(frame)
        if outcome != ACTIONCLIP_PUSH_QUEUED && outcome != ACTIONCLIP_PUSH_REPLACED {
          arrivals.withLock { $0.forget(pushed) }
        }
      } catch {
        arrivals.withLock { $0.forget(pushed) }
        if error.status == ACTIONCLIP_ERROR_CANCELLED { return }
        guard error.status == ACTIONCLIP_ERROR_INVALID_ARGUMENT else { throw error }
        let isLate = newest.map { frame.stamp <= $0 } ?? false
        let reason = isLate ? "its time is not later than that of the frame before" : error.message
        if !refused { Diagnostics.warning("\(source.name): a frame is refused: \(reason)") }
        refused = true
      }
      newest = max(newest ?? frame.stamp, frame.stamp)
      pushed += 1
    }
    if pushed == 0, !stop.isAsked { throw CommandError("\(source.name): it ends before its first frame") }
    lostFrames.store(source.lost, ordering: .relaxed)
  }

  /// Pushes a frame, as soon as there is room for it where nothing is dropped.
  private func push(_ frame: SourceFrame) throws(LibraryError) -> Int32 {
    while true {
      let outcome = try stream.push(frame.pixels, stamp: frame.stamp)
      if outcome != ACTIONCLIP_PUSH_FULL { return outcome }
      _ = try stream.wait(for: Int32(ACTIONCLIP_WAIT_ROOM), milliseconds: 1000)
    }
  }
}
