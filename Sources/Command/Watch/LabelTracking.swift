import CActionCLIP

/// Labels, what scores windows against them, and what turns the scores into events. Other labels replace all three at once.
final class LabelTracking {
  private(set) var labels: [String]
  private let classifier: Classifier
  /// Whether the classifier learned its labels from clips.
  private let isTaught: Bool
  private let scale: Float
  private let options: EventOptions
  private var tracker: Tracker
  /// Added to the tracker's numbers of events, so that no two events of a run have the same.
  private var firstNumber: Int64 = 0
  private var nextNumber: Int64 = 0

  init(_ classifier: Classifier, isTaught: Bool, scale: Float, _ options: EventOptions) throws {
    (self.classifier, self.isTaught, self.scale, self.options) = (classifier, isTaught, scale, options)
    labels = try classifier.labels
    tracker = try LabelTracking.tracker(classifier, isTaught, labels, options)
  }

  /// A taught label starts at no less than its own threshold.
  private static func tracker(
    _ classifier: Classifier, _ isTaught: Bool, _ labels: [String], _ options: EventOptions
  ) throws -> Tracker {
    let settings = try options.options(labels: labels)
    guard isTaught else { return try Tracker(labels: labels.count, settings) }
    let isIndependent = options.mode == .independent
    let thresholds =
      isIndependent
      ? try classifier.independentThresholds : try LabelScorer(classifier).thresholds.map(Double.init)
    let on = thresholds.map { isIndependent && options.on == nil ? $0 : max(settings.on, $0) }
    return try Tracker(
      labels: labels.count, settings, labelOn: on, labelOff: on.map { min(settings.off, $0) })
  }

  /// Scores the embedding of a window and adds the scores to the events' account.
  func add(_ window: actionclip_window, _ embedding: [Float]) throws -> [Float] {
    let scores =
      isTaught && options.mode == .independent
      ? try classifier.independentProbabilities(videos: embedding)
      : try classifier.probabilities(videos: embedding, scale: scale)
    try tracker.push(start: window.start_ns, end: window.end_ns, scores: scores)
    return scores
  }

  /// The next piece of news about an event.
  func next() throws(LibraryError) -> actionclip_event? {
    guard var event = try tracker.next() else { return nil }
    event.number += firstNumber
    nextNumber = max(nextNumber, event.number + 1)
    return event
  }

  /// Ends every event.
  func finish() throws(LibraryError) { try tracker.finish() }

  /// Takes other labels, known by their words. `endEvents` is called in between, after the open events have ended by the old ones.
  /// - Throws: an error, and everything stays as it was, unless `endEvents` throws it.
  func replace(_ labels: [String], endEvents: () throws -> Void) throws {
    let next = try Tracker(labels: labels.count, options.options(labels: labels))
    try classifier.set(labels: labels)
    try tracker.finish()
    try endEvents()
    (tracker, self.labels, firstNumber) = (next, labels, nextNumber)
  }
}
