import CActionCLIP

/// The result of `prompts`, as text for people and as JSON.
struct PromptsReport {
  let title: String
  let templates: [String]
  let chosen: ChosenWeights
  /// The share of the videos that the model's own templates classify right; nil if there are no labels.
  let ownTop1: Double?
  let videos: Int
  let failures: [(path: String, error: String)]
  /// The file that the model was written to.
  let written: FilePath?
  let notes: ModelNotes

  /// The templates with a weight above 0, the largest first; equal ones stay in the order of the pool.
  var kept: [(template: String, weight: Float)] {
    let order = templates.indices.filter { chosen.weights[$0] > 0 }.sorted {
      (chosen.weights[$0], $1) > (chosen.weights[$1], $0)
    }
    return order.map { (templates[$0], chosen.weights[$0]) }
  }

  func text(on terminal: Terminal) -> String {
    var lines = [terminal.bold(printable(title))]
    func row(_ name: String, _ top1: Double, _ logLikelihood: Double?) {
      let likelihood = logLikelihood.map { formatted("%15.3f", $0) } ?? ""
      lines.append("  \(Columns.fit(name, 34))" + formatted("%7.2f %%", top1 * 100) + likelihood)
    }
    if let report = chosen.report {
      lines.append("  \(Columns.fit("", 34))    top-1  log-likelihood")
      if let ownTop1 { row("the model's own templates", ownTop1, nil) }
      row("all \(templates.count), equal weights", report.equal_top1, report.equal_log_likelihood)
      row(shownOrigin, report.chosen_top1, report.chosen_log_likelihood)
    }
    lines.append("  \(videos) videos; \(kept.count) of \(templates.count) templates are left:")
    lines += kept.map { "  " + formatted("%6.2f %%", $0.weight * 100) + "  \(printable($0.template))" }
    if let written { lines.append("written: \(written.shown)") }
    return lines.joined(separator: "\n")
  }

  private var shownOrigin: String {
    switch chosen.origin {
    case "fitted": "fitted, each video left out"
    case "equal": "chosen: equal weights"
    default: "chosen: weights without labels"
    }
  }

  var json: JSONValue {
    func quality(_ top1: Double, _ logLikelihood: Double) -> JSONValue {
      ["top1": .double(top1), "log_likelihood": .double(logLikelihood)]
    }
    return [
      "title": .string(title), "videos": .int(Int64(videos)), "origin": .string(chosen.origin),
      "strength": chosen.report.map { .double($0.strength) } ?? .null,
      "folds": chosen.report.map { .int(Int64($0.folds)) } ?? .null,
      "own_top1": ownTop1.map { .double($0) } ?? .null,
      "equal": chosen.report.map { quality($0.equal_top1, $0.equal_log_likelihood) } ?? .null,
      "chosen": chosen.report.map { quality($0.chosen_top1, $0.chosen_log_likelihood) } ?? .null,
      "pool": .int(Int64(templates.count)),
      "templates": .array(kept.map { ["template": .string($0.template), "weight": .float($0.weight)] }),
      "written": written.map { .string($0.shown) } ?? .null, "notes": notes.json,
      "failures": .array(failures.map { ["path": .string($0.path), "error": .string($0.error)] }),
    ]
  }
}
