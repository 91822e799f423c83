import ArgumentParser
import CActionCLIP

/// Finding the segments of a list's videos, and judging them by the list's.
extension Eval {
  /// Refuses options that are for segments without --segments, and with it those that are for whole videos.
  func checkSegments() throws {
    guard segments else {
      if let option = segmentOptions.first { throw ValidationError("\(option.name) is for --segments.") }
      return
    }
    try finding.refuse(events)
    let others = [("--views", !views.isSingle), ("--predictions", predictions != nil)]
    if let other = others.first(where: \.1) {
      throw ValidationError("Give --segments or \(other.0), not both: windows are what is scored.")
    }
  }

  /// Finds segments in every video as timeline does, and judges them by the list's.
  func judgeSegments(_ set: LabelledSet, _ notes: ModelNotes) throws -> (EvalReport.Metrics, Tally) {
    let annotated = try AnnotatedVideos(set.videos, named: listed.list.shown)
    let settings = try finding.settings(for: set.scorer, none, events)
    notes.tell()
    for note in settings.tracker?.notes ?? [] { Diagnostics.warning(note) }
    let windows = sliding.windows(of: set.model, scoring.resize, isLive: finding.method == .hysteresis)
    let count = set.scorer.labels.count
    var tally = Tally()
    var found = [[SegmentMetrics.Found]](repeating: [], count: count)
    var listed = [[SegmentMetrics.Segment]](repeating: [], count: count)
    var progress = Progress(total: annotated.videos.count)
    for (place, video) in annotated.videos.enumerated() {
      let outcome = try video.row.attempt(in: set.videos.root) { (path) throws(LibraryError) in
        try Video.open(path, opening, video.row.frames) {
          (opened) throws(LibraryError) in
          let scores = try windows.scores(of: opened, by: set.scorer)
          let outline = try opened.outline()
          let segments = try settings.segments(
            starts: scores.starts, ends: scores.ends, scores: scores.scores, labels: count)
          let seen = segments.map { VideoTimeline.Segment($0, duration: outline.duration) }
          return ((segments: seen, duration: outline.duration), outline.damaged_frames)
        }
      }
      tally.add(video.row, outcome)
      progress.step()
      guard let seen = outcome.value else { continue }
      for segment in seen.segments {
        guard let label = segment.label else { continue }
        found[label].append(
          .init(
            segment: .init(video: place, start: segment.start, end: segment.end), score: segment.probability))
      }
      for part in video.parts where part.label != Int(settings.noneLabel) {
        listed[part.label].append(
          .init(video: place, start: part.span.start, end: min(part.span.end, seen.duration)))
      }
    }
    Progress.clear()
    return (.segments(SegmentMetrics(found: found, listed: listed)), tally)
  }

  /// The options for segments that were given.
  private var segmentOptions: [GivenOption] { finding.given + sliding.given + none.given + events.given }

  /// The part of a report's setting that is about segments: the method, the windows, the none label, and whatever
  /// other option was given.
  var segmentSetting: [JSONValue.Member] {
    guard segments else { return [] }
    let usual: [JSONValue.Member] = [
      .init(key: "method", value: .string(finding.method.rawValue)),
      .init(key: "window", value: sliding.window.map { .double($0) } ?? .null),
      .init(key: "step", value: sliding.step.map { .double($0) } ?? .null),
      .init(key: "none", value: none.none.map { .string($0) } ?? .null),
    ]
    let known = Set(usual.map(\.key))
    return usual + segmentOptions.map(\.member).filter { !known.contains($0.key) }
  }
}
