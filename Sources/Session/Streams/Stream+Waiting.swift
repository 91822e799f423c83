import CShims
import System

extension Stream {
  /// A change that a thread can wait for.
  public enum Reason: Sendable {
    /// There is work for a step.
    case step
    /// A window is ready, or the stream has ended.
    case window
    /// A sampled frame finds room.
    case room
  }

  /// Whether the change has come about. Throws `.cancelled` if the stream is.
  private func isReady(for reason: Reason) throws(Failure) -> Bool {
    try state.withLock { (state) throws(Failure) in
      try state.checkNotCancelled()
      return switch reason {
      case .step: !state.work.isNone
      case .window: state.windows.count > 0 || state.isClosed
      case .room: !state.isFull
      }
    }
  }

  /// The longest time between two looks at the thread's cancel token, in nanoseconds.
  private static let look: Int64 = 10_000_000

  /// Waits until one of `count` streams of one model is ready, and returns how many are; 0 if the time runs out first.
  /// - Parameters:
  ///   - stream: gives the stream at an index in 0 ..< count; called again after each change.
  ///   - nanoseconds: negative: without limit.
  /// - Throws: `.cancelled` if one of the streams is, or the thread's cancel token is set.
  public static func wait(
    for reason: Reason, count: Int, nanoseconds: Int64, _ stream: (Int) throws(Failure) -> Stream
  ) throws(Failure) -> Int {
    let model = try stream(0).loaded
    let begin = MonotonicTime.now
    while true {
      let seen = model.streams.changes.withLock { $0 }
      var ready = 0
      for index in 0..<count {
        let stream = try stream(index)
        try stream.check(belongsTo: model, index)
        if try stream.isReady(for: reason) { ready += 1 }
      }
      let left = nanoseconds < 0 ? Int64.max : nanoseconds - MonotonicTime.now.since(begin)
      if ready > 0 || left <= 0 { return ready }
      try checkCancelled()
      // A token is set without a sign, so a thread that uses one looks at it from time to time.
      let slice = cshims_cancel_flag() == nil ? left : min(left, look)
      _ = model.streams.changes.wait(nanoseconds: slice) { $0 != seen }
    }
  }

  func check(belongsTo model: LoadedModel, _ index: Int) throws(Failure) {
    guard loaded === model else {
      throw .argument("streams[\(index)] is a stream of another model than streams[0]")
    }
  }
}
