import ArgumentParser
import CActionCLIP

/// How many labels may hold at a time.
enum TrackMode: String, CaseIterable, ExpressibleByArgument {
  case exclusive, independent

  var code: Int32 {
    Int32(self == .exclusive ? ACTIONCLIP_TRACK_EXCLUSIVE : ACTIONCLIP_TRACK_INDEPENDENT)
  }
}

/// How scores of windows become events.
struct EventOptions: ParsableArguments {
  @Option(help: "How many labels may hold at a time: at most one, or any number.")
  var mode = TrackMode.exclusive

  @Option(help: ArgumentHelp("The smoothed score from which on a label starts.", valueName: "score"))
  var on: Double?

  @Option(help: ArgumentHelp("The smoothed score below which it ends, at most --on.", valueName: "score"))
  var off: Double?

  @Option(
    help: ArgumentHelp(
      "By how much the best label must lead to start, in mode exclusive.", valueName: "score"))
  var margin: Double?

  @Option(help: ArgumentHelp("How long a label must hold before it starts.", valueName: "seconds"))
  var minOn: Double?

  @Option(help: ArgumentHelp("How long a label must be absent before it ends.", valueName: "seconds"))
  var minOff: Double?

  @Option(
    help: ArgumentHelp(
      "The time in which the weight of a past score halves; 0: no smoothing.", valueName: "seconds"))
  var halfLife: Double?

  @Option(
    help: ArgumentHelp("The longest event: a longer one ends and another begins.", valueName: "seconds"))
  var maxEvent: Double?

  @Option(
    help: ArgumentHelp("Time from one line about an event that lasts to the next.", valueName: "seconds"))
  var update: Double?

  @Option(
    help: ArgumentHelp(
      "The label that stands for nothing in particular: it makes no event.", valueName: "text"),
    transform: Arguments.text)
  var none: String?

  func validate() throws {
    for (name, value) in [("--on", on), ("--off", off), ("--margin", margin)] {
      if let value, !(0...1).contains(value) { throw ValidationError("\(name) must be 0 to 1.") }
    }
    let times = [
      ("--min-on", minOn), ("--min-off", minOff), ("--half-life", halfLife), ("--max-event", maxEvent),
      ("--update", update),
    ]
    for (name, value) in times {
      if let value, !(0...86400).contains(value) {
        throw ValidationError("\(name) must be 0 to 86400 seconds.")
      }
    }
    let defaults = EventOptions.defaults
    if off ?? defaults.off > on ?? defaults.on, off != nil {
      throw ValidationError("--off must be at most --on, which is \(on ?? defaults.on).")
    }
  }

  private static var defaults: actionclip_tracker_options {
    var options = actionclip_tracker_options()
    actionclip_tracker_options_init(&options)
    return options
  }

  /// - Throws: `CommandError` where the label for nothing in particular is not among the labels.
  func options(labels: [String]) throws(CommandError) -> actionclip_tracker_options {
    var options = EventOptions.defaults
    options.mode = mode.code
    if let on { options.on = on }
    options.off = off ?? min(options.off, options.on)
    if let margin { options.margin = margin }
    func time(_ seconds: Double) -> Int64 { Int64((seconds * 1e9).rounded()) }
    if let minOn { options.min_on_ns = time(minOn) }
    if let minOff { options.min_off_ns = time(minOff) }
    if let halfLife { options.half_life_ns = time(halfLife) }
    if let maxEvent { options.max_event_ns = time(maxEvent) }
    if let update { options.update_ns = time(update) }
    guard let none else { return options }
    guard let place = labels.firstIndex(of: none) else {
      throw CommandError("--none: '\(none)' is not one of the labels")
    }
    options.none_label = Int32(clamping: place)
    return options
  }
}
