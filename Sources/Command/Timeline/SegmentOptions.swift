import ArgumentParser
import CActionCLIP

/// How the scores of windows become segments.
enum SegmentMethod: String, CaseIterable, ExpressibleByArgument {
  case mean, hysteresis, viterbi, ordered

  var code: Int32 {
    switch self {
    case .mean: Int32(ACTIONCLIP_SEGMENTS_MEAN)
    case .hysteresis: Int32(ACTIONCLIP_SEGMENTS_HYSTERESIS)
    case .viterbi: Int32(ACTIONCLIP_SEGMENTS_VITERBI)
    case .ordered: Int32(ACTIONCLIP_SEGMENTS_ORDERED)
    }
  }
}

/// The options of finding segments from the scores of windows.
struct SegmentOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How moments get labels: the largest mean; hysteresis (events that start and end at thresholds of their own); viterbi (few changes); ordered (known --steps, each once)."
    ))
  var method = SegmentMethod.mean

  @Option(
    help: ArgumentHelp(
      "The probability below which a moment shows no label, of all methods but hysteresis.",
      valueName: "0 to 1"))
  var threshold: Double?

  @Option(
    help: ArgumentHelp(
      "viterbi and ordered: what a change of label costs, in seconds times probability (default: 0.25).",
      valueName: "number"))
  var changeCost: Double?

  @Option(help: ArgumentHelp("viterbi and ordered: the shortest segment (default: 0).", valueName: "seconds"))
  var minDuration: Double?

  @Option(
    help: ArgumentHelp(
      "ordered: a file of labels in the order in which they happen, one a line; ? after one that may be missing.",
      valueName: "path"))
  var steps: FilePath?

  func validate() throws {
    let path: [SegmentMethod] = [.viterbi, .ordered]
    try refuse("--threshold", threshold != nil, unless: [.mean] + path)
    try refuse("--change-cost", changeCost != nil, unless: path)
    try refuse("--min-duration", minDuration != nil, unless: path)
    try refuse("--steps", steps != nil, unless: [.ordered])
    if method == .ordered, steps == nil { throw ValidationError("--method ordered needs --steps FILE.") }
    if let threshold, !(0...1).contains(threshold) {
      throw ValidationError("--threshold must be 0 to 1.")
    }
    try requireSecondsOrNone(minDuration, "--min-duration")
    if let changeCost, !(0...1e6).contains(changeCost) {
      throw ValidationError("--change-cost must be 0 to 1000000.")
    }
  }

  /// The options that were given, with their values. A method counts as given if it is not the default.
  var given: [GivenOption] {
    [
      GivenOption("--method", method == .mean ? nil : method.rawValue), GivenOption("--threshold", threshold),
      GivenOption("--change-cost", changeCost), GivenOption("--min-duration", minDuration),
      GivenOption("--steps", steps?.shown),
    ].compactMap { $0 }
  }

  /// Refuses the options of events beside another method than theirs.
  func refuse(_ events: EventOptions) throws {
    for option in events.given { try refuse(option.name, true, unless: [.hysteresis]) }
  }

  private func refuse(_ name: String, _ isGiven: Bool, unless methods: [SegmentMethod]) throws {
    guard isGiven, !methods.contains(method) else { return }
    throw ValidationError(
      "\(name) is for --method \(methods.map(\.rawValue).joined(separator: " or ")), and this is \(method.rawValue)."
    )
  }

  /// The settings for a scorer's labels.
  func settings(
    for scorer: LabelScorer, _ none: NoneLabel, _ events: EventOptions
  ) throws(CommandError) -> SegmentSettings {
    var settings = SegmentSettings()
    settings.method = method.code
    settings.noneLabel = try none.place(among: scorer.labels)
    switch method {
    case .mean:
      settings.thresholds = scorer.thresholds.map { threshold ?? Double($0) }
    case .hysteresis:
      settings.tracker = try events.tracker(for: scorer.labels, none, floors: scorer.thresholds)
    case .viterbi, .ordered:
      // A classifier's limit for "none of these", where none is asked for.
      let limit = scorer.thresholds.max().map(Double.init) ?? 0
      settings.noneScore = threshold ?? (limit > 0 ? limit : nil)
      settings.changeCost = changeCost
      settings.leastDuration = minDuration.map(nanosecondsOrNone) ?? 0
    }
    guard let steps else { return settings }
    for line in try LabelList.read(steps) {
      let isOptional = !scorer.labels.contains(line) && line.hasSuffix("?")
      let label =
        isOptional ? String(line.dropLast().reversed().drop(while: \.isWhitespace).reversed()) : line
      settings.steps.append(
        Int32(clamping: try Spelling.place(of: label, among: scorer.labels, source: steps.shown)))
      settings.optional.append(isOptional ? 1 : 0)
    }
    return settings
  }
}
