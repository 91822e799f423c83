import Model
import Numerics
import System
import Text
import Tokenizer

/// Texts that describe labels, one or more for each, with weights. The pointers are the caller's and are borrowed.
public struct Descriptions {
  let labels: TextList
  let texts: TextList
  /// The index of each text's label, [texts].
  private let labelOfText: UnsafePointer<Int32>
  /// The weight of each text among those of its label, [texts]; nil: equal weights.
  private let weights: UnsafePointer<Float>?

  /// Takes texts, with the index of each one's label. Throws unless every label has a text of a weight above 0.
  public init(
    of labels: TextList, texts: TextList, labelOfText: UnsafePointer<Int32>, weights: UnsafePointer<Float>?
  ) throws(Failure) {
    (self.labels, self.texts) = (labels, texts)
    (self.labelOfText, self.weights) = (labelOfText, weights)
    var hasText = try GrowingArray<Bool>(repeating: false, count: labels.count)
    for text in 0..<texts.count {
      let label = Int(labelOfText[text])
      guard (0..<labels.count).contains(label) else {
        throw .argument("label_of_text[\(text)] is \(label), expected 0 to \(labels.count - 1)")
      }
      let weight = weights?[text] ?? 1
      guard weight.isFinite, weight >= 0 else {
        throw .argument("weights[\(text)] is \(weight), expected a finite number, 0 or more")
      }
      if weight > 0 { hasText[label] = true }
    }
    for label in 0..<labels.count where !hasText[label] {
      throw .argument(
        "labels[\(label)], \(quoted(labels[label], limit: 60)), has no text of a weight above 0")
    }
  }

  func label(of text: Int) -> Int { Int(labelOfText[text]) }
  func weight(of text: Int) -> Float { weights?[text] ?? 1 }
}

extension LoadedModel {
  /// Encodes described labels to `out` [labels, E], written on success only: the weighted mean of the embeddings of
  /// each label's texts, each of unit length, scaled to unit length. A text with "{}" has the label put there.
  public func encode(
    _ descriptions: Descriptions, truncate: Bool, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    guard !model.textsDependOnVideo else {
      throw .unsupported(
        "descriptions are averaged at unit length, but in this model (X-CLIP) each video moves embeddings of texts as "
          + "they are: give labels, with templates if need be")
    }
    let (texts, labels, size) = (descriptions.texts, descriptions.labels, configuration.embeddingSize)
    let encoded = try labelBuffer(product([texts.count, size], "texts"))
    try encode(rows: texts.count, truncate: truncate, to: encoded.base) { (row, encode) throws(Failure) in
      var prompt = GrowingArray<UInt8>()
      do throws(Failure) {
        guard PromptTemplates.hasPlaceholder(texts[row]) else { return try encode(texts[row]) }
        try PromptTemplates.fill(texts[row], label: labels[descriptions.label(of: row)], into: &prompt)
        try encode(prompt.view)
      } catch { throw error.about("texts[\(row)]") }
    }
    let mean = try UnitMean(labels: labels.count, size: size)
    for row in 0..<texts.count {
      mean.add(
        encoded.base + row * size, to: descriptions.label(of: row), weight: descriptions.weight(of: row))
    }
    extendLifetime(encoded)
    mean.write(to: out)
  }

  /// Allocates room for label embeddings.
  func labelBuffer(_ count: Int) throws(Failure) -> FloatBuffer {
    do { return try FloatBuffer(count: count) } catch {
      throw .outOfMemory("\(count) numbers of labels' embeddings")
    }
  }
}
