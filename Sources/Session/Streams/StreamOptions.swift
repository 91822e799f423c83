import Preprocess
import Streams
import System

/// How a stream is sampled, cut into windows and bounded. Zeros mean defaults, as in the C API.
public struct StreamOptions: Sendable {
  /// Whether frames are encoded with the causal temporal shift, each once, after all earlier ones of its run.
  public var isCausal = false
  /// Nanoseconds from one sampled frame to the next; 0: not given.
  public var frameInterval: Int64 = 0
  /// Pushed frames from one sampled frame to the next; 0: not given.
  public var frameStride = 0
  /// Sampled frames from one window to the next; 0: T/8, at least 1.
  public var hop = 0
  /// The longest hole in nanoseconds that is no gap; 0: as long as a window; -1: no hole is a gap.
  public var gap: Int64 = 0
  /// A step drops waiting frames that are older than the newest one by more than so many nanoseconds; 0: none.
  public var maximumAge: Int64 = 0
  public var warmUp = WarmUp.wait
  public var overflow = Overflow.wait
  /// Sampled frames that may wait for a step; 0: T.
  public var queueFrames = 0
  /// Windows that may wait to be taken; 0: 16.
  public var queueWindows = 0
  public var preprocess: PreprocessOptions

  public init(preprocess: PreprocessOptions) { self.preprocess = preprocess }
}

/// A rule for a sampled frame that finds the queue full.
public enum Overflow: Sendable {
  /// The frame is not taken.
  case wait
  /// The oldest waiting frame is dropped.
  case dropOldest
  /// The new frame is dropped.
  case dropNewest
  /// Only the newest frame ever waits: each new one replaces it.
  case latest
}

/// The settings of a stream after every default was resolved.
public struct StreamSettings: Sendable {
  /// The number of frames in a window, T.
  public let frames: Int
  public let isCausal: Bool
  public let sampling: SamplingRule
  /// Whether neither the caller nor the model's file states how frames are sampled.
  public let samplingIsAssumed: Bool
  public let hop: Int
  /// The longest hole in nanoseconds that is no gap; Int64.max: no hole is a gap.
  public let gap: Int64
  /// The age in nanoseconds above which a step drops frames; Int64.max: it drops none for their age.
  public let maximumAge: Int64
  public let warmUp: WarmUp
  public let overflow: Overflow
  public let queueFrames: Int
  public let queueWindows: Int

  /// The length of a window if nothing states how frames are sampled.
  private static let usualWindow: Int64 = 2_000_000_000
  private static let usualQueueWindows = 16

  /// - Parameter declared: the interval in nanoseconds that the model's file declares.
  /// - Throws: `.invalidArgument` for a number out of its range.
  init(_ options: StreamOptions, frames: Int, declared: Int64?) throws(Failure) {
    func check(_ value: Int64, _ range: ClosedRange<Int64>, _ name: String) throws(Failure) {
      guard range.contains(value) else {
        throw .argument("\(name) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
      }
    }
    let longest = SamplingRule.maximumInterval
    try check(options.frameInterval, 0...longest, "frame_interval_ns")
    try check(Int64(options.frameStride), 0...1 << 20, "frame_stride")
    try check(Int64(options.hop), 0...1 << 16, "hop")
    try check(options.gap, -1...1 << 61, "gap_ns")
    try check(options.maximumAge, 0...1 << 61, "max_age_ns")
    try check(Int64(options.queueFrames), 0...1 << 12, "queue_frames")
    guard options.queueWindows != 1 else {
      throw .argument("queue_windows is 1, expected at least 2: a frame after a gap completes two windows")
    }
    try check(Int64(options.queueWindows), 0...1 << 16, "queue_windows")
    guard options.frameInterval == 0 || options.frameStride == 0 else {
      throw .argument("frame_interval_ns and frame_stride are both set; sample by time or by count, not both")
    }
    let assumed = max(1, StreamSettings.usualWindow / Int64(frames))
    let interval =
      options.frameInterval != 0 ? options.frameInterval : min(declared ?? assumed, longest)
    sampling = options.frameStride != 0 ? .stride(Int64(options.frameStride)) : .interval(interval)
    samplingIsAssumed = options.frameInterval == 0 && options.frameStride == 0 && declared == nil
    self.frames = frames
    isCausal = options.isCausal
    hop = options.hop != 0 ? options.hop : max(1, frames / 8)
    gap =
      switch (options.gap, sampling) {
      case (-1, _), (0, .stride): Int64.max
      case (0, .interval(let interval)):
        interval.multipliedReportingOverflow(by: Int64(frames)).overflow
          ? Int64.max : interval * Int64(frames)
      default: options.gap
      }
    maximumAge = options.maximumAge == 0 ? Int64.max : options.maximumAge
    warmUp = options.warmUp
    overflow = options.overflow
    queueFrames = options.overflow == .latest ? 1 : options.queueFrames != 0 ? options.queueFrames : frames
    queueWindows = options.queueWindows != 0 ? options.queueWindows : StreamSettings.usualQueueWindows
  }
}
