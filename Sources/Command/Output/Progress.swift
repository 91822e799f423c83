import Glibc

/// Shows the progress of a long run on standard error: a bar on a terminal; elsewhere a line for every tenth and at
/// least every minute, or nothing.
struct Progress {
  private let total: Int
  /// The noun after the count, "videos" for example.
  private let unit: String
  private let onlyOnTerminal: Bool
  /// The least seconds from one line to the next where there is no terminal.
  private let quietSeconds: Double
  private let terminal = Terminal.standardError()
  private let began = Progress.now
  /// The number done by an earlier run, which does not count for the speed.
  private let before: Int
  private var done: Int
  private var shown: (at: Double, done: Int)
  /// More to tell after the rate.
  var note = ""
  /// The share of the work that is done, 0 to 1, by which the time left is told; nil: that of `done` in the total.
  var share: Double?

  init(
    total: Int, done: Int = 0, of unit: String = "videos", onlyOnTerminal: Bool = false,
    quietSeconds: Double = 0
  ) {
    self.total = total
    self.unit = unit
    self.onlyOnTerminal = onlyOnTerminal
    self.quietSeconds = quietSeconds
    before = done
    self.done = done
    shown = (began, done)
    if terminal.redraws { draw() }
  }

  mutating func step(by count: Int = 1) {
    done += count
    let now = Progress.now
    if terminal.redraws {
      guard now - shown.at >= 0.1 || done == total else { return }
      draw()
    } else {
      guard !onlyOnTerminal, now - shown.at >= quietSeconds else { return }
      guard done * 10 / total > shown.done * 10 / total || now - shown.at >= 60 else { return }
      Diagnostics.note(statistics)
    }
    shown = (now, done)
  }

  /// Clears the bar before other output.
  static func clear() {
    if Terminal.standardError().redraws { Diagnostics.raw("\r\u{1B}[K") }
  }

  private func draw() {
    let statistics = statistics
    let room = min(24, terminal.columns - Columns.of(statistics) - 3)
    var bar = ""
    if room >= 8 {
      let drawn = terminal.bar(Double(done) / Double(total), width: room)
      bar = terminal.accent(drawn) + String(repeating: " ", count: room - Columns.of(drawn)) + "  "
    }
    let text = room >= 8 ? statistics : String(statistics.prefix(max(1, terminal.columns - 1)))
    Diagnostics.raw("\r\u{1B}[K" + bar + text)
  }

  private var statistics: String {
    let here = done - before
    var text = "\(done) of \(total) \(unit)"
    let seconds = Progress.now - began
    guard here > 0, seconds > 0 else { return text }
    let rate = Double(here) / seconds
    text += formatted(rate >= 1 ? ", %.1f a second" : ", %.1f seconds each", rate >= 1 ? rate : 1 / rate)
    text += note
    if let share, share > 0 {
      if done < total { text += ", \(duration(seconds / share * (1 - min(1, share)))) left" }
    } else if done < total {
      text += ", \(duration(Double(total - done) / rate)) left"
    }
    return text
  }

  private func duration(_ seconds: Double) -> String {
    let whole = Int(min(seconds, 1e9).rounded(.up))
    return formatted("%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
  }

  /// Seconds since the work began.
  var seconds: Double { Progress.now - began }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
