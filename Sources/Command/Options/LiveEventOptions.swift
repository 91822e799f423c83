import ArgumentParser
import CActionCLIP

/// How many labels may hold at a time.
enum TrackMode: String, CaseIterable, ExpressibleByArgument {
  case exclusive, independent

  var code: Int32 {
    Int32(self == .exclusive ? ACTIONCLIP_TRACK_EXCLUSIVE : ACTIONCLIP_TRACK_INDEPENDENT)
  }
}

/// Options of events that live streams have beyond those of files, whose segments follow each other and are known at
/// once.
struct LiveEventOptions: ParsableArguments {
  @Option(help: "How many labels may hold at a time: at most one, or any number.")
  var mode = TrackMode.exclusive

  @Option(
    help: ArgumentHelp(
      "Time from one line about an event that lasts to the next (default: 0, none between its first and its last).",
      valueName: "seconds"))
  var update: Double?

  func validate() throws { try requireSecondsOrNone(update, "--update") }

  func apply(to options: inout actionclip_tracker_options) {
    options.mode = mode.code
    if let update { options.update_ns = nanosecondsOrNone(update) }
  }
}
