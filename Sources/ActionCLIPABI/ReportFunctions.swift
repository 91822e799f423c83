import Adaptation
import CActionCLIP
import Session
import System

// Functions of reports on fits.

/// The sizes in bytes of the structs' first versions, the smallest ones that are accepted.
private let oldestInfo = 88
private let oldestTrial = 112
private let oldestLabel = 48
private let oldestClip = 72
private let oldestConfusion = 24

@_cdecl("actionclip_classifier_report") @implementation
public func actionclip_classifier_report(
  _ classifier: OpaquePointer!, _ report_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  boundary { () throws(Failure) in
    let classifier = try Handle.object(classifier, Classifier.self)
    let out = try required(report_out, "report_out")
    out.pointee = try Handle.make(classifier.report())
  }
}

@_cdecl("actionclip_report_free") @implementation
public func actionclip_report_free(_ report: OpaquePointer!) {
  Handle.release(report, ClassifierReport.self)
}

@_cdecl("actionclip_report_get_info") @implementation
public func actionclip_report_get_info(
  _ report: OpaquePointer!, _ info_out: UnsafeMutablePointer<actionclip_report_info>!
) -> Int32 {
  write(report, to: info_out, oldest: oldestInfo, "info_out") { (fit) throws(Failure) in
    var info = actionclip_report_info()
    info.is_automatic = fit.isAutomatic ? 1 : 0
    info.trials = Int32(clamping: fit.trials.count)
    info.chosen = Int32(clamping: fit.trials.firstIndex { $0.method == fit.chosen.method } ?? 0)
    info.label_count = Int32(clamping: fit.labelCount)
    info.labels = Int32(clamping: fit.labels.count)
    info.clips = Int32(clamping: fit.clips.count)
    info.single_clips = Int32(clamping: fit.singleClips)
    info.confusions = Int32(clamping: fit.confusions.count)
    let rule = fit.openSet.probability
    (info.reject_threshold, info.roc_area) = (rule.threshold, rule.area)
    (info.known, info.accepted) = (rule.accepted.of, rule.accepted.hits)
    (info.unknown, info.rejected) = (rule.rejected.of, rule.rejected.hits)
    return info
  }
}

@_cdecl("actionclip_report_trial") @implementation
public func actionclip_report_trial(
  _ report: OpaquePointer!, _ index: Int32, _ trial_out: UnsafeMutablePointer<actionclip_trial_report>!
) -> Int32 {
  write(report, to: trial_out, oldest: oldestTrial, "trial_out") { (fit) throws(Failure) in
    let trial = fit.trials[try checkedIndex(index, below: fit.trials.count, "methods")]
    var row = actionclip_trial_report()
    row.method = trial.method.rawValue
    (row.clips, row.right, row.among_five) = (trial.right.of, trial.right.hits, trial.amongFive.hits)
    (row.right_low, row.right_high) = (trial.right.interval.lowerBound, trial.right.interval.upperBound)
    (row.word_clips, row.right_by_words) = (trial.rightByWords.of, trial.rightByWords.hits)
    (row.loss, row.temperature, row.ridge) = (trial.loss, trial.temperature, trial.ridge ?? .nan)
    row.text_weight = trial.mixture?.text ?? .nan
    row.clip_weight = trial.mixture?.clips ?? .nan
    row.offset = trial.mixture?.offset ?? .nan
    return row
  }
}

@_cdecl("actionclip_report_label") @implementation
public func actionclip_report_label(
  _ report: OpaquePointer!, _ index: Int32, _ label_out: UnsafeMutablePointer<actionclip_label_report>!
) -> Int32 {
  write(report, to: label_out, oldest: oldestLabel, "label_out") { (fit) throws(Failure) in
    let label = fit.labels[try checkedIndex(index, below: fit.labels.count, "labels with examples")]
    var row = actionclip_label_report()
    (row.label, row.clips) = (Int32(clamping: label.label), Int32(clamping: label.clips))
    (row.judged, row.right) = (label.right.of, label.right.hits)
    row.right_by_words = label.rightByWords.hits
    row.mean_probability = label.meanProbability
    return row
  }
}

