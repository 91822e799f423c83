import System

/// A tokenizer of pieces that are no byte pairs of CLIP's: SigLIP's, BERT's. Immutable after loading.
protocol PieceModel: AnyObject, Sendable {
  var kind: TokenizerKind { get }
  /// The ids that a row has besides those of its text.
  var marks: Int { get }
  /// The number of ids that texts can have.
  var count: Int { get }
  /// The id of the mark at the end of a text.
  var endOfText: Int32 { get }
  /// The id that fills a row after the end of its text.
  var padding: Int32 { get }

  /// Appends the ids of a text, without the mark at its end. Fails if the text is not UTF-8, or too long.
  func append(_ utf8: UnsafeBufferPointer<UInt8>, to ids: inout GrowingArray<Int32>) throws(Failure)

  /// Appends a tokenizer file that gives the same ids.
  func write(to file: inout GrowingArray<UInt8>) throws(Failure)

  /// Refuses a vocabulary of another size than the model's, `size`.
  func check(vocabularySize size: Int?) throws(Failure)

  /// Writes the row of a text for the text encoder: its ids, as many as there is room for, with the marks around them,
  /// and padding up to the row's end. A row has room for at least two ids.
  func encodeRow(_ ids: UnsafeBufferPointer<Int32>, into row: UnsafeMutableBufferPointer<Int32>)
}

// SigLIP's.
extension PieceModel {
  var kind: TokenizerKind { .pieces }
  var marks: Int { 1 }

  /// A model's table of embeddings may be filled up to a multiple of 128 rows.
  func check(vocabularySize size: Int?) throws(Failure) {
    guard let size, count > size || size - count >= 128 else { return }
    throw Failure(
      .vocabularyMismatch, "the tokenizer has \(count) tokens, but the model's vocabulary has \(size)")
  }

  func encodeRow(_ ids: UnsafeBufferPointer<Int32>, into row: UnsafeMutableBufferPointer<Int32>) {
    let kept = min(ids.count, row.count - 1)
    for index in 0..<kept { row[index] = ids[index] }
    row[kept] = endOfText
    for index in kept + 1..<row.count { row[index] = padding }
  }
}
