import CActionCLIP
import CGuest
import CShims
import System
import Model
import Numerics

/// What an actionclip_classifier handle holds: a model, templates, and a list of labels with the embeddings that
/// were made of them.
final class LoadedClassifier: HandleObject, Sendable {
  static let magic: UInt64 = 0x4143_4C49_5063_6C73  // "ACLIPcls"
  static let name = "classifier"

  let loaded: LoadedModel
  private let templates: TextList
  private let truncate: Bool
  private let current: Guarded<LabelList>

  /// Labels and their embeddings, which never change: whoever scores with them goes on while others take
  /// their place.
  final class LabelSet: Sendable {
    let labels: TextList
    fileprivate let places: TextIndex
    let texts: FloatBuffer  // [templates, labels, E]

    var count: Int { labels.count }

    fileprivate init(_ labels: TextList, texts: FloatBuffer) throws(Failure) {
      self.labels = labels
      self.texts = texts
      places = try TextIndex(labels)
    }
  }

  init(
    _ loaded: LoadedModel, labels: TextList, templates: TextList, truncate: Bool
  ) throws(Failure) {
    self.loaded = loaded
    self.templates = templates
    self.truncate = truncate
    let none: LabelSet
    let nothing = try LoadedClassifier.buffer(0)
    none = try LabelSet(TextList(), texts: nothing)
    let first = try LoadedClassifier.labelSet(labels, knowing: none, loaded, templates, truncate: truncate)
    current = Guarded(LabelList(first, of: loaded, templates: templates.count, generation: 1))
  }

  var labelList: LabelList { current.withLock { $0 } }

  /// Another list. Labels that the list before had keep their embeddings; the others are encoded. What was
  /// there stays if that fails. Of lists set at the same time the last one to be ready stays.
  ///
  /// Returns the new list's generation.
  func set(_ labels: TextList) throws(Failure) -> Int64 {
    let next = try LoadedClassifier.labelSet(
      labels, knowing: labelList.set, loaded, templates, truncate: truncate)
    let generation: Int64? = current.withLock { current in
      let list = LabelList(next, of: loaded, templates: templates.count, generation: current.generation + 1)
      // Kept beyond the call: not of memory that is lent to it (`Handle.make`).
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
    try withBuffer(Int.self, count: labels.count, for: "\(labels.count) labels") {
      (columns) throws(Failure) in
      let unknown = TextList()
      var added = TextIndex()
      for (index, label) in (0..<labels.count).lazy.map({ ($0, labels[$0]) }) {
        try checkCancelled()
        if let column = known.places.find(label, in: known.labels) {
          columns[index] = column
        } else if let place = added.find(label, in: unknown) {
          columns[index] = known.count + place
        } else {
          columns[index] = known.count + unknown.count
          do throws(Failure) {
            try unknown.append(label)
            _ = try added.insert(unknown.count - 1, of: unknown)
          } catch { throw .outOfMemory("\(labels.count) labels") }
        }
      }
      let texts = try embeddings(of: columns, knowing: known, unknown, loaded, templates, truncate: truncate)
      extendLifetime(unknown)
      do throws(Failure) { return try LabelSet(labels, texts: texts) } catch {
        throw .outOfMemory("\(labels.count) labels")
      }
    }
  }

  /// [templates, labels, E]: for each column an embedding of `known`, or beyond those one of `unknown`.
  private static func embeddings(
    of columns: UnsafeMutableBufferPointer<Int>, knowing known: LabelSet, _ unknown: TextList,
    _ loaded: LoadedModel, _ templates: TextList, truncate: Bool
  ) throws(Failure) -> FloatBuffer {
    let size = loaded.configuration.embeddingSize
    let fresh = try buffer(product([templates.count, unknown.count, size], "labels"))
    if !unknown.isEmpty {
      try encode(loaded, labels: unknown.count, templates, truncate: truncate, to: fresh.base) {
        (index) throws(Failure) in unknown[index]
      }
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
    do throws(NumericsError) { return try FloatBuffer(count: count) } catch {
      throw .outOfMemory("\(count) numbers of labels' embeddings")
    }
  }
}
