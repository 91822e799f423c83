import System

/// The memory of steps, and a sign for threads that wait for a stream: all streams of a model share one hub.
final class StreamHub: Sendable {
  /// Rises whenever some stream changes in a way that a thread may wait for.
  let changes = Monitor<UInt64>(0)
  private let idle = Monitor<[StreamStep]>([])

  /// Wakes the threads that wait for a stream.
  func announce() { changes.change { $0 &+= 1 } }

  /// Runs `body` with the memory of a step that no other thread uses.
  func withStep<R>(_ body: (StreamStep) throws(Failure) -> R) throws(Failure) -> R {
    let step = if let idle = idle.withLock({ $0.popLast() }) { idle } else { try StreamStep() }
    defer { idle.withLock { $0.append(step) } }
    return try body(step)
  }
}
