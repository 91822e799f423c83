import System

/// A rule by which some of a stream's frames are sampled for the network.
public enum SamplingRule: Sendable, Equatable, BitwiseCopyable {
  /// A frame for each interval of so many nanoseconds, 1 to `maximumInterval`.
  case interval(Int64)
  /// Each so many frames, at least 1, whatever their timestamps.
  case stride(Int64)

  /// The longest interval: a day.
  public static let maximumInterval: Int64 = 86_400_000_000_000
}

/// Chooses frames of a stream by their timestamps, which rise strictly.
///
/// Frames belong to runs: a new one begins with a frame whose timestamp is more than `gap` after the frame before. The
/// first frame of a run is due. By interval d, a later one with timestamp t is due if its cell,
/// floor((t - t0 + floor(d / 4)) / d), is beyond that of the due frame before; t0 is the run's first timestamp. The
/// quarter lets a camera whose period is d keep each frame although its timestamps jitter. By stride n, frames 0, n,
/// 2n, … of a run are due.
public struct FrameSampler: Sendable, BitwiseCopyable {
  /// Timestamps in nanoseconds that are taken: 146 years on both sides of 0.
  public static let timestamps = (1 - (Int64(1) << 62))...((Int64(1) << 62) - 1)

  private let rule: SamplingRule
  private let gap: Int64
  /// The timestamp of the latest frame; nil before the first.
  public private(set) var newest: Int64?
  /// The number of the present run, from 0 on; -1 before the first frame.
  private var run: Int64 = -1
  /// The number of gaps so far, each of which began a new run.
  public var gaps: Int64 { max(run, 0) }
  /// The timestamp of the present run's first frame.
  private var start: Int64 = 0
  /// The number of frames in the present run so far, due or not.
  private var frames: Int64 = 0
  /// The cell of the latest due frame, where frames are sampled by interval.
  private var cell: UInt64 = 0
  /// The number of due frames in the present run so far.
  private var due: Int64 = 0

  /// - Parameter gap: nanoseconds above 0; Int64.max: the whole stream is one run.
  public init(_ rule: SamplingRule, gap: Int64) {
    self.rule = rule
    self.gap = gap
  }

  /// The place of a frame in the stream.
  public struct Place: Sendable, BitwiseCopyable {
    public let isDue: Bool
    /// The number of the frame's run, from 0 on.
    public let run: Int64
    /// The frame's number among the due frames of the run, from 0 on, if it is due.
    public let due: Int64
    fileprivate let startsRun: Bool
    fileprivate let cell: UInt64
  }

  /// The place that a frame with this timestamp has if it comes next.
  /// - Throws: `.invalidArgument` unless the timestamp is in `timestamps` and later than the latest one.
  public func place(at timestamp: Int64) throws(Failure) -> Place {
    guard FrameSampler.timestamps.contains(timestamp) else {
      throw .argument("timestamp_ns is \(timestamp), expected less than 2^62 on both sides of 0")
    }
    guard let newest else { return first(of: 0) }
    guard timestamp > newest else {
      throw .argument(
        "timestamp_ns is \(timestamp), not later than the frame before (\(newest)); this frame is refused, and"
          + " later ones are taken. To begin anew, call actionclip_stream_reset")
    }
    // Both are within 2^62 of 0, so no difference overflows.
    if timestamp - newest > gap { return first(of: run + 1) }
    let cell: UInt64
    let isDue: Bool
    switch rule {
    case .interval(let length):
      cell = (UInt64(timestamp - start) + UInt64(length / 4)) / UInt64(length)
      isDue = cell > self.cell
    case .stride(let stride):
      cell = 0
      isDue = frames % stride == 0
    }
    return Place(isDue: isDue, run: run, due: due, startsRun: false, cell: cell)
  }

  private func first(of run: Int64) -> Place {
    Place(isDue: true, run: run, due: 0, startsRun: true, cell: 0)
  }

  /// Takes the frame that has this timestamp and place.
  public mutating func take(_ place: Place, at timestamp: Int64) {
    newest = timestamp
    if place.startsRun { (run, start, frames, due) = (place.run, timestamp, 0, 0) }
    frames += 1
    guard place.isDue else { return }
    due += 1
    cell = place.cell
  }
}
