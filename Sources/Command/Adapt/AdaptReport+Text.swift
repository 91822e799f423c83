import CActionCLIP

/// The report as text for people.
extension AdaptReport {
  private static let mostRows = 20

  func text(on terminal: Terminal) -> String {
    var lines = [terminal.bold(printable(title))]
    lines += beforeAndAfter.map { name, trial in
      let interval = formatted("%.1f to %.1f", trial.right_low * 100, trial.right_high * 100)
      let share = "\(EvalReport.percent(trial.right / trial.clips))  (95 % interval \(interval))"
      return "  \(Columns.fit(name, 18))  \(trial.clips > 0 ? share : "-")"
    }
    lines += figures.map { "  \(Columns.fit($0.name, 18))  \(printable($0.value))" }
    if let caution { lines.append("  \(printable(caution))") }
    func section(_ heading: String, _ rows: [String]) {
      guard !rows.isEmpty else { return }
      lines += ["", terminal.bold(heading)]
      lines += rows.prefix(AdaptReport.mostRows).map { "  \($0)" }
      let more = rows.count - AdaptReport.mostRows
      if more > 0 { lines.append("  and \(more) more, which --json has") }
    }
    section("Clips recognised when they are left out", changes.isEmpty ? [] : table(changes))
    section("Clips that look mislabelled", suspects.map(suspicion))
    section("Clips that are nearly the same", duplicates.map(repetition))
    section(
      "Labels taken for each other",
      fit.confusions.map { confusion in
        let count = formatted(confusion.clips == 1 ? "%g clip" : "%g clips", confusion.clips)
        return "\(name(confusion.first)) and \(name(confusion.second)): \(count)"
      })
    if let written, let nextCommand {
      lines += ["", "written: \(printable(written.shown))", "next: \(printable(nextCommand))"]
    } else {
      lines += ["", "nothing written: give --out FILE to keep the classifier"]
    }
    return lines.joined(separator: "\n")
  }

  private func name(_ label: Int32) -> String { printable(labels[Int(label)]) }

  /// A heading, then a row for each label.
  private func table(_ rows: [actionclip_label_report]) -> [String] {
    let width = min(36, rows.map { Columns.of(name($0.label)) }.max() ?? 0)
    let heading = Columns.fit("", width) + "  clips  words alone  with the clips"
    return [heading]
      + rows.map { row in
        let gain = row.right - row.right_by_words
        let change = gain > 0 ? "  better" : gain < 0 ? "  worse" : ""
        return Columns.fit(name(row.label), width)
          + formatted("  %5d  %11g  %14g", row.clips, row.right_by_words, row.right) + change
      }
  }

  /// The reason why a clip looks mislabelled.
  func suspicion(_ clip: actionclip_clip_report) -> String {
    let best =
      clip.best < 0 ? "-" : "\(name(clip.best)) (\(formatted("%.0f %%", clip.best_probability * 100)))"
    return "\(printable(shown(clip.clip_id))): listed as \(name(clip.label)), looks like \(best)"
  }

  func repetition(_ pair: (clip: actionclip_clip_report, other: actionclip_clip_report)) -> String {
    let (clip, other) = pair
    let both = "\(printable(shown(other.clip_id))) and \(printable(shown(clip.clip_id)))"
    return clip.label == other.label
      ? "\(both): \(name(clip.label))" : "\(both): listed as \(name(other.label)) and as \(name(clip.label))"
  }
}
