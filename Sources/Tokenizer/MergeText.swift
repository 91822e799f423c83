import System

/// A reader of merge files: line 1 is a header, and each further line is one merge in the spelling of `ByteAlphabet`.
enum MergeText {
  /// Reads as many merges as a vocabulary of `vocabularySize` tokens has and ignores later ones; nil: the standard
  /// number of merges, or fewer if the text ends earlier.
  static func read(
    _ text: UnsafeBufferPointer<UInt8>, vocabularySize: Int?
  ) throws(Failure) -> MergeBuilder {
    let required = try vocabularySize.map { size throws(Failure) in
      try MergeList.count(ofVocabulary: size)
    }
    let wanted = required ?? MergeList.standardCount
    // The shortest merge has four bytes, so the length of the text bounds the allocation.
    var builder = try MergeBuilder(capacity: min(wanted, text.count / 4 + 1))
    var lines = Lines(text)
    guard let header = lines.next() else {
      throw Failure(.invalidMerges, "the merge list is empty")
    }
    // CLIP skips line 1 unread, but some exports have no header and begin with the first merge.
    if builder.isMerge(header) { lines = Lines(text) }
    while builder.count < wanted, let line = lines.next() {
      if line.isEmpty && lines.isBlankToTheEnd { break }
      try builder.add(line, "line \(lines.number)")
    }
    if let required, let size = vocabularySize, builder.count < required {
      throw Failure(
        .vocabularyMismatch,
        "the merge list has \(builder.count) merges, but a vocabulary of \(size) needs \(required)")
    }
    guard builder.count > 0 || required == 0 else {
      throw Failure(.invalidMerges, "the merge list has a header but no merges")
    }
    return builder
  }
}

/// Splits a text into lines that end with "\n" or "\r\n", and counts them from 1.
private struct Lines {
  private let text: UnsafeBufferPointer<UInt8>
  private var position = 0
  private(set) var number = 0

  init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

  mutating func next() -> UnsafeBufferPointer<UInt8>? {
    guard position < text.count else { return nil }
    let rest = text[position...]
    let newline = rest.firstIndex(of: UInt8(ascii: "\n")) ?? text.count
    var end = newline
    if end > position, text[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    let line = UnsafeBufferPointer(rebasing: text[position..<end])
    position = newline + 1
    number += 1
    return line
  }

  /// Whether nothing but empty lines is left.
  var isBlankToTheEnd: Bool {
    text.dropFirst(position).allSatisfy { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
  }
}
