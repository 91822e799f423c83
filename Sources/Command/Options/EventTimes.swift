import ArgumentParser
import CActionCLIP

/// The times of a tracker, which are the same for all labels.
struct EventTimes: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The shortest event (default: \(seconds(defaults.min_on_ns))).", valueName: "seconds"))
  var minOn: Double?

  @Option(
    help: ArgumentHelp(
      "The shortest time between two events of a label (default: \(seconds(defaults.min_off_ns))).",
      valueName: "seconds"))
  var minOff: Double?

  @Option(
    help: ArgumentHelp(
      "The time in which the weight of a past score halves; 0: no smoothing (default: \(seconds(defaults.half_life_ns))).",
      valueName: "seconds"))
  var halfLife: Double?

  @Option(
    help: ArgumentHelp(
      "The longest event: a longer one ends and another begins; 0: no limit (default: \(seconds(defaults.max_event_ns))).",
      valueName: "seconds"))
  var maxEvent: Double?

  @Option(
    help: ArgumentHelp(
      "A longer hole between two windows ends every event; 0: none does (default: \(seconds(defaults.gap_ns))).",
      valueName: "seconds"))
  var gap: Double?

  func validate() throws {
    for (name, value) in all { try requireSecondsOrNone(value, name) }
    let times = options
    for (name, shortest) in [("--min-on", times.min_on_ns), ("--min-off", times.min_off_ns)]
    where times.max_event_ns > 0 && times.max_event_ns < shortest {
      throw ValidationError(
        "--max-event must be 0, or at least \(name), which is \(EventTimes.seconds(shortest)) seconds.")
    }
  }

  private var all: [(name: String, value: Double?)] {
    [
      ("--min-on", minOn), ("--min-off", minOff), ("--half-life", halfLife), ("--max-event", maxEvent),
      ("--gap", gap),
    ]
  }

  /// The options that were given, with their values.
  var given: [GivenOption] { all.compactMap { GivenOption($0.name, $0.value) } }

  private static var defaults: actionclip_tracker_options {
    var options = actionclip_tracker_options()
    actionclip_tracker_options_init(&options)
    return options
  }

  private static func seconds(_ nanoseconds: Int64) -> String { FrameInterval.text(nanoseconds) }

  /// The library's options with these times.
  var options: actionclip_tracker_options {
    var options = EventTimes.defaults
    if let minOn { options.min_on_ns = nanosecondsOrNone(minOn) }
    if let minOff { options.min_off_ns = nanosecondsOrNone(minOff) }
    if let halfLife { options.half_life_ns = nanosecondsOrNone(halfLife) }
    if let maxEvent { options.max_event_ns = nanosecondsOrNone(maxEvent) }
    if let gap { options.gap_ns = nanosecondsOrNone(gap) }
    return options
  }
}
