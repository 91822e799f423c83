import CActionCLIP

/// The result of `adapt`: a fit's report with the paths of its clips.
struct AdaptReport {
  /// The clips of the list that were added, numbered from `first` on, and those that could not be read.
  struct Clips {
    let first: Int64
    var rows: [VideoList.Row] = []
    var failures: [EvalReport.Failure] = []

    init(first: Int64) { self.first = first }

    /// The row of a clip; nil for a clip of an earlier list.
    func row(of clip: Int64) -> VideoList.Row? {
      let place = Int(clamping: clip - min(first, clip))
      return clip >= first && place < rows.count ? rows[place] : nil
    }
  }

  let title: String
  let fit: FitReport
  /// All labels of the classifier.
  let labels: [String]
  /// The number of labels that were known before, the first ones; nil: the list's alone are.
  let known: Int?
  let clips: Clips
  let root: FilePath
  let numbering: VideoList.Numbering
  /// The file that the classifier was written to.
  let written: FilePath?
  let model: FilePath?
  let notes: ModelNotes

  /// The clip's path and part, or its number if it came with an earlier list.
  func shown(_ clip: Int64) -> String { clips.row(of: clip)?.shown ?? "clip \(clip) of an earlier list" }

  /// Labels with clips that could be left out, the largest loss first, then the largest gain, then in their order.
  var changes: [actionclip_label_report] {
    func key(_ label: actionclip_label_report) -> (Int, Double, Int32) {
      let gain = label.right - label.right_by_words
      return (gain < 0 ? 0 : 1, gain < 0 ? gain : -gain, label.label)
    }
    return fit.labels.filter { $0.judged > 0 }.sorted { key($0) < key($1) }
  }

  var suspects: [actionclip_clip_report] {
    fit.clips.filter { $0.is_suspect != 0 }.sorted {
      ($0.probability, $0.clip_id) < ($1.probability, $1.clip_id)
    }
  }

  /// Clips that are nearly another one with a smaller number, and that one.
  var duplicates: [(clip: actionclip_clip_report, other: actionclip_clip_report)] {
    var places: [Int64: Int] = [:]
    for (place, clip) in fit.clips.enumerated() { places[clip.clip_id] = place }
    return fit.clips.compactMap { clip in
      guard clip.has_duplicate != 0, clip.duplicate_id < clip.clip_id, let place = places[clip.duplicate_id]
      else { return nil }
      return (clip, fit.clips[place])
    }
  }

  /// The command that uses the classifier next; nil if it was not written.
  var nextCommand: String? {
    guard let written else { return nil }
    func quoted(_ path: FilePath) -> String { "'" + path.shown.replacing("'", with: "'\\''") + "'" }
    let chosen = model.map { " --model \(quoted($0))" } ?? ""
    return "actionclip classify --classifier \(quoted(written))\(chosen) VIDEO"
  }

  /// Whether a label came with the list.
  func isNew(_ label: actionclip_label_report) -> Bool { known.map { label.label >= $0 } ?? false }

  /// The label that another one with clips may be a misspelling of; nil for none.
  func near(_ label: actionclip_label_report) -> String? {
    isNew(label) ? Spelling.label(near: labels[Int(label.label)], among: labels) : nil
  }

  /// The names of labels with what is to be said of each in brackets, as a line.
  private func names(
    of rows: [actionclip_label_report], _ note: (actionclip_label_report) -> String? = { _ in nil }
  ) -> String {
    let most = 20
    let shown = rows.prefix(most).map { row in
      labels[Int(row.label)] + (note(row).map { " (\($0))" } ?? "")
    }
    return shown.joined(separator: ", ") + (rows.count > most ? " and \(rows.count - most) more" : "")
  }

  /// Clips that are recognised when they are left out, before and after.
  var beforeAndAfter: [(name: String, trial: actionclip_trial_report)] {
    [("words alone", fit.words), ("with the clips", fit.chosen)]
  }

  /// Names and values of all else, for the terminal and for the page.
  var figures: [(name: String, value: String)] {
    let judged = Int(fit.words.clips.rounded())
    var result = [
      (
        "clips",
        "\(fit.clips.count) of \(fit.labels.count) label\(fit.labels.count == 1 ? "" : "s"), "
          + "\(labels.count) labels in all; \(judged) were left out in turn"
      ),
      ("method", method),
    ]
    let (new, old) = (fit.labels.filter(isNew), fit.labels.filter { !isNew($0) })
    if !old.isEmpty { result.append((known == nil ? "labels" : "known labels", names(of: old))) }
    if !new.isEmpty { result.append(("new labels", names(of: new) { near($0).map { "close to \($0)" } })) }
    result += limit
    if !clips.failures.isEmpty { result.append(("could not be read", "\(clips.failures.count)")) }
    return result
  }

  /// The method in use, and why.
  private var method: String {
    let name = FitMethod.name(of: fit.chosen.method)
    // Where the library could not compare, it says why; where it could, it tells of losses, which are for programs.
    let couldNotCompare =
      fit.chosen.clips == 0
      || fit.info.is_automatic == 1 && (2 * fit.info.single_clips > fit.info.clips || fit.info.labels == 1)
    guard !couldNotCompare else { return fit.reason }
    if fit.info.is_automatic == 0 { return "\(name), as asked" }
    return fit.chosen.method == FitMethod.words.code
      ? "\(name): the clips do not clearly help, so they are not used: add more"
      : "\(name): no other method clearly does better on clips that are left out"
  }

  /// The limit for "none of these", and how it does; nothing if there is none.
  private var limit: [(name: String, value: String)] {
    let info = fit.info
    guard info.reject_threshold > 0 else { return [] }
    var result = [
      (noneOfThese, "said of a video whose best label has clips, but less than \(limitShown)")
    ]
    if info.known > 0 {
      result.append(("said wrongly", "of \(share(info.known - info.accepted, of: info.known)) left out"))
    }
    if info.unknown > 0 {
      let unknown = share(info.rejected, of: info.unknown)
      result.append(("said rightly", "of \(unknown) of an unknown action: each clip's label was taken out"))
    }
    return result
  }

  /// The limit in per cent, with as many digits as tell it from 100 %.
  private var limitShown: String {
    let percent = fit.info.reject_threshold * 100
    for digits in 1...6 {
      let text = formatted("%.\(digits)f", percent)
      if !text.hasPrefix("100") || percent >= 100 { return text + " %" }
    }
    return "100 %"
  }

  /// "2 of 3 clips"; where several views make parts of clips, "29 % of 6 clips".
  private func share(_ hits: Double, of all: Double) -> String {
    hits == hits.rounded()
      ? formatted("%g of %g clips", hits, all) : formatted("%.0f %% of %g clips", hits / all * 100, all)
  }

  /// A sentence where a figure says less than it seems to; nil if there is none.
  var caution: String? {
    let single = fit.labels.filter { $0.clips == 1 }
    guard !single.isEmpty else { return nil }
    return single.count == fit.clips.count
      ? "Each label has one clip, so none can be left out and nothing is known of the gain: a second clip of each tells."
      : "One clip cannot be left out, so nothing is known of the gain of \(names(of: single)): add a second clip."
  }
}
