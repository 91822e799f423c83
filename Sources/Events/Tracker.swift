import System

/// Turns the scores of windows, as they come, into events of labels. Results depend on the windows alone: a replay gives
/// the same ones. All memory is taken when a tracker is made. Any number of threads may use one: calls take turns.
public final class Tracker: Sendable {
  private let state: Monitor<TrackerState>
  private let options: TrackerOptions
  private let hasThresholdsOfLabels: Bool

  /// - Parameters:
  ///   - on: the threshold of each label for starting, in place of the option; nil: the option for all.
  ///   - off: the threshold of each label for ending, in place of the option; nil: the option for all.
  public init(
    labelCount: Int, _ options: TrackerOptions, on: UnsafePointer<Double>?, off: UnsafePointer<Double>?
  ) throws(Failure) {
    self.options = options
    hasThresholdsOfLabels = on != nil || off != nil
    let state = try TrackerState(labelCount: labelCount, options)
    if hasThresholdsOfLabels {
      for label in 0..<labelCount {
        try state.setThresholds(of: label, on: on?[label] ?? options.on, off: off?[label] ?? options.off)
      }
    }
    self.state = Monitor(state)
  }

  /// Takes the scores of a window, as many as there are labels. Throws, and takes nothing, if the times do not follow
  /// those before, a score is not finite, or too many events wait.
  public func push(_ window: WindowTime, _ scores: UnsafePointer<Float>, count: Int) throws(Failure) {
    try state.withLock { (state) throws(Failure) in
      guard count == state.labelCount else {
        throw .argument("label_count is \(count), and the tracker has \(state.labelCount) labels")
      }
      try state.push(window, scores)
    }
  }

  /// Takes the event that has waited longest; nil if none waits.
  public func next() -> Event? { state.withLock { $0.next() } }

  /// Ends every event with the latest window.
  public func finish() { state.withLock { $0.finish() } }

  /// Forgets every window and event, and goes on with `labelCount` labels.
  public func reset(labelCount: Int) throws(Failure) {
    try state.withLock { (state) throws(Failure) in
      if labelCount == state.labelCount { return state.reset() }
      guard !hasThresholdsOfLabels else {
        throw .argument(
          "label_count is \(labelCount), and the tracker has thresholds for \(state.labelCount) labels:"
            + " make another one"
        )
      }
      state = try TrackerState(labelCount: labelCount, options)
    }
  }
}
