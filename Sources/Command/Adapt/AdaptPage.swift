import CActionCLIP

/// The report of `adapt` as a page for a browser.
struct AdaptPage {
  let report: AdaptReport
  /// Reads the pictures of clips that deserve a look.
  let encoder: VideoEncoder

  /// The largest number of clips with pictures in a section.
  private static let mostClips = 24

  var text: String {
    var page = Page(title: report.title)
    beforeAndAfter(into: &page)
    page.table(report.figures)
    if let caution = report.caution { page.add("<p>\(Page.escaped(caution))</p>") }
    if let command = report.nextCommand { page.add("<pre>\(Page.escaped(command))</pre>") }
    labels(into: &page)
    confusion(into: &page)
    clips(
      "Clips that look mislabelled", report.suspects.map { ([$0.clip_id], report.suspicion($0)) }, into: &page
    )
    clips(
      "Clips that are nearly the same",
      report.duplicates.map { ([$0.other.clip_id, $0.clip.clip_id], report.repetition($0)) }, into: &page)
    if !report.clips.failures.isEmpty {
      page.heading("Clips that could not be read")
      page.list(report.clips.failures.map { "\(report.numbering.rawValue) \($0.row.number): \($0.error)" })
    }
    return page.text
  }

  /// Bars of the shares of clips that are recognised, with their intervals.
  private func beforeAndAfter(into page: inout Page) {
    guard report.fit.words.clips > 0 else { return }
    page.add("<table class=\"names big\">")
    for (place, (name, trial)) in report.beforeAndAfter.enumerated() {
      page.add(
        "<tr><th>\(name)</th><td class=\"n\">\(EvalReport.percent(trial.right / trial.clips))</td>"
          + "<td class=\"wide\">\(bar(trial, isAfter: place > 0))</td></tr>")
    }
    page.add("</table>")
  }

  /// A bar with the interval as a line over it.
  private func bar(_ trial: actionclip_trial_report, isAfter: Bool) -> String {
    func place(_ value: Double) -> String { formatted("%.1f", value * 100) }
    return """
      <svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" xmlns="http://www.w3.org/2000/svg">\
      <rect class="\(isAfter ? "r" : "p")" width="\(place(trial.right / trial.clips))" height="10"></rect>\
      <rect class="i" x="\(place(trial.right_low))" y="4" width="\(place(trial.right_high - trial.right_low))" height="2"></rect>\
      <title>95 % interval \(place(trial.right_low)) to \(place(trial.right_high)) %</title></svg>
      """
  }

  private func labels(into page: inout Page) {
    let rows = report.changes
    guard !rows.isEmpty else { return }
    page.heading("Labels")
    page.add(
      "<p>Clips that are recognised when they are left out: by the words alone (upper bar), and with the other clips (lower bar).</p>"
    )
    page.add("<table><tr><th>label</th><th class=\"n\">clips</th><th class=\"n\">words</th>")
    page.add("<th class=\"n\">with clips</th><th class=\"wide\"></th></tr>")
    for row in rows {
      page.add(
        "<tr><td>\(Page.escaped(report.labels[Int(row.label)]))</td><td class=\"n\">\(row.clips)</td>"
          + "<td class=\"n\">\(formatted("%g", row.right_by_words))</td>"
          + "<td class=\"n\">\(formatted("%g", row.right))</td><td class=\"wide\">"
          + bars(row) + "</td></tr>")
    }
    page.add("</table>")
  }

  /// The shares of a label's clips, by words and with the clips, one bar below the other.
  private func bars(_ row: actionclip_label_report) -> String {
    let style = row.right < row.right_by_words ? "w" : "r"
    func width(_ clips: Double) -> String { formatted("%.1f", clips / row.judged * 100) }
    return """
      <svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" xmlns="http://www.w3.org/2000/svg">\
      <rect class="p" width="\(width(row.right_by_words))" height="4"></rect>\
      <rect class="\(style)" y="5" width="\(width(row.right))" height="5"></rect></svg>
      """
  }

  /// The labels that clips show or were taken for, as a matrix.
  private func confusion(into page: inout Page) {
    var counts: [[Int]: Int] = [:]
    for clip in report.fit.clips where clip.best >= 0 {
      counts[[Int(clip.label), Int(clip.best)], default: 0] += 1
    }
    guard !counts.isEmpty else { return }
    let found = Set(counts.keys.joined()).sorted()
    var places: [Int: Int] = [:]
    for (place, label) in found.enumerated() { places[label] = place }
    let cells = counts.keys.sorted { $0.lexicographicallyPrecedes($1) }.compactMap { pair in
      places[pair[0]].flatMap { shown in
        places[pair[1]].map { predicted in
          SingleLabelMetrics.Cell(shown: shown, predicted: predicted, count: counts[pair] ?? 0)
        }
      }
    }
    page.heading("Confusion of clips that were left out")
    page.add("<p>\(ConfusionPicture.explanation)</p>")
    page.add(ConfusionPicture(labels: found.map { report.labels[$0] }, cells: cells).svg)
  }

  /// Clips with pictures, their words and links to their files.
  private func clips(_ heading: String, _ all: [(clips: [Int64], text: String)], into page: inout Page) {
    guard !all.isEmpty else { return }
    page.heading(heading)
    page.add("<div class=\"clips\">")
    for (clips, text) in all.prefix(AdaptPage.mostClips) {
      page.add("<figure>")
      for clip in clips { picture(of: clip, into: &page) }
      page.add("<figcaption>\(Page.escaped(text))</figcaption></figure>")
    }
    page.add("</div>")
    let more = all.count - AdaptPage.mostClips
    if more > 0 { page.add("<p>And \(more) more, which --json has.</p>") }
  }

  /// A clip's pictures as a link to its file. A clip of an earlier list has none.
  private func picture(of clip: Int64, into page: inout Page) {
    guard let row = report.clips.row(of: clip) else { return }
    let path = row.path.inside(report.root)
    guard let strip = try? Filmstrip(of: path, row, for: encoder) else { return }
    let part = row.span.map { "#t=\($0.start)" + ($0.end.isFinite ? ",\($0.end)" : "") } ?? ""
    page.add(
      "<a href=\"\(Files.resolved(path).address)\(part)\"><img src=\"\(strip.address)\" alt=\"\"/></a>")
  }
}
