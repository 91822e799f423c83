/// The result of an evaluation as one HTML page without scripts or other files. It is well-formed XML too, for tools.
struct EvalPage {
  let report: EvalReport

  var text: String {
    var page = """
      <!DOCTYPE html>
      <html lang="en" xmlns="http://www.w3.org/1999/xhtml"><head><meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width"/>
      <title>\(escaped(report.title))</title>
      <style>
      :root { color-scheme: light dark; --good: #2a7ab0; --bad: #c8501e; }
      body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em; }
      table { border-collapse: collapse; } td, th { padding: .15em .8em .15em 0; text-align: left; }
      .n { text-align: right; font-variant-numeric: tabular-nums; } th { border-bottom: 1px solid; }
      svg { width: 100%; border: 1px solid; box-sizing: border-box; }
      .r { fill: var(--good); } .w { fill: var(--bad); } .big { font-size: 1.3em; }
      </style></head><body>
      <h1>\(escaped(report.title))</h1>

      """
    page += "<table class=\"big\">\n"
    for figure in report.figures {
      page += "<tr><th>\(escaped(figure.name))</th><td>\(escaped(figure.value))</td></tr>\n"
    }
    page += "</table>\n"
    switch report.metrics {
    case .single(let metrics):
      picture(metrics, into: &page)
      table(metrics, into: &page)
    case .multi(let metrics): table(metrics, into: &page)
    }
    if !report.failures.isEmpty {
      page += "<h2>Videos that could not be read</h2>\n<ul>\n"
      for failure in report.failures {
        page += "<li>\(report.numbering.rawValue) \(failure.row.number): \(escaped(failure.error))</li>\n"
      }
      page += "</ul>\n"
    }
    page += "<h2>Setting</h2>\n<table>\n"
    for member in report.setting {
      let value: String
      if case .string(let text) = member.value { value = text } else { value = member.value.text }
      page += "<tr><th>\(escaped(member.key))</th><td>\(escaped(value))</td></tr>\n"
    }
    return page + "</table>\n</body></html>\n"
  }

  private func picture(_ metrics: SingleLabelMetrics, into page: inout String) {
    let side = report.classes.count
    page += """
      <h2>Confusion</h2>
      <p>A row for each class shown, a column for each class predicted, in the order of the labels; \
      the darker, the larger the share of the row. Point at a square to read it.</p>
      <svg viewBox="0 0 \(side) \(side)" xmlns="http://www.w3.org/2000/svg" shape-rendering="crispEdges">

      """
    for cell in metrics.confusion {
      let of = metrics.classes[cell.shown].of
      let share = Double(cell.count) / Double(of)
      page +=
        "<rect class=\"\(cell.shown == cell.predicted ? "r" : "w")\" x=\"\(cell.predicted)\" y=\"\(cell.shown)\""
      page += " width=\"1\" height=\"1\" fill-opacity=\"\(formatted("%.2f", 0.15 + 0.85 * share))\"><title>"
      page += "\(label(cell.shown)): \(cell.count) of \(of) as \(label(cell.predicted))</title></rect>\n"
    }
    page += "</svg>\n"
  }

  /// A row for each class, the lowest accuracy first; classes that no video shows come last.
  private func table(_ metrics: SingleLabelMetrics, into page: inout String) {
    var taken: [Int: SingleLabelMetrics.Cell] = [:]
    for cell in metrics.confusion where cell.shown != cell.predicted {
      if cell.count > taken[cell.shown]?.count ?? 0 { taken[cell.shown] = cell }
    }
    page += "<h2>Classes</h2>\n<table>\n<tr><th class=\"n\">id</th><th>class</th>"
    page += "<th class=\"n\">videos</th><th class=\"n\">accuracy</th><th>most often taken for</th></tr>\n"
    for place in ordered(metrics.classes.map { $0.of == 0 ? nil : $0.value }) {
      let share = metrics.classes[place]
      let other = taken[place].map { "\(label($0.predicted)) (\($0.count))" } ?? ""
      page += row(place, videos: share.of, value: share.value) + "<td>\(other)</td></tr>\n"
    }
    page += "</table>\n"
  }

  private func table(_ metrics: MultiLabelMetrics, into page: inout String) {
    page += "<h2>Classes</h2>\n<table>\n<tr><th class=\"n\">id</th><th>class</th>"
    page += "<th class=\"n\">videos</th><th class=\"n\">average precision</th></tr>\n"
    for place in ordered(metrics.classes.map { $0.videos == 0 ? nil : $0.average }) {
      let precision = metrics.classes[place]
      page += row(place, videos: precision.videos, value: precision.average) + "</tr>\n"
    }
    page += "</table>\n"
  }

  private func row(_ place: Int, videos: Int, value: Double) -> String {
    "<tr><td class=\"n\">\(report.classes.ids[place])</td><td>\(label(place))</td><td class=\"n\">\(videos)</td>"
      + "<td class=\"n\">\(EvalReport.percent(value))</td>"
  }

  private func ordered(_ values: [Double?]) -> [Int] {
    values.indices.sorted { (values[$0] ?? 2, $0) < (values[$1] ?? 2, $1) }
  }

  private func label(_ place: Int) -> String { escaped(report.classes.labels[place]) }

  private func escaped(_ text: String) -> String {
    var result = ""
    for character in printable(text).unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      // Noncharacters, which XML does not allow.
      case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
