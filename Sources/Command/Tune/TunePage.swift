/// The report of `tune` as a page for a browser, without scripts or other files.
struct TunePage {
  let report: TuneReport
  /// Reads the pictures of clips whose answer changed.
  let encoder: VideoEncoder

  /// The largest number of clips with pictures in a section.
  private static let mostClips = 24

  var text: String {
    var page = Page(title: report.title, style: CurvePicture.style)
    page.table(report.figures)
    for caution in report.cautions { page.add("<p>\(Page.escaped(caution))</p>") }
    page.add("<pre>\(Page.escaped(report.nextCommand))</pre>")
    accuracies(into: &page)
    loss(into: &page)
    for comparison in report.comparisons {
      labels(comparison, into: &page)
      changes(comparison, into: &page)
    }
    sweep(into: &page)
    if !report.failures.isEmpty {
      page.heading("Clips that could not be read")
      page.list(report.failures.map { "\(report.numbering.rawValue) \($0.row.number): \($0.error)" })
    }
    page.heading("Setting")
    page.table(report.setting)
    return page.text
  }

  private static func capitalized(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }

  private var total: Double { Double(max(1, report.steps.last?.step ?? 1)) }
  private var ends: (String, String) {
    let epochs = Double(report.steps.last?.step ?? 0) / Double(max(1, report.stepsPerEpoch))
    return ("before", formatted("after epoch %g", epochs))
  }

  /// Accuracies over the epochs.
  private func accuracies(into page: inout Page) {
    func curve(_ name: String, _ share: (TuningLog.Point) -> TuningLog.Point.Share?) -> CurvePicture.Curve? {
      let points = report.points.sorted { $0.afterStep < $1.afterStep }.compactMap { point in
        share(point).map { (Double(point.afterStep) / total, $0.accuracy.top1.value) }
      }
      return points.count < 2 ? nil : CurvePicture.Curve(name: name, points: points)
    }
    let curves = [curve("held-out clips", \.heldOut), curve("old words", \.oldWords)].compactMap { $0 }
    guard !curves.isEmpty else { return }
    page.heading("Right answers over the epochs")
    if curves.count == 1 { page.add("<p>\(Page.escaped(curves[0].name)), top-1</p>") }
    page.add(
      CurvePicture(
        curves: curves, range: 0...1, marks: [(0, "0 %"), (0.5, "50 %"), (1, "100 %")], ends: ends
      ).html)
  }

  private func loss(into page: inout Page) {
    let values = report.steps.map(\.loss)
    guard values.count > 1, let highest = values.max(), let lowest = values.min() else { return }
    page.heading("Loss over the steps")
    let least = min(0, lowest)
    page.add(
      CurvePicture(
        curves: [
          .init(name: "loss", points: report.steps.map { (Double($0.step) / total, $0.loss) })
        ], range: least...max(highest, least + 1e-6),
        marks: [(least, formatted("%.3g", least)), (highest, formatted("%.3g", highest))], ends: ends
      ).html)
  }

  /// Before and after for each label, one bar below the other.
  private func labels(_ comparison: TuneReport.Comparison, into page: inout Page) {
    let rows = comparison.labels
    guard !rows.isEmpty else { return }
    page.heading("\(TunePage.capitalized(comparison.clips.name)) by label")
    func swatch(_ kind: String) -> String {
      "<svg width=\"1em\" height=\".7em\" xmlns=\"http://www.w3.org/2000/svg\">"
        + "<rect class=\"\(kind)\" width=\"100%\" height=\"100%\"></rect></svg>"
    }
    page.add(
      "<p>Clips whose best label is right: \(swatch("p")) before training, \(swatch("r")) after, "
        + "\(swatch("w")) after, where they are fewer.</p>")
    page.add("<table><tr><th>label</th><th class=\"n\">clips</th><th class=\"n\">before</th>")
    page.add("<th class=\"n\">after</th><th class=\"wide\"></th></tr>")
    for row in rows {
      page.add(
        "<tr><td>\(Page.escaped(row.name))</td><td class=\"n\">\(row.clips)</td>"
          + "<td class=\"n\">\(row.before)</td><td class=\"n\">\(row.after)</td>"
          + "<td class=\"wide\">\(bars(row))</td></tr>")
    }
    page.add("</table>")
  }

  private func bars(_ row: TuneReport.Comparison.Label) -> String {
    func width(_ right: Int) -> String { formatted("%.1f", Double(right) / Double(row.clips) * 100) }
    return """
      <svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" xmlns="http://www.w3.org/2000/svg">\
      <rect class="p" width="\(width(row.before))" height="4"></rect>\
      <rect class="\(row.after < row.before ? "w" : "r")" y="5" width="\(width(row.after))" height="5"></rect></svg>
      """
  }

  /// Clips whose answer turned right or wrong, with pictures and links to their files.
  private func changes(_ comparison: TuneReport.Comparison, into page: inout Page) {
    for isLost in [true, false] {
      let changed = comparison.changed.filter { $0.isLost == isLost }
      guard !changed.isEmpty else { continue }
      page.heading(
        "\(TunePage.capitalized(comparison.clips.name)) "
          + (isLost ? "that became wrong" : "that became right"))
      page.add("<div class=\"clips\">")
      for (place, _) in changed.prefix(TunePage.mostClips) {
        let row = comparison.clips.rows[place]
        let (before, after) = (comparison.before[place], comparison.after[place])
        page.add("<figure>")
        picture(of: row, in: comparison.clips.root, into: &page)
        let said =
          "\(row.shown) · true: \(comparison.shownLabels(before)) · before: \(comparison.best(before)) · "
          + "after: \(comparison.best(after))"
        page.add("<figcaption>\(Page.escaped(said))</figcaption></figure>")
      }
      page.add("</div>")
      let more = changed.count - TunePage.mostClips
      if more > 0 { page.add("<p>And \(more) more, which --json has.</p>") }
    }
  }

  private func picture(of row: VideoList.Row, in root: FilePath, into page: inout Page) {
    let path = row.path.inside(root)
    guard let strip = try? Filmstrip(of: path, row, for: encoder) else { return }
    let part = row.span.map { "#t=\($0.start)" + ($0.end.isFinite ? ",\($0.end)" : "") } ?? ""
    page.add(
      "<a href=\"\(Files.resolved(path).address)\(part)\"><img src=\"\(strip.address)\" alt=\"\"/></a>")
  }

  private func sweep(into page: inout Page) {
    guard !report.sweep.isEmpty else { return }
    func alpha(_ value: Double) -> String {
      let text = formatted("%.2f", value)
      return abs(value - report.alpha) < 1e-9 ? "<b>written: \(text)</b>" : text
    }
    func percent(_ accuracy: Accuracy?) -> String { EvalReport.percent(accuracy?.top1.value ?? .nan) }
    page.heading("Shares of the tuned weights")
    page.add(
      "<p>Accuracy (top-1) at each share alpha. Nothing was chosen by it. "
        + "The model that is written has alpha \(formatted("%g", report.alpha)).</p>")
    page.add("<table><tr><th class=\"n\">alpha</th><th class=\"n\">held-out clips</th>")
    page.add("<th class=\"n\">old words</th></tr>")
    for row in report.sweep {
      page.add(
        "<tr><td class=\"n\">\(alpha(row.alpha))</td><td class=\"n\">\(percent(row.heldOut))</td>"
          + "<td class=\"n\">\(percent(row.oldWords))</td></tr>")
    }
    page.add("</table>")
  }
}
