import CActionCLIP

/// The options that the tracker of live events is made with.
struct TrackingOptions {
  let none: NoneLabel
  let events: EventOptions
  let live: LiveEventOptions
}

/// Labels, what scores windows against them, and what turns the scores into events. Other labels replace all three at
/// once.
final class LabelTracking {
  private(set) var labels: [String]
  /// Notes for the user about the present labels. Of the first ones, those that the model never learned are noted
  /// elsewhere.
  private(set) var notes: [String]
  private let model: Model
  private let classifier: Classifier
  /// Whether the classifier learned its labels from clips.
  private let isTaught: Bool
  private let scale: Float
  private let options: TrackingOptions
  private var tracker: Tracker
  /// The settings of the tracker.
  private var settings: TrackerSettings
  /// The end of the last window before the labels were taken, in nanoseconds. Windows count from then on.
  private var begin = Int64.min
  /// Added to the tracker's numbers of events, so that no two events of a run have the same.
  private var firstNumber: Int64 = 0
  private var nextNumber: Int64 = 0

  init(
    _ classifier: Classifier, of model: Model, isTaught: Bool, scale: Float, _ options: TrackingOptions
  ) throws {
    (self.classifier, self.model, self.isTaught) = (classifier, model, isTaught)
    (self.scale, self.options) = (scale, options)
    labels = try classifier.labels
    let settings = try LabelTracking.settings(isTaught ? classifier : nil, labels, options)
    tracker = try Tracker(labels: labels.count, settings)
    self.settings = settings
    notes = settings.notes
  }

  /// The settings of a tracker. A label of the classifier `taught` starts at no less than its own threshold.
  private static func settings(
    _ taught: Classifier?, _ labels: [String], _ options: TrackingOptions
  ) throws -> TrackerSettings {
    let isIndependent = options.live.mode == .independent
    let floors = try taught.map { isIndependent ? [] : try LabelScorer($0).thresholds } ?? []
    var settings = try options.events.tracker(for: labels, options.none, floors: floors)
    options.live.apply(to: &settings.options)
    if let taught, isIndependent, options.events.thresholds == nil {
      let on = settings.options.on
      settings.start(
        from: try taught.independentThresholds.map { options.events.on == nil ? $0 : max(on, $0) })
    }
    return settings
  }

  /// Scores the embedding of a window and adds the scores to the events' account.
  func add(_ window: actionclip_window, _ embedding: [Float]) throws -> [Float] {
    let scores =
      isTaught && options.live.mode == .independent
      ? try classifier.independentProbabilities(videos: embedding)
      : try classifier.probabilities(videos: embedding, scale: scale)
    try tracker.push(start: max(window.start_ns, begin), end: window.end_ns, scores: scores)
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

  /// Whether the file of thresholds says others than those in use.
  func haveThresholdsChanged() throws -> Bool {
    guard options.events.thresholds != nil else { return false }
    let now = try LabelTracking.settings(nil, labels, options)
    return now.on != settings.on || now.off != settings.off
  }

  /// Takes other labels, known by their words, from `time` on: the end of the last window. `endEvents` is called in
  /// between, after the open events have ended by the old ones.
  /// - Throws: an error, and everything stays as it was, unless `endEvents` throws it.
  func replace(_ labels: [String], at time: Int64, endEvents: () throws -> Void) throws {
    let settings = try LabelTracking.settings(nil, labels, options)
    let next = try Tracker(labels: labels.count, settings)
    let notes = try settings.notes + ModelNotes.unlearned(labels, model) + ModelNotes.alone(labels.count)
    try classifier.set(labels: labels)
    try tracker.finish()
    try endEvents()
    (tracker, self.labels, firstNumber, begin) = (next, labels, nextNumber, time)
    self.settings = settings
    self.notes = notes
  }
}
