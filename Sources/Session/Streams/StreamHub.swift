import System

/// All streams of a model share one hub. It wakes the threads that wait for a stream, and keeps the memory of steps for
/// later ones.
final class StreamHub: Sendable {
  /// Rises whenever some stream changes in a way that a thread may wait for.
  let changes = Monitor<UInt64>(0)
  /// The memory of steps that no thread uses now: at most one for each thread that has stepped.
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

extension Stream {
  /// Encodes waiting frames of `count` streams of one model in one batch, at most `limit`, and makes the windows that
  /// they complete. Returns the number of frames encoded.
  /// - Parameter stream: gives the stream at an index in 0 ..< count.
  public static func step(
    count: Int, limit: Int, _ stream: (Int) throws(Failure) -> Stream
  ) throws(Failure) -> Int {
    try stream(0).loaded.streams.withStep { (step) throws(Failure) in
      try step.run(count: count, limit: limit, stream)
    }
  }
}
