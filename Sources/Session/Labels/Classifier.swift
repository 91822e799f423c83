import CGuest
import Model
import Numerics
import System

/// A model, templates, and labels with their embeddings, for scoring one video after another. Any number of threads may
/// score while one changes the labels.
public final class Classifier: Sendable {
  private let loaded: LoadedModel
  private let templates: TextList
  private let truncate: Bool
  private let current: Monitor<LabelList>

  /// Encodes labels in every template. A text that is too long is cut with `truncate`, otherwise an error.
  public init(
    _ loaded: LoadedModel, labels: TextList, templates: TextList, truncate: Bool
  ) throws(Failure) {
    self.loaded = loaded
    self.templates = templates
    self.truncate = truncate
    let none = try LabelSet(TextList(), texts: Classifier.buffer(0))
    let first = try Classifier.labelSet(labels, knowing: none, loaded, templates, truncate: truncate)
    current = Monitor(
      LabelList(
        first, templates: templates.count, embeddingSize: loaded.configuration.embeddingSize, generation: 1))
  }

  /// The present list of labels.
  public var labelList: LabelList { current.withLock { $0 } }

  /// Sets other labels and returns the generation of the new list. Only labels that the previous list lacks are
  /// encoded. On failure the previous list stays. If several threads set labels at once, the list that is ready last
  /// stays.
  public func set(_ labels: TextList) throws(Failure) -> Int64 {
    let next = try Classifier.labelSet(
      labels, knowing: labelList.set, loaded, templates, truncate: truncate)
    let generation: Int64? = current.withLock { current in
      let list = LabelList(
        next, templates: templates.count, embeddingSize: current.embeddingSize,
        generation: current.generation + 1)
      // If memory was refused, parts of the list lie in CGuest's reserve, which the call must give back.
      guard cguest_memory_was_refused() == 0 else { return nil }
      current = list
      return list.generation
    }
    guard let generation else { throw .outOfMemory("\(labels.count) labels") }
    return generation
  }

  private static func labelSet(
    _ labels: TextList, knowing known: LabelSet, _ loaded: LoadedModel, _ templates: TextList, truncate: Bool
  ) throws(Failure) -> LabelSet {
    // The column of each label's embedding: in `known`, or from known.count on in `unknown`.
    let columns = try GrowingArray<Int>(uninitialized: labels.count)
    let unknown = TextList()
    do throws(Failure) {
      var added = TextIndex()
      for label in 0..<labels.count {
        try checkCancelled()
        if let column = known.index.find(labels[label], in: known.labels) {
          columns.base[label] = column
        } else if let index = added.find(labels[label], in: unknown) {
          columns.base[label] = known.count + index
        } else {
          columns.base[label] = known.count + unknown.count
          try unknown.append(labels[label])
          _ = try added.insert(unknown.count - 1, of: unknown)
        }
      }
    } catch { throw error.kind == .outOfMemory ? .outOfMemory("\(labels.count) labels") : error }
    let texts = try embeddings(
      of: columns.view, knowing: known, unknown, loaded, templates, truncate: truncate)
    extendLifetime(unknown)
    do { return try LabelSet(labels, texts: texts) } catch { throw .outOfMemory("\(labels.count) labels") }
  }

  /// Gathers embeddings [templates, labels, E] for columns: those below known.count are of `known`, the others of
  /// `unknown`, whose labels are encoded here.
  private static func embeddings(
    of columns: UnsafeBufferPointer<Int>, knowing known: LabelSet, _ unknown: TextList,
    _ loaded: LoadedModel, _ templates: TextList, truncate: Bool
  ) throws(Failure) -> FloatBuffer {
    let size = loaded.configuration.embeddingSize
    let encoded = try buffer(product([templates.count, unknown.count, size], "labels"))
    if !unknown.isEmpty {
      try loaded.encode(labels: unknown.count, templates, truncate: truncate, to: encoded.base) {
        unknown[$0]
      }
    }
    let texts = try buffer(product([templates.count, columns.count, size], "labels"))
    for template in 0..<templates.count {
      for (label, column) in columns.enumerated() {
        let from =
          column < known.count
          ? known.texts.base + (template * known.count + column) * size
          : encoded.base + (template * unknown.count + column - known.count) * size
        (texts.base + (template * columns.count + label) * size).update(from: from, count: size)
      }
    }
    extendLifetime(encoded)
    return texts
  }

  private static func buffer(_ count: Int) throws(Failure) -> FloatBuffer {
    do { return try FloatBuffer(count: count) } catch {
      throw .outOfMemory("\(count) numbers of labels' embeddings")
    }
  }
}
