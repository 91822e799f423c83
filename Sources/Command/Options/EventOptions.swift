import ArgumentParser
import CActionCLIP

/// The options of a tracker, which makes events of the scores of windows: of a live stream, or of a file.
struct EventOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The smoothed score from which on a label starts (default: \(defaults.on), or --off where that is more).",
      valueName: "0 to 1"))
  var on: Double?

  @Option(
    help: ArgumentHelp(
      "The smoothed score below which a label ends (default: \(defaults.off), or --on where that is less).",
      valueName: "0 to 1"))
  var off: Double?

  @Option(
    help: ArgumentHelp(
      "Thresholds of each label, in place of --on and --off: a CSV file with the columns label, on and off.",
      valueName: "path"))
  var thresholds: FilePath?

  @Option(
    help: ArgumentHelp(
      "By how much the best label must lead to start, where one label holds at a time (default: \(number(defaults.margin))).",
      valueName: "0 to 1"))
  var margin: Double?

  @OptionGroup
  var times: EventTimes

  func validate() throws {
    for (name, value) in [("--on", on), ("--off", off), ("--margin", margin)] {
      if let value, !(0...1).contains(value) { throw ValidationError("\(name) must be 0 to 1.") }
    }
    if let on, let off, off > on {
      throw ValidationError("--off must be at most --on, which is \(EventOptions.number(on)).")
    }
    if thresholds != nil, on != nil || off != nil {
      throw ValidationError("Give --thresholds or \(on != nil ? "--on" : "--off"), not both.")
    }
  }

  /// The options that were given, with their values.
  var given: [GivenOption] {
    let all = [
      GivenOption("--on", on), GivenOption("--off", off), GivenOption("--thresholds", thresholds?.shown),
      GivenOption("--margin", margin),
    ]
    return all.compactMap { $0 } + times.given
  }

  private static var defaults: actionclip_tracker_options {
    var options = actionclip_tracker_options()
    actionclip_tracker_options_init(&options)
    return options
  }

  private static func number(_ value: Double) -> String { formatted("%g", value) }

  /// The options that are the same for all labels.
  private var options: actionclip_tracker_options {
    var options = times.options
    // One threshold alone moves the other where it must.
    options.on = on ?? max(options.on, off ?? 0)
    options.off = off ?? min(options.off, options.on)
    if let margin { options.margin = margin }
    return options
  }

  /// The settings of a tracker of these labels. A file of thresholds is read at each call.
  /// - Parameter floors: for each label the least score from which on it starts, unless the file says its thresholds.
  func tracker(
    for labels: [String], _ none: NoneLabel, floors: [Float]
  ) throws(CommandError) -> TrackerSettings {
    var settings = TrackerSettings(options: options)
    settings.options.none_label = try none.place(among: labels)
    if let thresholds {
      let file = try ThresholdFile(thresholds)
      (settings.on, settings.off) = try file.thresholds(
        of: labels, none: none.none, usual: (settings.options.on, settings.options.off))
      settings.notes = file.note(on: labels).map { [$0] } ?? []
    } else if floors.contains(where: { $0 > 0 }) {
      settings.start(from: floors.map { max(settings.options.on, Double($0)) })
    }
    return settings
  }
}
