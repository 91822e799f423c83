import Adaptation
import Model
import Numerics
import System

extension Classifier {
  /// Fits the labels to the examples and returns the generation of the new list. The classifier stays fitted: when
  /// examples or labels change, the fit follows. On failure the classifier stays as it was.
  public func fit(_ options: FitOptions) throws(Failure) -> Int64 {
    try change { (state) throws(Failure) in
      if !state.isWithoutClips { try checkEnough(state) }
      var next = state
      next.options = options
      return try refitted(next, labels: state.list.set)
    }
  }

  /// Returns to the words, and keeps the examples. Returns the generation of the new list.
  public func unfit() throws(Failure) -> Int64 {
    try change { (state) throws(Failure) in
      var next = state
      next.options = nil
      next.isWithoutClips = false
      next.list = list(state.list.set, fit: nil, after: state.list)
      return next
    }
  }

  /// The state with these labels, in a list of the next generation, and fitted to the examples if the classifier is
  /// fitted.
  func refitted(_ state: ClassifierState, labels: LabelSet) throws(Failure) -> ClassifierState {
    guard !state.isWithoutClips else {
      throw Failure(
        .notEnoughExamples,
        "the classifier was loaded from a file without its clips, so it cannot be fitted again, nor can its labels or "
          + "clips change; unfit it to begin anew")
    }
    var next = state
    let fit = try state.options.map { (options) throws(Failure) in
      try fitted(labels, state.examples, options)
    }
    next.list = list(labels, fit: fit ?? nil, after: state.list)
    return next
  }

  func list(_ labels: LabelSet, fit: AdaptedClassifier?, after previous: LabelList) -> LabelList {
    LabelList(labels, encoding, fit: fit, generation: previous.generation + 1)
  }

  /// The fit of a state after examples of the label in column `label` were added to it. Clips of one view are taken in
  /// one by one, which costs a rank-one update each and keeps the choices of the latest fit. Clips of several views,
  /// and methods that cannot do so, take another fit.
  func updated(
    _ state: ClassifierState, with examples: ExampleSet, label: Int, _ options: FitOptions
  ) throws(Failure) -> AdaptedClassifier? {
    if var fit = state.list.fit, hasSingleViews(examples, from: state.examples) {
      var isDone = true
      for row in state.examples.count..<examples.count {
        try checkCancelled()
        guard let next = try fit.adding(row: examples.row(row), label: label) else {
          isDone = false
          break
        }
        fit = next
      }
      if isDone { return fit }
    }
    guard !state.isWithoutClips else {
      let method = state.list.fit?.method
      let most = method == .prototypes || method == .ridge ? "clips of one view only" : "no more clips"
      throw Failure(
        .notEnoughExamples,
        "the classifier was loaded from a file without its clips, and can take in \(most); unfit it to begin anew"
      )
    }
    return try fitted(state.list.set, examples, options)
  }

  /// Whether every row that was added to a set is a clip of its own.
  private func hasSingleViews(_ examples: ExampleSet, from before: ExampleSet) -> Bool {
    examples.clips.count - before.clips.count == examples.count - before.count
  }

  /// Fits labels to examples; nil if there are fewer than two labels, or no example of any. Examples of other labels
  /// play no part.
  private func fitted(
    _ labels: LabelSet, _ examples: ExampleSet, _ options: FitOptions
  ) throws(Failure) -> AdaptedClassifier? {
    guard let support = try support(examples, labels), labels.count > 1 else { return nil }
    return try AdaptedClassifier.fit(
      support, texts: encoding.meanTexts(labels), labelCount: labels.count,
      scale: Double(loaded.model.logitScale), options, pool: loaded.model.pool)
  }

  /// The examples of these labels; nil if there are none.
  private func support(_ examples: ExampleSet, _ labels: LabelSet) throws(Failure) -> Support? {
    let columns = try GrowingArray<Int>(uninitialized: examples.labels.count)
    for label in 0..<examples.labels.count {
      columns.base[label] = labels.column(of: examples.labels[label]) ?? -1
    }
    func column(_ row: Int) -> Int { columns.base[examples.clips[examples.clipOfRow[row]].label] }
    var count = 0
    for row in 0..<examples.count where column(row) >= 0 { count += 1 }
    guard count > 0 else { return nil }
    let size = examples.embeddingSize
    let rows = try FloatBuffer(count: product([count, size], "examples"))
    var rowLabels = try GrowingArray<Int>(capacity: count)
    var clips = try GrowingArray<Int64>(capacity: count)
    for row in 0..<examples.count where column(row) >= 0 {
      (rows.base + rowLabels.count * size).update(from: examples.row(row), count: size)
      try rowLabels.append(column(row))
      try clips.append(examples.clips[examples.clipOfRow[row]].id)
    }
    extendLifetime(columns)
    return Support(rows: rows, labels: rowLabels, clips: clips, embeddingSize: size)
  }

  private func checkEnough(_ state: ClassifierState) throws(Failure) {
    guard state.list.count > 1 else {
      throw Failure(
        .notEnoughExamples,
        "the classifier has one label, so there is nothing to learn: set two or more labels")
    }
    let (examples, labels) = (state.examples, state.list.set)
    let clips = examples.clips.count
    for clip in 0..<clips where labels.column(of: examples.label(of: examples.clips[clip])) != nil { return }
    throw Failure(
      .notEnoughExamples,
      clips == 0
        ? "the classifier has no examples: add a clip of one label or more, then fit"
        : "none of the \(clips) examples is of a present label: add a clip of one, then fit")
  }
}
