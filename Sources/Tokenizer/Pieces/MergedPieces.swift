import System
import Text

/// SentencePiece's byte-pair model as SigLIP 2 uses it, Gemma's: the characters of a text are merged pair by pair, the
/// pair of lowest rank first and of equal ranks the leftmost one, and a character that no piece has is spelled by the
/// pieces of its bytes. Texts are put in lower case, as SigLIP 2 was trained. Ids equal those of transformers'
/// `Siglip2Tokenizer`. Source: tokenizers `models/bpe/model.rs`, `word.rs`.
final class MergedPieces: PieceModel {
  let pieces: SymbolTable
  let pairs: PairTable
  /// The piece that each rank's merge makes.
  let products: GrowingArray<Int32>
  /// Pieces that are found in a text before anything is merged, as it is given, and the id of each.
  let added: PieceTable
  let addedIDs: GrowingArray<Int32>
  let endOfText: Int32
  let padding: Int32
  /// The piece of each byte. [256]
  private let bytePieces: GrowingArray<Int32>

  var count: Int { pieces.count }

  /// Takes the vocabulary of a file. Fails where it has no piece for a byte, or no mark of an end or of padding.
  init(
    _ pieces: consuming SymbolTable, _ pairs: consuming PairTable, _ products: consuming GrowingArray<Int32>,
    _ added: consuming PieceTable, _ addedIDs: consuming GrowingArray<Int32>
  ) throws(Failure) {
    endOfText = try MergedPieces.mark("<eos>", pieces)
    padding = try MergedPieces.mark("<pad>", pieces)
    var bytePieces = try GrowingArray<Int32>(repeating: -1, count: 256)
    for id in 0..<pieces.count {
      if let byte = BytePiece.byte(of: pieces.spelling(of: id)) { bytePieces[Int(byte)] = Int32(id) }
    }
    for byte in 0..<256 where bytePieces[byte] < 0 {
      throw Failure(.invalidVocabulary, "the vocabulary has no piece of the byte \(byte)")
    }
    self.bytePieces = bytePieces
    self.pieces = pieces
    self.pairs = pairs
    self.products = products
    self.added = added
    self.addedIDs = addedIDs
  }

  private static func mark(_ mark: StaticString, _ pieces: borrowing SymbolTable) throws(Failure) -> Int32 {
    let spelling = UnsafeBufferPointer(start: mark.utf8Start, count: mark.utf8CodeUnitCount)
    if let id = pieces.find(spelling) { return id }
    throw Failure(.invalidVocabulary, "the vocabulary has no mark '\(mark)': it is not SigLIP 2's")
  }

  // MARK: - Encoding

  func append(_ utf8: UnsafeBufferPointer<UInt8>, to ids: inout GrowingArray<Int32>) throws(Failure) {
    guard utf8.count <= TextCleaner.maximumText, isUTF8(utf8) else {
      _ = try SigLIPText.scalars(utf8)  // which says why
      return
    }
    var (start, position) = (0, 0)
    while position < utf8.count {
      if position % 4096 == 0 { try checkCancelled() }
      var (found, length): (Int32?, Int) = (nil, 0)
      added.forEachPrefix(of: utf8, from: position) { (found, length) = ($0, $1) }
      guard let found else {
        position += 1
        continue
      }
      try appendMerged(UnsafeBufferPointer(rebasing: utf8[start..<position]), to: &ids)
      try ids.append(addedIDs[Int(found)])
      position += length
      start = position
    }
    try appendMerged(UnsafeBufferPointer(rebasing: utf8[start...]), to: &ids)
  }

  // Not private: the compiler of Swift 6.3 fails on a private type in a noncopyable field.
  /// A symbol of a text, in a doubly linked list.
  struct Symbol: BitwiseCopyable {
    /// The piece; -1 once it was merged with the one before it.
    var id: Int32
    var before: Int32
    var after: Int32
  }

