/// The report as text for people, and as JSON.
extension TuneReport {
  private static let mostRows = 20

  func text(on terminal: Terminal) -> String {
    var lines = [terminal.bold(printable(title))]
    let width = max(20, figures.map { Columns.of($0.name) }.max() ?? 0)
    lines += figures.map { "  \(Columns.fit($0.name, width))  \($0.value)" }
    if let last = steps.last, let first = steps.first {
      lines.append(
        "  \(Columns.fit("loss", width))  " + formatted("%.4f at first, %.4f at last", first.loss, last.loss))
    }
    if !failures.isEmpty {
      lines.append("  \(Columns.fit("could not be read", width))  \(failures.count), not counted above")
    }
    lines += cautions.map { "  \(printable($0))" }
    for comparison in comparisons where !comparison.labels.isEmpty {
      lines += ["", terminal.bold("Right answers on \(comparison.clips.name)")] + table(comparison)
    }
    if !sweep.isEmpty {
      lines += ["", terminal.bold("By the share of the tuned weights; nothing was chosen by it")]
      lines += mixtures
    }
    lines += ["", "written: \(printable(written.shown))", "next: \(printable(nextCommand))"]
    return lines.joined(separator: "\n")
  }

  /// A heading, then a row for each label.
  private func table(_ comparison: Comparison) -> [String] {
    let rows = comparison.labels
    let width = min(36, rows.map { Columns.of(printable($0.name)) }.max() ?? 0)
    var lines = ["  " + Columns.fit("", width) + "  clips  before  after"]
    lines += rows.prefix(TuneReport.mostRows).map { row in
      let change = row.after > row.before ? "  better" : row.after < row.before ? "  worse" : ""
      return "  " + Columns.fit(printable(row.name), width)
        + formatted("  %5d  %6d  %5d", row.clips, row.before, row.after) + change
    }
    let more = rows.count - TuneReport.mostRows
    if more > 0 { lines.append("  and \(more) more, which --json has") }
    return lines
  }

  /// A heading, then a row for each share.
  private var mixtures: [String] { MixtureTable.lines(sweep, written: alpha) }

  var json: JSONValue {
    func labels(_ comparison: Comparison) -> JSONValue {
      .array(
        comparison.labels.map {
          [
            "label": .string($0.name), "clips": .int(Int64($0.clips)), "right_before": .int(Int64($0.before)),
            "right_after": .int(Int64($0.after)),
          ]
        })
    }
    func clips(_ comparison: Comparison) -> JSONValue {
      .array(
        zip(comparison.clips.rows, zip(comparison.before, comparison.after)).map { row, scored in
          [
            "path": .string(row.shown), "labels": .string(comparison.shownLabels(scored.0)),
            "before": .string(comparison.best(scored.0)), "after": .string(comparison.best(scored.1)),
          ]
        })
    }
    func object(_ comparison: Comparison?) -> JSONValue {
      guard let comparison else { return .null }
      let (before, after) = (Accuracy(comparison.before), Accuracy(comparison.after))
      return [
        "top1_before": before.top1.json, "top1_after": after.top1.json, "top5_before": before.top5.json,
        "top5_after": after.top5.json, "labels": labels(comparison), "clips": clips(comparison),
      ]
    }
    return [
      "title": .string(title),
      "setting": .object(setting.map { .init(key: $0.name, value: .string($0.value)) }),
      "alpha": .double(alpha), "steps": .int(Int64(steps.last?.step ?? 0)), "held_out": object(heldOut),
      "old_words": object(oldWords),
      "new_labels": .array(
        newLabels.map {
          [
            "label": .string($0.name), "clips": .int(Int64($0.clips)),
            "near": $0.near.map { .string($0) } ?? .null,
          ]
        }), "sweep": .array(sweep.map(MixtureTable.json)),
      "cautions": .array(cautions.map { .string($0) }), "notes": notes.json,
      "failures": .array(
        failures.map {
          .object($0.row.members(numbering) + [.init(key: "error", value: .string($0.error))])
        }), "written": .string(written.shown),
    ]
  }
}

/// Accuracies at several shares of the second of two models' weights.
enum MixtureTable {
  /// A heading, then a row for each share.
  /// - Parameters:
  ///   - clips: words before "top-1" where there are clips of one kind.
  ///   - written: the share of the model that is written, whose row is marked; nil: none is.
  static func lines(
    _ mixtures: [TuneReport.Mixture], clips: String = "held-out ", written: Double?
  ) -> [String] {
    let hasOld = mixtures.contains { $0.oldWords != nil }
    let hasHeld = mixtures.contains { $0.heldOut != nil }
    let kinds: [(name: String, accuracy: (TuneReport.Mixture) -> Accuracy?)] =
      (hasHeld ? [(clips, { $0.heldOut })] : []) + (hasOld ? [("old words ", { $0.oldWords })] : [])
    func row(_ first: String, _ cell: (Int, Int) -> String) -> String {
      kinds.indices.reduce(first) { line, kind in
        (0..<2).reduce(line) { $0 + right(cell(kind, $1), $1 == 0 ? 18 : 9) }
      }
    }
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(2, width - text.count)) + text
    }
    return [row("  alpha") { "\($1 == 0 ? kinds[$0].name : "")top-\($1 == 0 ? 1 : 5)" }]
      + mixtures.map { mixture in
        row(formatted("  %5.2f", mixture.alpha)) { kind, rank in
          guard let accuracy = kinds[kind].accuracy(mixture) else { return "-" }
          return EvalReport.percent((rank == 0 ? accuracy.top1 : accuracy.top5).value)
        } + (mixture.alpha == written ? "  written" : "")
      }
  }

  static func json(_ mixture: TuneReport.Mixture) -> JSONValue {
    func object(_ accuracy: Accuracy?) -> JSONValue {
      accuracy.map { ["top1": $0.top1.json, "top5": $0.top5.json] } ?? .null
    }
    return [
      "alpha": .double(mixture.alpha), "held_out": object(mixture.heldOut),
      "old_words": object(mixture.oldWords),
    ]
  }
}
