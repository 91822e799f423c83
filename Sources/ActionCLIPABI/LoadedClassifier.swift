import CActionCLIP
import Model
import Numerics

/// What an actionclip_classifier handle holds: a model, templates, and a list of labels with the embeddings that
/// were made of them.
final class LoadedClassifier: HandleObject, Sendable {
  static let magic: UInt64 = 0x4143_4C49_5063_6C73  // "ACLIPcls"
  static let name = "classifier"

  let loaded: LoadedModel
  private let templates: [String]
  private let truncate: Bool
  private let current: Guarded<LabelList>

  /// Labels and their embeddings, which never change: whoever scores with them goes on while others take
  /// their place.
  final class LabelSet: Sendable {
    /// By its bytes: as text, labels that are spelled in other characters would be one.
    fileprivate let places: [[UInt8]: Int]
    let count: Int
    let labels: CStrings
    let texts: FloatBuffer  // [templates, labels, E]

    fileprivate init(_ labels: [String], texts: FloatBuffer) throws(Failure) {
      self.labels = try CStrings(labels)
      places = Dictionary(
        labels.enumerated().map { (Array($0.element.utf8), $0.offset) },
        uniquingKeysWith: { first, _ in first })
      count = labels.count
      self.texts = texts
    }
  }

  init(
    _ loaded: LoadedModel, labels: [String], templates: [String], truncate: Bool
  ) throws(Failure) {
    self.loaded = loaded
    self.templates = templates
    self.truncate = truncate
    let none = try LabelSet([], texts: try LoadedClassifier.buffer(0))
    let first = try LoadedClassifier.labelSet(labels, knowing: none, loaded, templates, truncate: truncate)
    current = Guarded(LabelList(first, of: loaded, templates: templates.count, generation: 1))
  }

  var labelList: LabelList { current.withLock { $0 } }

  /// Another list. Labels that the list before had keep their embeddings; the others are encoded. What was
  /// there stays if that fails. Of lists set at the same time the last one to be ready stays.
  ///
  /// Returns the new list's generation.
  func set(_ labels: [String]) throws(Failure) -> Int64 {
    let next = try LoadedClassifier.labelSet(
      labels, knowing: labelList.set, loaded, templates, truncate: truncate)
    return current.withLock { current in
      let generation = current.generation + 1
      current = LabelList(next, of: loaded, templates: templates.count, generation: generation)
      return generation
    }
  }

  private static func labelSet(
    _ labels: [String], knowing known: LabelSet, _ loaded: LoadedModel, _ templates: [String], truncate: Bool
  ) throws(Failure) -> LabelSet {
    let size = loaded.configuration.embeddingSize
    var unknown: [String] = []
    // For each label a column of the set before, or beyond its columns one of those to be encoded.
    var columns: [Int] = []
    var added: [[UInt8]: Int] = [:]
    for label in labels {
      try checkCancelled()
      let key = Array(label.utf8)
      if let place = known.places[key] ?? added[key] {
        columns.append(place)
      } else {
        columns.append(known.count + unknown.count)
        added[key] = known.count + unknown.count
        unknown.append(label)
      }
    }
    let fresh = try buffer(product([templates.count, unknown.count, size], "labels"))
    if !unknown.isEmpty {
      try encode(loaded, labels: unknown.count, templates, truncate: truncate, to: fresh.base) {
        (index) throws(Failure) in unknown[index]
      }
    }
    let texts = try buffer(product([templates.count, labels.count, size], "labels"))
    for template in templates.indices {
      for (place, column) in columns.enumerated() {
        let from =
          column < known.count
          ? known.texts.base + (template * known.count + column) * size
          : fresh.base + (template * unknown.count + column - known.count) * size
        (texts.base + (template * labels.count + place) * size).update(from: from, count: size)
      }
    }
    extendLifetime(fresh)
    return try LabelSet(labels, texts: texts)
  }

  private static func buffer(_ count: Int) throws(Failure) -> FloatBuffer {
    do throws(NumericsError) { return try FloatBuffer(count: count) } catch {
      throw .outOfMemory("\(count) numbers of labels' embeddings")
    }
  }
}
