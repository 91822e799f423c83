/// The result of an evaluation as one HTML page without scripts or other files. It is well-formed XML too, for tools.
struct EvalPage {
  let report: EvalReport

  var text: String {
    var page = Page(title: report.title)
    page.table(report.figures, isLarge: true)
    switch report.metrics {
    case .single(let metrics):
      page.heading("Confusion")
      page.add("<p>\(ConfusionPicture.explanation)</p>")
      page.add(ConfusionPicture(labels: report.classes.labels, cells: metrics.confusion).svg)
      table(metrics, into: &page)
    case .multi(let metrics): table(metrics, into: &page)
    case .segments(let metrics): table(metrics, into: &page)
    }
    if !report.failures.isEmpty {
      page.heading("Videos that could not be read")
      page.list(report.failures.map { "\(report.numbering.rawValue) \($0.row.number): \($0.error)" })
    }
    page.heading("Setting")
    page.table(
      report.setting.map { member in
        if case .string(let text) = member.value { return (member.key, text) }
        return (member.key, member.value.text)
      })
    return page.text
  }

  /// A row for each class, the lowest accuracy first; classes that no video shows come last.
  private func table(_ metrics: SingleLabelMetrics, into page: inout Page) {
    var taken: [Int: SingleLabelMetrics.Cell] = [:]
    for cell in metrics.confusion where cell.shown != cell.predicted {
      if cell.count > taken[cell.shown]?.count ?? 0 { taken[cell.shown] = cell }
    }
    page.heading("Classes")
    page.add("<table>\n<tr><th class=\"n\">id</th><th>class</th><th class=\"n\">videos</th>")
    page.add("<th class=\"n\">accuracy</th><th>most often taken for</th></tr>")
    for place in ordered(metrics.classes.map { $0.of == 0 ? nil : $0.value }) {
      let share = metrics.classes[place]
      let other = taken[place].map { "\(label($0.predicted)) (\($0.count))" } ?? ""
      page.add(row(place, videos: share.of, value: share.value) + "<td>\(other)</td></tr>")
    }
    page.add("</table>")
  }

  private func table(_ metrics: MultiLabelMetrics, into page: inout Page) {
    page.heading("Classes")
    page.add("<table>\n<tr><th class=\"n\">id</th><th>class</th><th class=\"n\">videos</th>")
    page.add("<th class=\"n\">average precision</th></tr>")
    for place in ordered(metrics.classes.map { $0.videos == 0 ? nil : $0.average }) {
      let precision = metrics.classes[place]
      page.add(row(place, videos: precision.videos, value: precision.average) + "</tr>")
    }
    page.add("</table>")
  }

  private func table(_ metrics: SegmentMetrics, into page: inout Page) {
    page.heading("Classes")
    page.add("<table>\n<tr><th class=\"n\">id</th><th>class</th><th class=\"n\">segments</th>")
    page.add("<th class=\"n\">average precision</th><th class=\"n\">found</th></tr>")
    for place in ordered(metrics.classes.map { $0.listed == 0 ? nil : $0.mean }) {
      let precision = metrics.classes[place]
      page.add(
        row(place, videos: precision.listed, value: precision.mean)
          + "<td class=\"n\">\(precision.found)</td></tr>")
    }
    page.add("</table>")
  }

  private func row(_ place: Int, videos: Int, value: Double) -> String {
    "<tr><td class=\"n\">\(report.classes.ids[place])</td><td>\(label(place))</td><td class=\"n\">\(videos)</td>"
      + "<td class=\"n\">\(EvalReport.percent(value))</td>"
  }

  private func ordered(_ values: [Double?]) -> [Int] {
    values.indices.sorted { (values[$0] ?? 2, $0) < (values[$1] ?? 2, $1) }
  }

  private func label(_ place: Int) -> String { Page.escaped(report.classes.labels[place]) }
}
