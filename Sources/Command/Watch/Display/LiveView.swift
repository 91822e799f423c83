import CActionCLIP

/// Events as lines on a terminal and, below them, a bar for each label, which is drawn again in place. A terminal that
/// cannot draw in place has the events alone.
struct LiveView: WatchOutput {
  private let output = Output()
  private var labels: [String] = []
  private var scores: [Float] = []
  /// The labels that hold now, by the numbers of their events.
  private var current: [Int64: Int] = [:]
  /// Lines that go above the bars at the next drawing.
  private var news: [String] = []
  /// Lines of bars on the terminal.
  private var drawn = 0
  private var lastDrawn: Int64 = 0

  /// The shortest time from one drawing to the next, in nanoseconds.
  private static let pause: Int64 = 66_000_000

  mutating func use(labels: [String], time: Int64) {
    if !self.labels.isEmpty {
      news.append(LiveView.stamp(time) + "labels   " + printable(labels.joined(separator: ", ")))
    }
    (self.labels, scores, current) = (labels, [Float](repeating: 0, count: labels.count), [:])
  }

  mutating func add(_ window: actionclip_window, scores: [Float]) { self.scores = scores }

  mutating func add(_ event: actionclip_event, label: String) {
    let label = printable(label)
    switch event.kind {
    case Int32(ACTIONCLIP_EVENT_STARTED):
      current[event.number] = Int(event.label)
      news.append(LiveView.stamp(event.start_ns) + "started  " + label)
    case Int32(ACTIONCLIP_EVENT_ENDED):
      current[event.number] = nil
      let length = event.end_ns.seconds - event.start_ns.seconds
      news.append(
        LiveView.stamp(event.end_ns) + "ended    " + label
          + formatted("  (%.2f s, mean %.0f %%)", length, event.mean * 100))
    default: break
    }
  }

  private static func stamp(_ time: Int64) -> String { formatted("%9.2f s  ", time.seconds) }

  mutating func show(status: () -> String) throws {
    let terminal = Terminal.standardOutput()
    guard terminal.redraws else { return try writeNews(terminal) }
    let now = Clock.now
    guard !news.isEmpty || now - lastDrawn >= LiveView.pause else { return }
    lastDrawn = now
    var text = erasing + newsText(terminal)
    let block = lines(on: terminal, status())
    text += block.map { $0 + "\n" }.joined()
    drawn = block.count
    try output.write(text)
  }

  private mutating func writeNews(_ terminal: Terminal) throws {
    let text = newsText(terminal)
    if !text.isEmpty { try output.write(text) }
  }

  private mutating func newsText(_ terminal: Terminal) -> String {
    defer { news = [] }
    let width = max(1, terminal.columns - 1)
    return news.map { (Columns.of($0) <= width ? $0 : Columns.fit($0, width)) + "\n" }.joined()
  }

  /// Takes the bars away: the cursor goes to their first line, and everything from there on is cleared.
  private var erasing: String { drawn == 0 ? "" : "\u{1B}[\(drawn)A\r\u{1B}[J" }

  /// The labels' bars, as many as there is room for, and the status. No line is as wide as the terminal, where some
  /// begin a line of their own.
  private func lines(on terminal: Terminal, _ status: String) -> [String] {
    let width = max(1, terminal.columns - 1)
    let shown = rows(atMost: min(20, max(1, terminal.rows - 3)))
    let longest = shown.map { Columns.of(printable(labels[$0])) }.max() ?? 0
    // Beside the name: a mark and a space before it; two spaces, the percentage in 5 columns after it.
    let name = max(1, min(longest, max(width - 9, 1), max(12, width / 2)))
    let bar = min(40, width - name - 11)
    let now = Set(current.values)
    var lines = shown.map { place in
      let isCurrent = now.contains(place)
      let text = Columns.fit(printable(labels[place]), name)
      var line = isCurrent ? (terminal.blocks ? "● " : "* ") + terminal.bold(text) : "  " + text
      if bar >= 4 {
        let drawn = terminal.bar(Double(scores[place]), width: bar)
        line += "  " + terminal.accent(drawn) + String(repeating: " ", count: bar - Columns.of(drawn))
      }
      return line + formatted("  %3.0f %%", scores[place] * 100)
    }
    if width < 10 { lines = shown.map { Columns.fit(printable(labels[$0]), width) } }
    let hidden = labels.count - shown.count
    let more = hidden == 0 ? "" : "\(hidden) more labels, "
    return lines + [String(Columns.fit("  " + more + status, width))]
  }

  /// The labels that have a row: all in their order where they fit, else the best, the best first.
  private func rows(atMost count: Int) -> [Int] {
    guard labels.count > count else { return Array(labels.indices) }
    let order = labels.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
    return Array(order.prefix(count))
  }

  mutating func say(_ line: String) {
    if drawn > 0 { try? output.write(erasing) }
    drawn = 0
    Diagnostics.raw(line + "\n")
  }

  mutating func end() throws {
    let terminal = Terminal.standardOutput()
    if drawn > 0 { try output.write(erasing) }
    drawn = 0
    try writeNews(terminal)
  }
}
