internal import CFFmpeg

/// When each frame is shown, in seconds from the first frame. Takes FFmpeg's best guess of a
/// frame's timestamp; where there is none, the frame follows the one before.
struct FrameClock {
  /// Of the current frame.
  private(set) var seconds = 0.0
  /// The latest end of a frame: the video's duration once it has been decoded to the end.
  private(set) var end = 0.0

  private let unit: Double  // seconds per timestamp unit
  private let usualDuration: Double  // seconds; 0 if unknown
  private var duration = 0.0  // of the current frame
  private var isFirst = true
  private var origin: (timestamp: Int64, seconds: Double)?

  init(_ stream: UnsafeMutablePointer<AVStream>?) {
    unit = (stream?.pointee.time_base).flatMap(Self.quotient) ?? 0
    let rate =
      (stream?.pointee.avg_frame_rate).flatMap(Self.quotient)
      ?? (stream?.pointee.r_frame_rate).flatMap(Self.quotient)
    usualDuration = rate.map { 1 / $0 } ?? 0
  }

  /// For frames that are not the first: when that is shown.
  mutating func begin(at timestamp: Int64) { if origin == nil { origin = (timestamp, 0) } }

  mutating func advance(to frame: UnsafeMutablePointer<AVFrame>) {
    advance(to: frame.pointee.best_effort_timestamp, lasting: cffmpeg_frame_duration(frame))
  }

  mutating func advance(to timestamp: Int64, lasting stated: Int64) {
    let following = isFirst ? 0 : seconds + duration
    isFirst = false
    if timestamp == cffmpeg_no_timestamp || unit == 0 {
      seconds = following
    } else if let origin {
      let (elapsed, overflow) = timestamp.subtractingReportingOverflow(origin.timestamp)
      let units = overflow ? Double(timestamp) - Double(origin.timestamp) : Double(elapsed)
      seconds = origin.seconds + units * unit
    } else {
      origin = (timestamp, following)
      seconds = following
    }
    duration = stated > 0 && unit > 0 ? Double(stated) * unit : usualDuration
    end = max(end, seconds + duration)
  }

  /// nil unless positive.
  private static func quotient(_ value: AVRational) -> Double? {
    guard value.num > 0, value.den > 0 else { return nil }
    return Double(value.num) / Double(value.den)
  }
}
