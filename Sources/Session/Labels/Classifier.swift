import CGuest
import Model
import Numerics
import System

/// A model, and labels with their embeddings, for scoring one video after another; it learns from examples. Any number
/// of threads may score while others change it.
public final class Classifier: Sendable {
  let encoding: LabelEncoding
  private let current: Monitor<ClassifierState>
  private let turns = Monitor(Turns())

  /// Encodes labels in every template; `weights` nil: equal weights. A text that is too long is cut with `truncate`,
  /// otherwise an error.
  public convenience init(
    _ loaded: LoadedModel, labels: TextList, templates: TextList, weights: TemplateWeights?, truncate: Bool
  ) throws(Failure) {
    let encoding = try LabelEncoding(loaded, templates: templates, weights: weights, truncate: truncate)
    try self.init(encoding, Classifier.labelSet(labels, from: [], encoding))
  }

  /// Encodes described labels. Their descriptions count whenever these labels are set again; labels without one get
  /// the mean over the model's own templates.
  public convenience init(
    _ loaded: LoadedModel, _ descriptions: Descriptions, truncate: Bool
  ) throws(Failure) {
    let encoding = try LabelEncoding(loaded, descriptions, truncate: truncate)
    // The set of described labels is there; the other way to make a first set is the initialiser above.
    if let first = encoding.described {
      try self.init(encoding, first)
    } else {
      throw Failure(.internal, "described labels have no embeddings")
    }
  }

  private convenience init(_ encoding: LabelEncoding, _ first: LabelSet) throws(Failure) {
    self.init(
      encoding,
      ClassifierState(
        list: LabelList(first, encoding, generation: 1),
        examples: try ExampleSet(embeddingSize: encoding.loaded.configuration.embeddingSize)))
  }

  init(_ encoding: LabelEncoding, _ state: ClassifierState) {
    self.encoding = encoding
    current = Monitor(state)
  }

  /// The present labels, examples and choices, which belong together.
  var state: ClassifierState { current.withLock { $0 } }

  /// The present list of labels.
  public var labelList: LabelList { state.list }

  /// Replaces the state by what `next` makes of it, and returns the generation of its list. Changes wait for each other
  /// in the order of their calls, so a long one is not passed by; reading waits for none. On failure the state stays.
  func change(_ next: (ClassifierState) throws(Failure) -> ClassifierState) throws(Failure) -> Int64 {
    let turn = turns.withLock { turns in
      turns.taken += 1
      return turns.taken
    }
    turns.wait(until: { $0.ended == turn - 1 }) { _ in }
    defer { turns.change { $0.ended = turn } }
    try checkCancelled()
    let after = try next(state)
    // If memory was refused, parts of the state lie in CGuest's reserve, which the call must give back.
    guard cguest_memory_was_refused() == 0 else { throw .outOfMemory("a changed classifier") }
    current.withLock { $0 = after }
    return after.list.generation
  }

  /// The numbers of changes that began and that ended.
  private struct Turns {
    var taken = 0
    var ended = 0
  }

  /// Sets other labels and returns the generation of the new list. Only labels that the previous list lacks are
  /// encoded. A classifier that was fitted is fitted again. On failure the previous list stays. If several threads set
  /// labels at once, the last one's stay.
  public func set(_ labels: TextList) throws(Failure) -> Int64 {
    let known = [encoding.described, labelList.set].compactMap { $0 }
    let next = try Classifier.labelSet(labels, from: known, encoding)
    return try change { (state) throws(Failure) in try refitted(state, labels: next) }
  }

  /// A label's embeddings: those in a column of a set.
  private struct Place {
    /// The embedding in the first template, [E].
    let first: UnsafePointer<Float>
    /// Floats from a template's embedding to the next one's.
    let stride: Int
  }

  /// Labels with their embeddings: copies of those in the `known` sets, the first that has the label, and the others
  /// encoded.
  private static func labelSet(
    _ labels: TextList, from known: [LabelSet], _ encoding: LabelEncoding
  ) throws(Failure) -> LabelSet {
    do throws(Failure) {
      let unknown = TextList()
      var added = TextIndex()
      for label in 0..<labels.count where !known.contains(where: { $0.column(of: labels[label]) != nil }) {
        try checkCancelled()
        guard added.find(labels[label], in: unknown) == nil else { continue }
        try unknown.append(labels[label])
        _ = try added.insert(unknown.count - 1, of: unknown)
      }
      let sets = known + [try LabelSet(unknown, texts: encoding.encode(unknown))]
      let size = encoding.loaded.configuration.embeddingSize
      let places = try GrowingArray<Place>(uninitialized: labels.count)
      for label in 0..<labels.count {
        for set in sets {
          guard let column = set.column(of: labels[label]) else { continue }
          places.base[label] = Place(first: set.texts.pointer + column * size, stride: set.count * size)
          break
        }
      }
      let texts = try encoding.loaded.labelBuffer(product([encoding.rows, labels.count, size], "labels"))
      for row in 0..<encoding.rows {
        for (label, place) in places.view.enumerated() {
          (texts.base + (row * labels.count + label) * size).update(
            from: place.first + row * place.stride, count: size)
        }
      }
      extendLifetime(sets)
      return try LabelSet(labels, texts: texts)
    } catch { throw error.kind == .outOfMemory ? .outOfMemory("\(labels.count) labels") : error }
  }
}
