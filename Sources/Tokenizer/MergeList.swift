/// A merge list read into numbers: line 1 is a header, every further line one merge "left right" in
/// the spelling of `ByteAlphabet`, the best rank first. Ids: 256 bytes, the same 256 at the end of a
/// word, then one per merge. Source: CLIP `SimpleTokenizer.__init__`.
///
/// Stricter than the reference, which takes any text: each part must be a byte or the product of an
/// earlier line, and no two lines may make the same symbol. The encoder relies on both.
struct MergeList: ~Copyable {
  /// Merges of CLIP's own vocabulary of 49,408; the standard file goes on after them.
  static let standardCount = 48_894
  static let maximumCount = 1_000_000
  /// 256 bytes, twice.
  static let byteSymbols = 512
  /// The byte symbols and the two markers.
  static let fixedSymbols = byteSymbols + 2

  let pairs: PairTable
  let count: Int

  init(_ text: UnsafeBufferPointer<UInt8>, vocabularySize: Int?) throws(TokenizerError) {
    let required = try vocabularySize.map { size throws(TokenizerError) in try Self.mergeCount(of: size) }
    let wanted = required ?? Self.standardCount
    // The shortest merge is four bytes, so the text bounds what is allocated.
    let capacity = min(wanted, text.count / 4 + 1)
    var symbols = try SymbolTable(capacity: Self.byteSymbols + capacity)
    for id in 0..<Self.byteSymbols {
      _ = try ByteAlphabet.spelling(of: id).withUnsafeBufferPointer { spelling throws(TokenizerError) in
        try symbols.insert(spelling)
      }
    }
    var pairs = try PairTable(capacity: capacity)
    var lines = Lines(text)
    guard let header = lines.next() else {
      throw TokenizerError(.invalidMerges, "the merge list is empty")
    }
    try Self.checkHeader(header, symbols)
    var count = 0
    var product = try MemoryBuffer<UInt8>(capacity: 256)
    while count < wanted, let line = lines.next() {
      if line.isEmpty && lines.isBlankToTheEnd { break }
      let (left, right) = try Self.parts(line, lines.number)
      guard let leftID = symbols.find(left), let rightID = symbols.find(right) else {
        let unknown = symbols.find(left) == nil ? left : right
        throw TokenizerError(
          .invalidMerges,
          "line \(lines.number): \(quoted(unknown)) is neither a byte nor made by an earlier line")
      }
      product.removeAll()
      try product.append(contentsOf: left)
      try product.append(contentsOf: right)
      guard let id = try symbols.insert(product.view) else {
        throw TokenizerError(
          .invalidMerges,
          "line \(lines.number): \(quoted(product.view)) is already made by an earlier line")
      }
      pairs.insert(leftID, rightID, rank: id - Int32(Self.byteSymbols))
      count += 1
    }
    if let required, let size = vocabularySize, count < required {
      throw TokenizerError(
        .vocabularyMismatch,
        "the merge list has \(count) merges, but a vocabulary of \(size) needs \(required)")
    }
    guard count > 0 || required == 0 else {
      throw TokenizerError(.invalidMerges, "the merge list has a header but no merges")
    }
    self.pairs = pairs
    self.count = count
  }

  /// The list as a file's text: a header and the merges that are used. What is read from it again is the
  /// same list.
  var text: String {
    var pairs = [(left: Int32, right: Int32)](repeating: (0, 0), count: count)
    self.pairs.forEach { left, right, rank in pairs[Int(rank)] = (left, right) }
    var spellings = (0..<Self.byteSymbols).map { ByteAlphabet.spelling(of: $0) }
    var text = Array("#version: 0.2\n".utf8)
    for (left, right) in pairs {
      let (first, second) = (spellings[Int(left)], spellings[Int(right)])
      text += first + [UInt8(ascii: " ")] + second + [UInt8(ascii: "\n")]
      spellings.append(first + second)
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func mergeCount(of size: Int) throws(TokenizerError) -> Int {
    guard size >= fixedSymbols, size - fixedSymbols <= maximumCount else {
      throw TokenizerError(
        .vocabularyMismatch,
        "a vocabulary of \(size) cannot be CLIP's: expected \(fixedSymbols) to "
          + "\(fixedSymbols + maximumCount) entries (512 byte symbols, merges, two markers)")
    }
    return size - fixedSymbols
  }

  /// Line 1 is skipped whatever it says, as in CLIP; but a list that starts with its first merge
  /// would be off by one everywhere, so that is caught.
  private static func checkHeader(
    _ line: UnsafeBufferPointer<UInt8>, _ symbols: borrowing SymbolTable
  ) throws(TokenizerError) {
    guard let parts = try? parts(line, 1), symbols.find(parts.left) != nil,
      symbols.find(parts.right) != nil
    else { return }
    throw TokenizerError(
      .invalidMerges,
      "line 1 is the merge \(quoted(line)), not a header; begin the list with \"#version: 0.2\"")
  }

  private static func parts(
    _ line: UnsafeBufferPointer<UInt8>, _ number: Int
  ) throws(TokenizerError) -> (left: UnsafeBufferPointer<UInt8>, right: UnsafeBufferPointer<UInt8>) {
    let space = UInt8(ascii: " ")
    guard let middle = line.firstIndex(of: space), middle > 0, middle + 1 < line.count,
      line.lastIndex(of: space) == middle
    else {
      throw TokenizerError(
        .invalidMerges,
        "line \(number): expected two symbols with one space between, found \(quoted(line))")
    }
    return (
      UnsafeBufferPointer(rebasing: line[..<middle]), UnsafeBufferPointer(rebasing: line[(middle + 1)...])
    )
  }
}

/// Lines ended by "\n" or "\r\n", counted from 1.
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

  var isBlankToTheEnd: Bool {
    text.dropFirst(position).allSatisfy { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
  }
}
