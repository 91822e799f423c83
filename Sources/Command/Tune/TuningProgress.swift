import Glibc

/// Shows training on standard error: one line that is drawn again on a terminal; elsewhere a line for every tenth and
/// at least every minute. Each measurement has a line of its own.
struct TuningProgress {
  private let total, stepsPerEpoch: Int64
  /// The steps done by an earlier run, which do not count for the speed.
  private let before: Int64
  private let terminal = Terminal.standardError()
  private let began = Clock.now
  private var shown: (at: Int64, step: Int64)
  /// The accuracies before training, and the latest.
  private var first: TuningLog.Point?
  private var last: TuningLog.Point?

  init(total: Int64, stepsPerEpoch: Int64, done: Int64) {
    (self.total, self.stepsPerEpoch, before) = (total, stepsPerEpoch, done)
    shown = (began, done)
  }

  mutating func step(_ step: TuningLog.Step) {
    let now = Clock.now
    let second: Int64 = 1_000_000_000
    if terminal.redraws {
      guard now - shown.at >= second / 10 || step.step == total else { return }
      let text = line(step, now) + (last.map { ", \(accuracies($0))" } ?? "")
      Diagnostics.raw("\r\u{1B}[K" + String(text.prefix(max(1, terminal.columns - 1))))
    } else {
      let isTenth = step.step * 10 / total > shown.step * 10 / total
      guard isTenth || now - shown.at >= 60 * second else { return }
      Diagnostics.note(line(step, now))
    }
    shown = (now, step.step)
  }

  mutating func measured(_ point: TuningLog.Point) {
    if first == nil { first = point }
    last = point
    guard point.heldOut != nil || point.oldWords != nil else { return }
    Progress.clear()
    let when = point.afterStep == 0 ? "before training" : "after epoch \(point.afterStep / stepsPerEpoch)"
    Diagnostics.note("\(when): \(accuracies(point))")
  }

  private func line(_ step: TuningLog.Step, _ now: Int64) -> String {
    let done = step.step - before
    let left = Double(now - began) / 1e9 / Double(max(1, done)) * Double(total - step.step)
    return "step \(step.step) of \(total)" + formatted(", loss %.4f, rate %.2g", step.loss, step.rate)
      + ", \(TuningProgress.duration(left)) left"
  }

  private func accuracies(_ point: TuningLog.Point) -> String {
    func text(_ name: String, _ share: TuningLog.Point.Share?, _ before: TuningLog.Point.Share?) -> String? {
      guard let share else { return nil }
      let was = point.afterStep > 0 ? before.map { " (was \(percent($0)))" } ?? "" : ""
      return "\(name) \(percent(share))\(was)"
    }
    func percent(_ share: TuningLog.Point.Share) -> String {
      formatted("%.1f %%", share.accuracy.top1.value * 100)
    }
    return [
      text("held-out clips", point.heldOut, first?.heldOut),
      text("old words", point.oldWords, first?.oldWords),
    ].compactMap { $0 }.joined(separator: ", ")
  }

  private static func duration(_ seconds: Double) -> String {
    let whole = Int(min(max(0, seconds), 1e9).rounded(.up))
    return formatted("%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
  }
}
