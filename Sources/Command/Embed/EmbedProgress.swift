/// Shows how far a run of `embed` is: videos, hours of video an hour, failures, and the time left by the bytes of files.
struct EmbedProgress {
  private var progress: Progress?
  private let bytes: Double
  private var read = 0.0
  private var failed = 0

  /// - Parameter sizes: bytes of each video.
  init(_ sizes: [Int64], isQuiet: Bool) {
    progress = isQuiet || sizes.isEmpty ? nil : Progress(total: sizes.count)
    bytes = sizes.reduce(0) { $0 + Double($1) }
  }

  /// Counts a video.
  /// - Parameter hours: hours of video that were embedded so far.
  mutating func step(size: Int64, hasFailed: Bool, hours: Double) {
    read += Double(size)
    failed += hasFailed ? 1 : 0
    guard var shown = progress else { return }
    let seconds = shown.seconds
    shown.share = bytes > 0 ? read / bytes : nil
    shown.note =
      (seconds > 0 && hours > 0 ? formatted(", %.1f hours of video an hour", hours * 3600 / seconds) : "")
      + (failed > 0 ? ", \(failed) failed" : "")
    shown.step()
    progress = shown
  }
}
