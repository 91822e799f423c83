import CActionCLIP

/// The report of a fit, from clips that were left out in turn. Labels are places in the classifier's list. Of a clip
/// with several views each counts its part, so numbers of clips need not be whole.
struct FitReport {
  /// The methods that were tried, the words alone first.
  let trials: [actionclip_trial_report]
  let chosen: actionclip_trial_report
  /// A sentence that says why it was chosen.
  let reason: String
  /// Clips that are the only one of their label, which cannot be left out; the threshold for "none of these", with the
  /// clips that it accepts and rejects.
  let info: actionclip_report_info
  /// Labels with clips.
  let labels: [actionclip_label_report]
  let clips: [actionclip_clip_report]
  /// Pairs of labels that were taken for each other, those with the most clips first.
  let confusions: [actionclip_confusion_report]

  var words: actionclip_trial_report { trials[0] }
}

extension Classifier {
  /// The report of the latest fit.
  func report() throws(LibraryError) -> FitReport {
    var report: OpaquePointer?
    try check(actionclip_classifier_report(handle, &report))
    defer { actionclip_report_free(report) }
    let info: actionclip_report_info = try filled { actionclip_report_get_info(report, $0) }
    let trials: [actionclip_trial_report] = try rows(info.trials) { actionclip_report_trial(report, $0, $1) }
    guard trials.indices.contains(Int(info.chosen)) else {
      throw LibraryError(status: 0, message: "the report names no method")
    }
    return FitReport(
      trials: trials, chosen: trials[Int(info.chosen)],
      reason: try text { actionclip_report_reason(report, $0, $1, $2) }, info: info,
      labels: try rows(info.labels) { actionclip_report_label(report, $0, $1) },
      clips: try rows(info.clips) { actionclip_report_clip(report, $0, $1) },
      confusions: try rows(info.confusions) { actionclip_report_confusion(report, $0, $1) })
  }

  private func rows<Row: SizedStruct>(
    _ count: Int32, _ call: (Int32, UnsafeMutablePointer<Row>) -> Int32
  ) throws(LibraryError) -> [Row] {
    var rows: [Row] = []
    for index in 0..<count { rows.append(try filled { call(index, $0) }) }
    return rows
  }
}
