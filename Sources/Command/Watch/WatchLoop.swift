import CActionCLIP

/// Takes windows from a stream, scores them, and shows them with the events that they make. The frames come from a
/// reader on another thread.
struct WatchLoop {
  let stream: FrameStream
  let reader: Reader
  let signals: Signals
  let tracking: LabelTracking
  var output: any WatchOutput
  var labelFile: LabelFile?
  private var account = Account()
  /// The end of the last window.
  private var time: Int64 = 0

  init(
    _ stream: FrameStream, _ reader: Reader, _ signals: Signals, _ tracking: LabelTracking,
    _ output: any WatchOutput, labelFile: LabelFile?
  ) {
    (self.stream, self.reader, self.signals, self.tracking) = (stream, reader, signals, tracking)
    (self.output, self.labelFile) = (output, labelFile)
  }

  /// Runs until the stream has ended.
  mutating func run() throws {
    try output.use(labels: tracking.labels, time: time)
    var goesOn = true
    while goesOn {
      if try stream.wait(for: Int32(ACTIONCLIP_WAIT_STEP), milliseconds: 100) { try stream.step() }
      goesOn = try takeWindows()
      try rereadLabels()
      try tell()
    }
    try tracking.finish()
    try takeEvents()
    try output.end()
    output.say("actionclip: " + account.summary(try stream.stats, lost: reader.lost))
  }

  /// Takes the windows that are there; false at the end of the stream.
  private mutating func takeWindows() throws -> Bool {
    while true {
      switch try stream.next() {
      case .none: return true
      case .end: return false
      case .window(let window, let embedding):
        time = window.end_ns
        let scores = try tracking.add(window, embedding)
        try output.add(window, scores: scores)
        try takeEvents()
        let arrival = reader.takeArrival(of: window.last_push)
        if let arrival { account.latency.add(nanoseconds: Clock.now - arrival) }
      }
    }
  }

  private mutating func takeEvents() throws {
    while let event = try tracking.next() {
      guard tracking.labels.indices.contains(Int(event.label)) else { continue }
      try output.add(event, label: tracking.labels[Int(event.label)])
    }
  }

  /// Takes the labels of the file where it was changed, or at SIGHUP, and then the file of thresholds too. Labels that
  /// cannot be used are reported, and the old ones stay.
  private mutating func rereadLabels() throws {
    let asked = signals.takeHangup()
    guard labelFile != nil, labelFile?.hasChanged() == true || asked else { return }
    do {
      guard let labels = try labelFile?.read() else { return }
      if labels == tracking.labels {
        guard asked, try tracking.haveThresholdsChanged() else { return }
      }
      try tracking.replace(labels, at: time) { try takeEvents() }
    } catch let error where error is CommandError || error is LibraryError {
      output.say("actionclip: warning: \(printable(explanation(of: error))); the labels stay as they were")
      return
    }
    try output.use(labels: tracking.labels, time: time)
    for note in tracking.notes { output.say("actionclip: warning: \(printable(note))") }
  }

  /// Says what was dropped in the last ten seconds, and shows the state of the stream.
  private mutating func tell() throws {
    let stats = try stream.stats
    if let line = account.report(stats, lost: reader.lost) { output.say("actionclip: " + line) }
    let (account, lost, time) = (account, reader.lost, time)
    try output.show { account.status(stats, lost: lost, time: time) }
  }
}

/// How many frames became what, and how late windows are.
private struct Account {
  var latency = Latency()
  private var reported: (at: Int64, dropped: Int64) = (Clock.now, 0)

  /// Time from one report of dropped frames to the next.
  private static let period: Int64 = 10_000_000_000

  /// A report, if frames were dropped since the last one and ten seconds have passed.
  mutating func report(_ stats: actionclip_stream_stats, lost: Int64) -> String? {
    let now = Clock.now
    guard now - reported.at >= Account.period else { return nil }
    let dropped = stats.dropped + lost
    let before = reported.dropped
    reported = (now, dropped)
    guard dropped > before else { return nil }
    return "\(dropped - before) frames dropped in the last 10 s\(latency.text)"
  }

  func status(_ stats: actionclip_stream_stats, lost: Int64, time: Int64) -> String {
    formatted("%.1f s, ", time.seconds) + "\(stats.dropped + lost) frames dropped\(latency.text)"
  }

  func summary(_ stats: actionclip_stream_stats, lost: Int64) -> String {
    let sampled = stats.pushed - stats.not_due - stats.refused
    var text = "\(stats.pushed) frames, \(sampled) sampled, \(stats.dropped) dropped"
    if stats.refused > 0 { text += ", \(stats.refused) refused" }
    if lost > 0 { text += ", \(lost) lost or damaged before" }
    return text + ", \(stats.windows) windows" + latency.text
  }
}
