internal import CFFmpeg

/// The presentation time of each frame, in seconds from the first frame. Times never decrease.
///
/// Times are the container's, as FFmpeg reads them; a gap stays a gap. In these cases a frame is shown when the one
/// before it ends instead:
/// - it has no time, or a time before its predecessor's, as from writers that disorder times;
/// - times begin again, as in files joined end to end: from there on they count from that frame;
/// - times leap ahead, by more than 16 times the last distance and more than the ffmpeg program's limit: 10 seconds in
///   formats that may be cut and joined byte by byte (MPEG-TS, MPEG-PS, Ogg), else 30 hours.
struct FrameClock {
  /// The time of the current frame in seconds.
  private(set) var seconds = 0.0
  /// The end of the current frame, in seconds: the video's duration once everything is decoded. Stated durations of
  /// earlier frames do not count, since FFmpeg 8 gives one by decoding times to the frames around a gap.
  private(set) var end = 0.0
  /// Whether every frame so far had a usable time of its own.
  private(set) var isSteady = true

  private let unit: Double  // seconds per timestamp unit
  private let usualDuration: Double  // seconds; 0 if unknown
  private let maxGap: Double  // seconds
  private var duration = 0.0  // of the current frame
  private var isFirst = true
  private var origin: (timestamp: Int64, seconds: Double)?
  /// The distance in seconds between the last two usable times; nil before there are two.
  private var step: Double?
  /// The number of frames in a row with times before their predecessors'.
  private var late = 0
  private var decoded = cffmpeg_no_timestamp  // when the frame before was
  private var trustsDecoding = true

  /// The largest distance by which a stream reorders frames. More is a restart.
  private static let maxDisorder = 16

  init(_ demuxer: Demuxer) {
    let stream = demuxer.stream
    unit = (stream?.unit).flatMap(Self.quotient) ?? 0
    let rate = (stream?.average_rate).flatMap(Self.quotient) ?? (stream?.real_rate).flatMap(Self.quotient)
    usualDuration = rate.map { 1 / $0 } ?? 0
    maxGap = demuxer.mayRestart ? 10 : 30 * 3600
  }

  /// Goes to the next frame in presentation order.
  mutating func advance(to frame: cffmpeg_frame) {
    // FFmpeg gives frames without a time their packets' decoding time. If such times conflict with presentation
    // times, they are ignored, and those before them too.
    let (before, shown) = (decoded, frame.time)
    decoded = frame.decoding_time
    if trustsDecoding, shown != cffmpeg_no_timestamp, decoded != cffmpeg_no_timestamp, decoded < before {
      trustsDecoding = false
      origin = nil
    }
    advance(to: trustsDecoding ? frame.best_time : shown, lasting: frame.duration)
  }

  /// Goes to the next frame, given its timestamp and duration in the stream's units.
  mutating func advance(to timestamp: Int64, lasting stated: Int64) {
    let following = isFirst ? 0 : seconds + duration
    if let time = time(of: timestamp) {
      if isFirst || origin == nil {
        seconds = following
        origin = (timestamp, following)
      } else if time >= seconds {
        late = 0
        let isLeap = step.map { time - seconds > max(maxGap, Double(Self.maxDisorder) * $0) } ?? false
        step = time - seconds
        if isLeap { restart(at: timestamp, following) } else { seconds = time }
      } else {
        late += 1
        let disorder = Double(Self.maxDisorder) * max(duration, usualDuration)
        if late > Self.maxDisorder || seconds - time > disorder {
          restart(at: timestamp, following)
        } else {
          seconds = following
          isSteady = false
        }
      }
    } else {
      seconds = following
      isSteady = false
    }
    isFirst = false
    last(stated)
  }

  /// Skips frames of a stream whose times are regular.
  /// - Parameter first: the first frame's timestamp.
  mutating func jump(to timestamp: Int64, lasting stated: Int64, first: Int64) {
    if origin == nil { origin = (first, 0) }
    isFirst = false
    if let time = time(of: timestamp) { seconds = time }
    last(stated)
  }

  private mutating func restart(at timestamp: Int64, _ following: Double) {
    origin = (timestamp, following)
    seconds = following
    late = 0
    isSteady = false
  }

  private mutating func last(_ stated: Int64) {
    duration = stated > 0 && unit > 0 ? Double(stated) * unit : usualDuration
    end = seconds + duration
  }

  /// Seconds from the first frame for a timestamp; nil without a timestamp or its unit.
  private func time(of timestamp: Int64) -> Double? {
    guard timestamp != cffmpeg_no_timestamp, unit > 0 else { return nil }
    guard let origin else { return 0 }
    let (elapsed, overflow) = timestamp.subtractingReportingOverflow(origin.timestamp)
    return origin.seconds + (overflow ? Double(timestamp) - Double(origin.timestamp) : Double(elapsed)) * unit
  }

  /// `value`, or nil unless it is positive.
  private static func quotient(_ value: cffmpeg_ratio) -> Double? {
    guard value.numerator > 0, value.denominator > 0 else { return nil }
    return Double(value.numerator) / Double(value.denominator)
  }
}
