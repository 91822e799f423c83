import System

/// The states that a moment of a file can be in, and which one may follow which. Of equally good states the one with the
/// smaller number is taken.
struct StateGraph: ~Copyable {
  struct State: BitwiseCopyable {
    /// Index of the label; -1: none.
    var label: Int
    /// Place in the list of steps; -1: it is no step.
    var step = -1
    /// Whether a file may begin with the state.
    var isFirst = true
    /// Whether a file may end with the state.
    var isLast = true
  }

  private(set) var states = GrowingArray<State>()
  /// Steps in their order: whether each may be missing. Empty where any state may follow any other.
  private var optional = GrowingArray<Bool>()
  private let isOrdered: Bool
  private let hasNone: Bool

  /// Every label, and none if there is a score for it; any other state may follow each.
  init(labelCount: Int, _ options: SegmentOptions) throws(Failure) {
    (isOrdered, hasNone) = (false, options.hasNone)
    if hasNone { try states.append(State(label: -1)) }
    for label in 0..<labelCount where label != options.noneLabel { try states.append(State(label: label)) }
  }

  /// Steps, each once and in their order. State 2 k is none before step k, if there is a score for it, and 2 k + 1 is
  /// step k.
  init(
    steps: UnsafeBufferPointer<Int32>, optional isOptional: UnsafePointer<Int32>?, _ options: SegmentOptions
  ) throws(Failure) {
    (isOrdered, hasNone) = (true, options.hasNone)
    for step in 0..<steps.count { try optional.append(isOptional.map { $0[step] != 0 } ?? false) }
    var lastNeeded = -1
    for step in 0..<steps.count where !optional[step] { lastNeeded = step }
    var maySkip = true  // every step so far is optional
    for step in 0...steps.count {
      try states.append(State(label: -1, isFirst: hasNone && step == 0, isLast: step > lastNeeded))
      guard step < steps.count else { break }
      try states.append(
        State(label: Int(steps[step]), step: step, isFirst: maySkip, isLast: step >= lastNeeded))
      maySkip = maySkip && optional[step]
    }
  }

  var count: Int { states.count }

  /// Finds for each state the best other state that may follow it; -1: none may.
  /// - Parameters:
  ///   - values: the total from here on of beginning each state here. [states]
  ///   - next: gets the best state. [states]
  func follow(_ values: UnsafePointer<Double>, to next: UnsafeMutablePointer<Int32>) {
    if isOrdered { followSteps(values, to: next) } else { followAny(values, to: next) }
  }

  private func followAny(_ values: UnsafePointer<Double>, to next: UnsafeMutablePointer<Int32>) {
    var (best, second) = (-1, -1)
    for state in 0..<count {
      if best < 0 || values[state] > values[best] {
        (best, second) = (state, best)
      } else if second < 0 || values[state] > values[second] {
        second = state
      }
    }
    for state in 0..<count { next[state] = Int32(state == best ? second : best) }
  }

  private func followSteps(_ values: UnsafePointer<Double>, to next: UnsafeMutablePointer<Int32>) {
    var entered = -1  // the best step to begin, of those that may come next
    for step in stride(from: optional.count, through: 0, by: -1) {
      if step < optional.count {
        let own = 2 * step + 1
        // After this step: a later one, or none before it.
        let none = own + 1
        let isNone = hasNone && (entered < 0 || values[none] >= values[entered])
        next[own] = Int32(isNone ? none : entered)
        if !optional[step] || entered < 0 || values[own] >= values[entered] { entered = own }
      }
      next[2 * step] = Int32(entered)
    }
  }
}

extension SegmentOptions {
  fileprivate var hasNone: Bool { noneLabel != nil || noneScore > -.infinity }
}
