import ArgumentParser
import CActionCLIP

/// How windows are taken from a stream of frames.
struct StreamOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Time from one sampled frame to the next (default: what the model's file declares, else 2 s for a window).",
      valueName: "seconds"))
  var interval: Double?

  @Option(
    help: ArgumentHelp(
      "Sample each so many frames, whatever their times, in place of --interval.", valueName: "frames"))
  var stride: Int32?

  @Option(
    help: ArgumentHelp(
      "Sampled frames from one window to the next (default: an eighth of a window, at least 1).",
      valueName: "frames"))
  var hop: Int32?

  func validate() throws {
    try requireSeconds(interval, "--interval")
    if interval != nil, stride != nil { throw ValidationError("Give --interval or --stride, not both.") }
    let counts: [(name: String, value: Int32?, most: Int32)] = [
      ("--stride", stride, 1 << 20), ("--hop", hop, 1 << 16),
    ]
    for (name, value, most) in counts {
      if let value, !(1...most).contains(value) { throw ValidationError("\(name) must be 1 to \(most).") }
    }
  }

  /// - Parameter overflow: ACTIONCLIP_OVERFLOW_*.
  func options(overflow: Int32) -> actionclip_stream_options {
    var options = actionclip_stream_options()
    actionclip_stream_options_init(&options)
    if let interval { options.frame_interval_ns = nanoseconds(interval) }
    if let stride { options.frame_stride = stride }
    if let hop { options.hop = hop }
    options.overflow = overflow
    return options
  }
}
