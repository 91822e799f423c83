import ModelFile
import System
import Text
import Tokenizer

/// Notes on labels that a model with a small vocabulary never learned.
enum LabelNotes {
  /// The size of CLIP's vocabulary. A model that has it knows words that it spells in pieces, too.
  private static let clipVocabulary = 49408
  /// The most labels of a model whose vocabulary is looked at: a model of few words names few labels.
  private static let maximumLabels = 1024
  private static let maximumWords = 4

  /// Whether a model's vocabulary tells which words it learned (`LoadedModel.knowsItsWords`).
  static func areToldByVocabulary(_ tokenizer: Tokenizer?, _ labels: TextList) throws(Failure) -> Bool {
    guard let tokenizer, tokenizer.vocabularySize < clipVocabulary, (1...maximumLabels).contains(labels.count)
    else { return false }
    for index in 0..<labels.count {
      guard try wordsInPieces(of: labels[index], tokenizer).isEmpty else { return false }
    }
    return true
  }

  /// The first of a text's words that are not whole in the vocabulary.
  static func wordsInPieces(
    of text: UnsafeBufferPointer<UInt8>, _ tokenizer: Tokenizer
  ) throws(Failure) -> [String] {
    var found: [String] = []
    try tokenizer.forEachWord(of: text) { word, isWhole in
      if !isWhole, !found.contains(word) { found.append(word) }
      return found.count < maximumWords
    }
    return found
  }
}

extension LoadedModel {
  /// One line about a label that the model does not know, "" where there is nothing to say; without a label one line
  /// about the model.
  public func note(onLabel label: UnsafeBufferPointer<UInt8>?) throws(Failure) -> String {
    guard knowsItsWords, let tokenizer else { return "" }
    let knows = metadata.note("description").map { " (\(printable($0, limit: 300)))" } ?? ""
    let advice = "for real actions load other weights, such as openai/clip-vit-base-patch16"
    guard let label else {
      return
        "this model knows only the words that it learned with its \(metadata.labels.count) labels\(knows); \(advice)"
    }
    let unknown = try LabelNotes.wordsInPieces(of: label, tokenizer)
    if !unknown.isEmpty {
      let words = unknown.map { quoted($0.utf8) }.joined(separator: ", ")
      return
        "\(quoted(label, limit: 60)): this model never learned \(words)\(knows), so its answer means nothing; "
        + advice
    }
    let labels = metadata.labels
    if try tokenizer.isSame(label, asOneOf: labels.count, { labels[$0] }) { return "" }
    return
      "\(quoted(label, limit: 60)) is none of the \(labels.count) labels of this model\(knows); it knows "
      + "the words, and its answer is less sure than for a label of its own"
  }
}