  /// Appends the ids of a part of a text that has no added piece in it.
  private func appendMerged(
    _ utf8: UnsafeBufferPointer<UInt8>, to ids: inout GrowingArray<Int32>
  ) throws(Failure) {
    guard !utf8.isEmpty else { return }
    let scalars = try SigLIPText.scalars(utf8)
    var lower = try GrowingArray<UInt32>(capacity: scalars.count)
    try Lowercase.append(scalars.view, finalSigma: false, to: &lower)
    var symbols = try GrowingArray<Symbol>(capacity: lower.count)
    var spelling = GrowingArray<UInt8>()
    func append(_ id: Int32) throws(Failure) {
      let index = Int32(symbols.count)
      try symbols.append(Symbol(id: id, before: index - 1, after: index + 1))
    }
    for value in lower.view {
      spelling.removeAll()
      let scalar = value == 0x20 ? SigLIPText.space : value
      try UTF8Scalars.forEachByte(of: scalar) { (byte) throws(Failure) in try spelling.append(byte) }
      if let id = pieces.find(spelling.view) {
        try append(id)
      } else {
        for byte in spelling.view { try append(bytePieces[Int(byte)]) }
      }
    }
    try merge(&symbols)
    for symbol in symbols.view where symbol.id >= 0 { try ids.append(symbol.id) }
  }

  private func merge(_ symbols: inout GrowingArray<Symbol>) throws(Failure) {
    let end = Int32(symbols.count)
    var queue = MergeQueue()
    for index in 0..<max(end - 1, 0) {
      try queue.add(pairs.rank(symbols[Int(index)].id, symbols[Int(index) + 1].id), at: index)
    }
    var steps = 0
    while let (rank, place) = queue.next() {
      if steps % 4096 == 0 { try checkCancelled() }
      steps += 1
      let left = symbols[Int(place)]
      guard left.id >= 0, left.after < end else { continue }
      let right = symbols[Int(left.after)]
      let found = pairs.rank(left.id, right.id)
      // A pair of other symbols that make the same piece is merged in its place, as in tokenizers.
      guard found != PairTable.none, products[Int(found)] == products[Int(rank)] else { continue }
      symbols[Int(left.after)].id = -1
      symbols[Int(place)].id = products[Int(rank)]
      symbols[Int(place)].after = right.after
      if right.after < end {
        symbols[Int(right.after)].before = place
        try queue.add(pairs.rank(products[Int(rank)], symbols[Int(right.after)].id), at: place)
      }
      if left.before >= 0 {
        try queue.add(pairs.rank(symbols[Int(left.before)].id, products[Int(rank)]), at: left.before)
      }
    }
  }
}

/// A queue of merges by rank, of equal ranks the leftmost one first: a binary heap.
struct MergeQueue: ~Copyable {
  /// The rank in the upper half, the place in the lower one.
  private var keys = GrowingArray<UInt64>()

  /// Adds the merge of a pair that begins at `place`; nothing for a pair that has none.
  mutating func add(_ rank: Int32, at place: Int32) throws(Failure) {
    guard rank != PairTable.none else { return }
    try keys.append(UInt64(UInt32(bitPattern: rank)) << 32 | UInt64(UInt32(bitPattern: place)))
    var child = keys.count - 1
    while child > 0, keys[child] < keys[(child - 1) / 2] {
      keys.buffer.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Takes the first merge out; nil where none is left.
  mutating func next() -> (rank: Int32, place: Int32)? {
    guard let first = keys.view.first else { return nil }
    keys[0] = keys[keys.count - 1]
    keys.removeLast()
    var parent = 0
    while 2 * parent + 1 < keys.count {
      var child = 2 * parent + 1
      if child + 1 < keys.count, keys[child + 1] < keys[child] { child += 1 }
      guard keys[child] < keys[parent] else { break }
      keys.buffer.swapAt(child, parent)
      parent = child
    }
    return (Int32(truncatingIfNeeded: first >> 32), Int32(truncatingIfNeeded: first & 0xFFFF_FFFF))
  }
}
