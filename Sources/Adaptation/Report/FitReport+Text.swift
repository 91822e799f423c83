import System

extension FitReport {
  /// The report for people: lines of at most 100 characters, each with an end of line. Throws where memory is refused.
  /// - Parameter labels: The name of the label with this index.
  public func text(labels name: @escaping (Int) -> String) throws(Failure) -> String {
    var page = ReportPage(name)
    let label = page.label
    page.paragraph("Method: \(reason).")
    page.paragraph(
      "There are \(count(clips.count, "clip")) of \(count(labels.count, "label"))."
        + (labelsWithoutExamples > 0
          ? " \(count(labelsWithoutExamples, "label")) without clips: words alone stand for those." : "")
        + (singleClips > 0
          ? " \(count(singleClips, "clip")) with no other of the same label: nothing can be said of those."
          : ""))
    if chosen.right.of > 0 { addShares(to: &page) }
    try addLabels(to: &page)
    try addClips(to: &page)
    page.list(
      "Labels taken for each other", confusions.count,
      {
        let pair = confusions[$0]
        return "\(label(pair.first)), \(label(pair.second)): \(amount(pair.clips))"
      })
    addThreshold(to: &page)
    return page.text
  }

  private func addShares(to page: inout ReportPage) {
    page.heading("Each clip left out in turn")
    page.row("", ["words alone", "with clips"], width: 26)
    for (title, before, after) in [
      ("right", words.right, chosen.right), ("among the best five", words.amongFive, chosen.amongFive),
      ("label's clips all left out", words.rightByWords, chosen.rightByWords),
    ] where before.of > 0 {
      page.row(title, [interval(before), interval(after)], width: 26)
    }
    page.paragraph("In brackets: the interval that holds the true share with 95% confidence.")
    if words.rightByWords.of > 0 {
      page.paragraph(
        "Label's clips all left out: the label has its words alone, as a label without clips has.")
    }
  }

  private func addLabels(to page: inout ReportPage) throws(Failure) {
    let worst = try places(labels.count) { labels[$0].right.of > 0 }
    worst.buffer.heapSort { a, b in
      let (x, y) = (labels[a], labels[b])
      return (x.right.value, x.meanProbability, x.label) < (y.right.value, y.meanProbability, y.label)
    }
    guard !worst.isEmpty else { return }
    page.heading("Labels, the worst first")
    page.row("", ["clips", "by words", "right", "probability"], width: 12)
    for place in 0..<min(worst.count, ReportPage.limit) {
      let label = labels[worst[place]]
      page.row(
        page.label(label.label),
        [
          "\(label.clips)", percent(label.rightByWords), percent(label.right), decimal(label.meanProbability),
        ], width: 12)
    }
    page.more(worst.count)
  }

  private func addClips(to page: inout ReportPage) throws(Failure) {
    let label = page.label
    let suspects = try places(clips.count) { clips[$0].isSuspect }
    suspects.buffer.heapSort { (clips[$0].margin, $0) < (clips[$1].margin, $1) }
    page.list(
      "Clips that look mislabelled", suspects.count,
      {
        let clip = clips[suspects[$0]]
        return "clip \(clip.clip): \(label(clip.label)), looks like \(label(clip.best)) "
          + "(\(decimal(clip.probability)) against \(decimal(clip.bestProbability)))"
      })
    let twice = try places(clips.count) { clips[$0].duplicate != nil }
    page.list(
      "Clips that are there twice", twice.count,
      {
        let clip = clips[twice[$0]]
        return "clip \(clip.clip): \(label(clip.label)), nearly equals clip \(clip.duplicate ?? 0)"
          + (clip.hasOtherLabelInDuplicate ? ", one with another label" : "")
      })
  }

  /// The indices below `count` that are wanted, ascending.
  private func places(
    _ count: Int, _ isWanted: (Int) -> Bool
  ) throws(Failure) -> GrowingArray<Int> {
    var places = GrowingArray<Int>()
    for index in 0..<count where isWanted(index) { try places.append(index) }
    return places
  }

  private func addThreshold(to page: inout ReportPage) {
    page.heading("None of these")
    let rule = openSet.probability
    guard rule.accepted.of > 0 else {
      return page.paragraph("No clip could be left out, so no threshold can be suggested.")
    }
    let unknown =
      rule.rejected.of > 0
      ? "It rejects \(percent(rule.rejected)) of clips whose label was taken away"
        + " (words alone: \(percent(openSetOfWords.probability.rejected)))."
      : "Nothing can be said of actions that have no label."
    page.paragraph(
      "Below a probability of \(decimal(rule.threshold)) a video shows none of the labels. That accepts"
        + " \(percent(rule.accepted)) of left-out clips. \(unknown)")
  }

  private func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

  private func amount(_ clips: Double) -> String {
    clips == clips.rounded() ? count(Int(clips), "clip") : "\(decimal(clips)) clips"
  }

  private func percent(_ share: Share) -> String { decimal(100 * share.value, 1) + "%" }

  private func interval(_ share: Share) -> String {
    let (low, high) = (share.interval.lowerBound, share.interval.upperBound)
    return "\(percent(share)) (\(decimal(100 * low, 1)) to \(decimal(100 * high, 1)))"
  }
}
