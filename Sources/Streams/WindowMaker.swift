/// A rule for the windows of a run that has fewer than T sampled frames so far.
public enum WarmUp: Sendable, BitwiseCopyable {
  /// No window.
  case wait
  /// Windows whose missing frames are the run's first frame.
  case repeatFirst
  /// Windows in which the frames that are there are spread over the T places.
  case partial
}

/// A window over the latest sampled frames of a stream.
public struct WindowSpan: Sendable, BitwiseCopyable, Equatable {
  /// The number of the window's last frame among the stream's sampled frames, from 0 on.
  public let last: Int64
  /// The number of different frames in the window, 1 to T. They follow one another.
  public let frames: Int
  /// Whether the window is the first one of a run that began after a gap.
  public let followsGap: Bool
  /// Whether the window is a tail: the end of a run, less than a hop after the window before.
  public let isTail: Bool

  /// The number of the window's first frame among the stream's sampled frames.
  public var first: Int64 { last - Int64(frames) + 1 }

  public init(last: Int64, frames: Int, followsGap: Bool, isTail: Bool) {
    self.last = last
    self.frames = frames
    self.followsGap = followsGap
    self.isTail = isTail
  }
}

/// Forms windows of T sampled frames, `hop` frames apart, which never reach over the end of a run.
///
/// A window ends at the n-th frame of a run if n - T is a multiple of the hop, and n is at least T, or 1 with a warm-up
/// that gives windows earlier. A run that ends with frames after its last window gives a tail: its last T frames, or
/// all if it has fewer.
public struct WindowMaker: Sendable, BitwiseCopyable {
  private let length: Int
  private let hop: Int
  private let warmUp: WarmUp
  /// The number of sampled frames in the whole stream so far.
  public private(set) var frames: Int64 = 0
  /// The number of the present run; -1 before the first.
  private var run: Int64 = -1
  /// The number of sampled frames in the present run so far, without forgotten ones.
  private var inRun: Int64 = 0
  /// The value of `inRun` at the run's latest window; 0 before the first.
  private var covered: Int64 = 0
  /// Whether the present run began after a gap and has no window yet.
  private var followsGap = false

  /// - Parameters:
  ///   - length: T, at least 1.
  ///   - hop: frames from one window to the next, at least 1.
  public init(length: Int, hop: Int, warmUp: WarmUp) {
    self.length = length
    self.hop = hop
    self.warmUp = warmUp
  }

  /// Adds a sampled frame of the run with this number. Returns the windows that it completes: the tail of the run
  /// before, if it begins a new one, and the one that ends with it.
  public mutating func add(run: Int64) -> (tail: WindowSpan?, window: WindowSpan?) {
    var tail: WindowSpan?
    if run != self.run {
      tail = close()
      (self.run, inRun, covered, followsGap) = (run, 0, 0, run > 0)
    }
    frames += 1
    inRun += 1
    let isWhole = inRun >= Int64(length)
    guard isWhole || warmUp != .wait, (inRun - Int64(length)) % Int64(hop) == 0 else { return (tail, nil) }
    return (tail, window(isTail: false))
  }

  /// Ends the present run and returns its tail, if it has one. Closing a closed run gives nothing.
  public mutating func close() -> WindowSpan? { inRun > covered ? window(isTail: true) : nil }

  /// Forgets the frames of the present run, which goes on: no window reaches back to them, and they have no tail.
  public mutating func forget() { (inRun, covered) = (0, 0) }

  private mutating func window(isTail: Bool) -> WindowSpan {
    defer { (covered, followsGap) = (inRun, false) }
    return WindowSpan(
      last: frames - 1, frames: Int(min(inRun, Int64(length))), followsGap: followsGap, isTail: isTail)
  }
}
