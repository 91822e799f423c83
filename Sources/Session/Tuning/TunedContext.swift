import Model
import Numerics
import System
import TensorNames
import Tokenizer

/// The context vectors that a tuner trains (CoOp, Zhou et al. 2022, arXiv 2109.01134), and the templates that they stand
/// in.
struct TunedContext {
  /// The template of context vectors where none is given.
  static let template = ContextMarker.text + " {}"

  let templates: TextList
  /// The numbers that training starts with, [K, X]; nil: the model's own.
  let numbers: FloatBuffer?
  /// Whether these are embeddings of words, so that the mean of them and the trained ones has a meaning.
  let isFromWords: Bool

  /// Templates with a marker are taken as they are, and vectors that start anew are then drawn at random. If none has
  /// one, the only template is `template`, and vectors start as the words before the label in the first template that
  /// has `count` tokens there.
  init(_ loaded: LoadedModel, count: Int, templates: TextList, seed: UInt64) throws(Failure) {
    let c = loaded.configuration
    guard count <= c.contextLength - 3 else {
      throw .argument(
        "contexts is \(count), and a prompt of \(c.contextLength) tokens has room for \(c.contextLength - 3) "
          + "beside its label")
    }
    guard c.contextVectors == 0 || c.contextVectors == count else {
      throw Failure(
        .optionConflict,
        "contexts is \(count), and the model has \(c.contextVectors) context vectors: train as many, or none with 0"
      )
    }
    let hasMarkers = (0..<templates.count).contains { ContextMarker.isIn(templates[$0]) }
    self.templates = hasMarkers ? templates : try TextList([TunedContext.template])
    guard c.contextVectors == 0 else {
      (numbers, isFromWords) = (nil, true)
      return
    }
    let start = try FloatBuffer(count: product([count, c.textWidth], "contexts"))
    isFromWords = hasMarkers ? false : try TunedContext.copyWords(of: templates, count, loaded, to: start)
    if !isFromWords { StartedContext.draw(start, seed: seed) }
    numbers = start
  }

  /// Writes the embeddings of the words before the label in the first template that has `count` tokens there. False: no
  /// template has.
  private static func copyWords(
    of templates: TextList, _ count: Int, _ loaded: LoadedModel, to start: FloatBuffer
  ) throws(Failure) -> Bool {
    let tokenizer = try loaded.requiredTokenizer()
    let table = loaded.model.parameters.first { $0.name == TensorNames.Text.tokenEmbedding }
    guard let rows = try table?.values() else { return false }
    let width = loaded.configuration.textWidth
    var isFound = false
    for index in 0..<templates.count where !isFound {
      let template = templates[index]
      let words = UnsafeBufferPointer(
        rebasing: template[..<(try PromptTemplates.placeholderOffset(in: template))])
      try tokenizer.encode(words) { (ids) throws(Failure) in
        guard ids.count == count else { return }
        for (place, id) in ids.enumerated() {
          (start.base + place * width).update(from: rows.base + Int(id) * width, count: width)
        }
        isFound = true
      }
    }
    extendLifetime(rows)
    return isFound
  }
}
