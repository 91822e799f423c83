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
    if let interval { try requireSeconds(interval, "--interval") }
    if interval != nil, stride != nil { throw ValidationError("Give --interval or --stride, not both.") }
    for (name, value) in [("--stride", stride), ("--hop", hop)] {
      if let value, value < 1 { throw ValidationError("\(name) must be 1 or more.") }
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

/// Refuses a time that is not above 0 and at most a day.
func requireSeconds(_ value: Double, _ name: String) throws {
  guard value > 0, value <= 86400 else {
    throw ValidationError("\(name) must be above 0 and at most 86400 seconds.")
  }
}

/// Nanoseconds of at most a day, at least 1.
func nanoseconds(_ seconds: Double) -> Int64 { max(1, Int64((min(seconds, 86400) * 1e9).rounded())) }
