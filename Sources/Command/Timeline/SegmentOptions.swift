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
      "The label that stands for nothing in particular: its moments show no label.", valueName: "text"),
    transform: Arguments.text)
  var none: String?

  @Option(
    help: ArgumentHelp(
      "hysteresis: the probability from which on a label starts (default: 0.5).", valueName: "0 to 1"))
  var on: Double?

  @Option(
    help: ArgumentHelp("hysteresis: the probability below which it ends (default: 0.4).", valueName: "0 to 1")
  )
  var off: Double?

  @Option(help: ArgumentHelp("hysteresis: the shortest event (default: 0.5).", valueName: "seconds"))
  var minOn: Double?

  @Option(
    help: ArgumentHelp(
      "hysteresis: the shortest time between two events of a label (default: 0.5).", valueName: "seconds"))
  var minOff: Double?

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
    let belonging: [(name: String, isGiven: Bool, methods: [SegmentMethod])] = [
      ("--threshold", threshold != nil, [.mean] + path), ("--on", on != nil, [.hysteresis]),
      ("--off", off != nil, [.hysteresis]), ("--min-on", minOn != nil, [.hysteresis]),
      ("--min-off", minOff != nil, [.hysteresis]), ("--change-cost", changeCost != nil, path),
      ("--min-duration", minDuration != nil, path), ("--steps", steps != nil, [.ordered]),
    ]
    for option in belonging where option.isGiven && !option.methods.contains(method) {
      throw ValidationError(
        "\(option.name) is for --method \(option.methods.map(\.rawValue).joined(separator: " or ")), "
          + "and this is \(method.rawValue).")
    }
    if method == .ordered, steps == nil { throw ValidationError("--method ordered needs --steps FILE.") }
    for (name, value) in [("--threshold", threshold), ("--on", on), ("--off", off)] {
      if let value, !(0...1).contains(value) { throw ValidationError("\(name) must be 0 to 1.") }
    }
    for (name, value) in [("--min-on", minOn), ("--min-off", minOff), ("--min-duration", minDuration)] {
      if let value, !(0...86400).contains(value) {
        throw ValidationError("\(name) must be 0 to 86400 seconds.")
      }
    }
    if let changeCost, !(0...1e6).contains(changeCost) {
      throw ValidationError("--change-cost must be 0 to 1000000.")
    }
    if let on, let off, off > on { throw ValidationError("--off must be at most --on, which is \(on).") }
  }

  /// The settings for a scorer's labels.
  func settings(for scorer: LabelScorer) throws(CommandError) -> SegmentSettings {
    var settings = SegmentSettings()
    settings.method = method.code
    func place(_ label: String, _ option: String) throws(CommandError) -> Int32 {
      guard let place = scorer.labels.firstIndex(of: label) else {
        let near = Spelling.label(near: label, among: scorer.labels).map { "; did you mean '\($0)'?" } ?? ""
        throw CommandError("\(option): '\(label)' is not among the labels\(near)")
      }
      return Int32(clamping: place)
    }
    if let none { settings.noneLabel = try place(none, "--none") }
    func nanoseconds(_ seconds: Double) -> Int64 { Int64((seconds * 1e9).rounded()) }
    switch method {
    case .mean:
      settings.thresholds = scorer.thresholds.map { threshold ?? Double($0) }
    case .hysteresis:
      if let on { settings.tracker.on = on }
      settings.tracker.off = off ?? min(settings.tracker.off, settings.tracker.on)
      if let off { settings.tracker.on = max(on ?? settings.tracker.on, off) }
      if let minOn { settings.tracker.min_on_ns = nanoseconds(minOn) }
      if let minOff { settings.tracker.min_off_ns = nanoseconds(minOff) }
    case .viterbi, .ordered:
      // A classifier's limit for "none of these", where none is asked for.
      let limit = scorer.thresholds.max().map(Double.init) ?? 0
      settings.noneScore = threshold ?? (limit > 0 ? limit : nil)
      settings.changeCost = changeCost
      settings.leastDuration = minDuration.map(nanoseconds) ?? 0
    }
    guard let steps else { return settings }
    for line in try LabelList.read(steps) {
      let isOptional = !scorer.labels.contains(line) && line.hasSuffix("?")
      let label =
        isOptional ? String(line.dropLast().reversed().drop(while: \.isWhitespace).reversed()) : line
      settings.steps.append(try place(label, steps.shown))
      settings.optional.append(isOptional ? 1 : 0)
    }
    return settings
  }
}