@_cdecl("actionclip_report_clip") @implementation
public func actionclip_report_clip(
  _ report: OpaquePointer!, _ index: Int32, _ clip_out: UnsafeMutablePointer<actionclip_clip_report>!
) -> Int32 {
  write(report, to: clip_out, oldest: oldestClip, "clip_out") { (fit) throws(Failure) in
    let clip = fit.clips[try checkedIndex(index, below: fit.clips.count, "clips")]
    var row = actionclip_clip_report()
    (row.clip_id, row.label) = (clip.clip, Int32(clamping: clip.label))
    (row.best, row.best_by_words) = (Int32(clamping: clip.best), Int32(clamping: clip.bestByWords))
    row.is_suspect = clip.isSuspect ? 1 : 0
    (row.probability, row.best_probability) = (clip.probability, clip.bestProbability)
    row.margin = clip.margin
    row.has_duplicate = clip.duplicate == nil ? 0 : 1
    row.duplicate_id = clip.duplicate ?? 0
    row.duplicate_has_other_label = clip.hasOtherLabelInDuplicate ? 1 : 0
    return row
  }
}

@_cdecl("actionclip_report_confusion") @implementation
public func actionclip_report_confusion(
  _ report: OpaquePointer!, _ index: Int32,
  _ confusion_out: UnsafeMutablePointer<actionclip_confusion_report>!
) -> Int32 {
  write(report, to: confusion_out, oldest: oldestConfusion, "confusion_out") { (fit) throws(Failure) in
    let confusion = fit.confusions[try checkedIndex(index, below: fit.confusions.count, "confusions")]
    var row = actionclip_confusion_report()
    (row.first, row.second) = (Int32(clamping: confusion.first), Int32(clamping: confusion.second))
    row.clips = confusion.clips
    return row
  }
}

/// Writes to the caller the struct that `row` makes of a fit's report.
private func write<Row: BitwiseCopyable>(
  _ report: OpaquePointer?, to out: UnsafeMutablePointer<Row>?, oldest: Int, _ name: String,
  _ row: (FitReport) throws(Failure) -> Row
) -> Int32 {
  boundary { () throws(Failure) in
    let fit = try Handle.object(report, ClassifierReport.self).fit
    try SizedStruct.write(row(fit), to: out, oldest: oldest, name)
  }
}

/// Checks that an index is one of a report's `count` rows, which `name` names.
private func checkedIndex(_ index: Int32, below count: Int, _ name: String) throws(Failure) -> Int {
  guard index >= 0, Int(index) < count else {
    throw .argument("index is \(index), and the report has \(count) \(name)")
  }
  return Int(index)
}

@_cdecl("actionclip_report_label_text") @implementation
public func actionclip_report_label_text(_ report: OpaquePointer!, _ label: Int32) -> UnsafePointer<CChar>! {
  string(report, ClassifierReport.self) { $0.labels.cString(Int(label)) }
}

@_cdecl("actionclip_report_reason") @implementation
public func actionclip_report_reason(
  _ report: OpaquePointer!, _ text_out: UnsafeMutablePointer<CChar>!, _ text_capacity: Int,
  _ size_out: UnsafeMutablePointer<Int>!
) -> Int32 {
  write(report, to: text_out, text_capacity, size_out) { (report) throws(Failure) in report.fit.reason }
}

@_cdecl("actionclip_report_text") @implementation
public func actionclip_report_text(
  _ report: OpaquePointer!, _ text_out: UnsafeMutablePointer<CChar>!, _ text_capacity: Int,
  _ size_out: UnsafeMutablePointer<Int>!
) -> Int32 {
  write(report, to: text_out, text_capacity, size_out) { (report) throws(Failure) in try report.text() }
}

private func write(
  _ report: OpaquePointer?, to text_out: UnsafeMutablePointer<CChar>?, _ text_capacity: Int,
  _ size_out: UnsafeMutablePointer<Int>?, _ text: (ClassifierReport) throws(Failure) -> String
) -> Int32 {
  boundary { () throws(Failure) in
    let report = try Handle.object(report, ClassifierReport.self)
    let size = try required(size_out, "size_out")
    try writeText(text(report), to: text_out, capacity: text_capacity, size: size)
  }
}
