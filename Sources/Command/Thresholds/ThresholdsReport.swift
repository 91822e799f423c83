import CActionCLIP

/// Thresholds for each label, and how well a tracker with them does on the videos that chose them.
struct ThresholdsReport {
  struct Row {
    let label: String
    let on: Double
    let off: Double
    /// The share of the time in events that is labelled so; not a number without events.
    let precision: Double
    /// The share of the labelled time that is in events; not a number without segments.
    let recall: Double
    let segments: Int

    /// Twice the shared time over the time in events and the labelled time.
    var f1: Double {
      guard recall > 0, precision > 0 else { return recall.isNaN ? .nan : 0 }
      return 2 * precision * recall / (precision + recall)
    }
  }

  /// Fewer segments than these say little about a threshold.
  static let enough = 5

  let rows: [Row]
  let windowCount: Int
  let videoCount: Int
  let failures: [EvalReport.Failure]
  let numbering: VideoList.Numbering
  let notes: ModelNotes

  /// Notes on labels whose thresholds rest on few segments or on none.
  var cautions: [String] {
    let (few, none) = (
      rows.filter { (1..<ThresholdsReport.enough).contains($0.segments) }, rows.filter { $0.segments == 0 }
    )
    var notes: [String] = []
    if !few.isEmpty {
      let names = ThresholdsReport.list(few.map { "'\($0.label)' (\($0.segments))" })
      notes.append("few segments of \(names): \(ThresholdsReport.enough) or more make thresholds to rely on")
    }
    if !none.isEmpty {
      let names = ThresholdsReport.list(none.map { "'\($0.label)'" })
      notes.append("no segment of \(names) is in the list: the usual thresholds are taken")
    }
    return notes
  }

  /// The first few names, and how many others there are.
  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(8).joined(separator: ", ")
    return names.count > 8 ? "\(shown) and \(names.count - 8) others" : shown
  }

  func text(on terminal: Terminal) -> String {
    let width = min(36, max(5, rows.map { Columns.of(printable($0.label)) }.max() ?? 0))
    func share(_ value: Double) -> String { value.isNaN ? "-" : formatted("%.1f %%", value * 100) }
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - Columns.of(text))) + text
    }
    let heading =
      Columns.fit("label", width) + "      on     off  precision   recall       F1  segments"
    return
      ([terminal.bold(heading)]
      + rows.map { row in
        Columns.fit(printable(row.label), width) + formatted("  %6.3f  %6.3f", row.on, row.off)
          + right(share(row.precision), 11) + right(share(row.recall), 9) + right(share(row.f1), 9)
          + right("\(row.segments)", 10)
      }).joined(separator: "\n")
  }

  var json: JSONValue {
    .object([
      .init(
        key: "labels",
        value: .array(
          rows.map {
            [
              "label": .string($0.label), "on": .double($0.on), "off": .double($0.off),
              "precision": .double($0.precision), "recall": .double($0.recall), "f1": .double($0.f1),
              "segments": .int(Int64($0.segments)),
            ]
          })),
      .init(key: "videos", value: .int(Int64(videoCount))),
      .init(key: "windows", value: .int(Int64(windowCount))),
      .init(
        key: "failures",
        value: .array(
          failures.map {
            .object($0.row.members(numbering) + [.init(key: "error", value: .string($0.error))])
          })),
      .init(key: "notes", value: notes.json),
    ])
  }
}

extension ThresholdsReport.Row {
  /// Judges thresholds by the events of a tracker for that label alone.
  init(
    _ label: String, on: Double, off: Double, events: TimeRanges, labelled: TimeRanges, segments: Int
  ) {
    let both = events.shared(with: labelled)
    self.init(
      label: label, on: on, off: off, precision: both / events.total, recall: both / labelled.total,
      segments: segments)
  }
}
