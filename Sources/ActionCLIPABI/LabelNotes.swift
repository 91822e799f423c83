import CActionCLIP
import System
import ModelFile
import Text
import Tokenizer

// Notes on labels that a model with a small vocabulary never learned.

enum LabelNotes {
  /// CLIP's own, whose pieces of words are not for want of knowing them.
  private static let clipVocabulary = 49408
  /// A model of few words names few labels.
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

  /// One line about a label, "" where there is nothing to say; without a label about the model.
  static func text(_ loaded: LoadedModel, _ label: UnsafeBufferPointer<UInt8>?) throws(Failure) -> String {
    guard loaded.knowsItsWords, let tokenizer = loaded.tokenizer else { return "" }
    let knows = loaded.metadata.note("description").map { " (\(printable($0, limit: 300)))" } ?? ""
    let advice = "for real actions load other weights, such as openai/clip-vit-base-patch16"
    guard let label else {
      return
        "this model knows only the words that it learned with its \(loaded.metadata.labels.count) labels\(knows); \(advice)"
    }
    let unknown = try wordsInPieces(of: label, tokenizer)
    if !unknown.isEmpty {
      let words = unknown.map { quoted($0.utf8) }.joined(separator: ", ")
      return
        "\(quoted(label, limit: 60)): this model never learned \(words)\(knows), so its answer means nothing; "
        + advice
    }
    let labels = loaded.metadata.labels
    if try tokenizer.isSame(label, asOneOf: labels.count, { labels[$0] }) { return "" }
    return
      "\(quoted(label, limit: 60)) is none of the \(labels.count) labels of this model\(knows); it knows "
      + "the words, and its answer is less sure than for a label of its own"
  }

  /// The first of a text's words that are not whole in the vocabulary.
  private static func wordsInPieces(
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

@_cdecl("actionclip_model_label_note") @implementation
public func actionclip_model_label_note(
  _ model: OpaquePointer!, _ label: UnsafePointer<CChar>!, _ text_out: UnsafeMutablePointer<CChar>!,
  _ text_capacity: Int, _ text_size_out: UnsafeMutablePointer<Int>!
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let capacity = text_capacity == 0 ? 0 : try count(text_capacity, "text_capacity")
    let size = try required(text_size_out, "text_size_out")
    let label = try label.map { (label) throws(Failure) in try bytes(label, "label") }
    try writeText(LabelNotes.text(loaded, label), to: text_out, capacity: capacity, size: size)
  }
}
