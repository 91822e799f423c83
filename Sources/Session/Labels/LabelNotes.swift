import ModelFile
import System
import Text
import Tokenizer

/// Finds the words that a model with a small vocabulary never learned.
enum LabelNotes {
  /// The size of CLIP's vocabulary. A model that has it also knows words that it splits into several tokens.
  private static let clipVocabulary = 49408
  /// The limit on labels of a model whose vocabulary is examined: a model of few words names few labels.
  private static let maxLabels = 1024
  private static let maxWords = 4

  /// Whether the vocabulary shows which words a model learned: it is smaller than CLIP's, and every word of the model's
  /// `labels` is one token.
  static func vocabularyShowsWords(_ tokenizer: Tokenizer?, _ labels: TextList) throws(Failure) -> Bool {
    guard let tokenizer, !tokenizer.isOfPieces, tokenizer.vocabularySize < clipVocabulary,
      (1...maxLabels).contains(labels.count)
    else { return false }
    for index in 0..<labels.count {
      guard try unknownWords(in: labels[index], tokenizer).isEmpty else { return false }
    }
    return true
  }

  /// The words of a text, at most four, that are not single tokens of the vocabulary.
  static func unknownWords(
    in text: UnsafeBufferPointer<UInt8>, _ tokenizer: Tokenizer
  ) throws(Failure) -> [String] {
    var found: [String] = []
    try tokenizer.forEachWord(of: text) { word, isWhole in
      if !isWhole, !found.contains(word) { found.append(word) }
      return found.count < maxWords
    }
    return found
  }
}

extension LoadedModel {
  /// One line for people about a label that the model does not know; "" if there is nothing to say. With `label` nil
  /// the line is about the model.
  public func note(onLabel label: UnsafeBufferPointer<UInt8>?) throws(Failure) -> String {
    guard knowsItsWords, let tokenizer else { return "" }
    let labels = metadata.labels
    let subject = metadata.note("description").map { " (\(printable($0, limit: 300)))" } ?? ""
    let advice = "for other actions load other weights, such as openai/clip-vit-base-patch16"
    guard let label else {
      return
        "this model knows only the words that it was trained on, with \(labels.count) labels\(subject); \(advice)"
    }
    let name = quoted(label, limit: 60)
    let unknown = try LabelNotes.unknownWords(in: label, tokenizer)
    if !unknown.isEmpty {
      let words = unknown.map { quoted($0.utf8) }.joined(separator: ", ")
      return "\(name): this model never learned \(words)\(subject), so its score is meaningless; \(advice)"
    }
    if try tokenizer.isSame(label, asOneOf: labels.count, { labels[$0] }) { return "" }
    return
      "\(name) is none of the \(labels.count) labels of this model\(subject): the model knows the words, but its "
      + "score is less reliable"
  }
}
