import CGuest
import Model
import Numerics
import System

/// A model, templates, and a list of labels with the embeddings that were made of them. Any number of threads may score
/// with it while its labels are changed.
public final class Classifier: Sendable {
  private let loaded: LoadedModel
  private let templates: TextList
  private let truncate: Bool
  private let current: Monitor<LabelList>

  /// Encodes labels in every template. Texts that are too long are cut if `truncate`, else refused.
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

  /// The list of the moment.
  public var labelList: LabelList { current.withLock { $0 } }

  /// Sets another list and returns its generation. Labels that the list before had keep their embeddings; the others
  /// are encoded. The list before stays if that fails. Of lists set at the same time the last one to be ready stays.
  public func set(_ labels: TextList) throws(Failure) -> Int64 {
    let next = try Classifier.labelSet(
      labels, knowing: labelList.set, loaded, templates, truncate: truncate)
    let generation: Int64? = current.withLock { current in
      let list = LabelList(
        next, templates: templates.count, embeddingSize: current.embeddingSize,
        generation: current.generation + 1)
      // It is kept beyond the call, so it may not be made of memory that is lent to the call alone (CGuest's reserve).
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
    // For each label a column of the set before, or beyond its columns one of those to be encoded.
    let columns = try GrowingArray<Int>(uninitialized: labels.count)
    let unknown = TextList()
    do throws(Failure) {
      var added = TextIndex()
      for index in 0..<labels.count {
        try checkCancelled()
        if let column = known.places.find(labels[index], in: known.labels) {
          columns.base[index] = column
        } else if let place = added.find(labels[index], in: unknown) {
          columns.base[index] = known.count + place
        } else {
          columns.base[index] = known.count + unknown.count
          try unknown.append(labels[index])
          _ = try added.insert(unknown.count - 1, of: unknown)
        }
      }
    } catch { throw error.kind == .outOfMemory ? .outOfMemory("\(labels.count) labels") : error }
    let texts = try embeddings(
      of: columns.view, knowing: known, unknown, loaded, templates, truncate: truncate)
    extendLifetime(unknown)
    do { return try LabelSet(labels, texts: texts) } catch { throw .outOfMemory("\(labels.count) labels") }
  }

  /// [templates, labels, E]: for each column an embedding of `known`, or beyond those one of `unknown`.
  private static func embeddings(
    of columns: UnsafeBufferPointer<Int>, knowing known: LabelSet, _ unknown: TextList,
    _ loaded: LoadedModel, _ templates: TextList, truncate: Bool
  ) throws(Failure) -> FloatBuffer {
    let size = loaded.configuration.embeddingSize
    let fresh = try buffer(product([templates.count, unknown.count, size], "labels"))
    if !unknown.isEmpty {
      try loaded.encode(labels: unknown.count, templates, truncate: truncate, to: fresh.base) { unknown[$0] }
    }
    let texts = try buffer(product([templates.count, columns.count, size], "labels"))
    for template in 0..<templates.count {
      for (place, column) in columns.enumerated() {
        let from =
          column < known.count
          ? known.texts.base + (template * known.count + column) * size
          : fresh.base + (template * unknown.count + column - known.count) * size
        (texts.base + (template * columns.count + place) * size).update(from: from, count: size)
      }
    }
    extendLifetime(fresh)
    return texts
  }

  private static func buffer(_ count: Int) throws(Failure) -> FloatBuffer {
    do { return try FloatBuffer(count: count) } catch {
      throw .outOfMemory("\(count) numbers of labels' embeddings")
    }
  }
}
