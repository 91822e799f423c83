import System

/// The spellings of a vocabulary's pieces by id, with a search for those that a text begins with. `sort` makes it
/// usable for the search.
struct PieceTable: ~Copyable {
  private(set) var text = GrowingArray<UInt8>()
  /// The end of each piece's spelling in `text`; it begins where the previous one ends.
  private var ends = GrowingArray<Int>()
  /// The ids that the search finds, in the order of their spellings' bytes.
  private var order = GrowingArray<Int32>()
  /// The first place in `order` of each first byte, and the end. [257]
  private var firsts = GrowingArray<Int32>()

  /// The largest number of pieces; SigLIP 2 has 256,000.
  static let maximumPieces = 1 << 19
  /// The longest spelling, in bytes.
  static let maximumPieceBytes = 512

  var count: Int { ends.count }

  /// The spelling of the piece `id`, which must be below `count`; valid until the next piece is added.
  subscript(id: Int) -> UnsafeBufferPointer<UInt8> {
    let start = id == 0 ? 0 : ends[id - 1]
    return UnsafeBufferPointer(rebasing: text.view[start..<ends[id]])
  }

  /// Adds the next piece. Fails where it is too long, or one too many.
  mutating func append(_ spelling: UnsafeBufferPointer<UInt8>) throws(Failure) {
    guard spelling.count <= PieceTable.maximumPieceBytes else {
      throw Failure(
        .limit, "piece \(count) has \(spelling.count) bytes; at most \(PieceTable.maximumPieceBytes) are read"
      )
    }
    guard count < PieceTable.maximumPieces else {
      throw Failure(.limit, "the vocabulary has over \(PieceTable.maximumPieces) pieces")
    }
    try text.append(contentsOf: spelling)
    try ends.append(text.count)
  }

  /// Prepares the search for the pieces that `isFound` accepts by their ids. Fails where one of them is empty, or two
  /// of them are spelled alike.
  mutating func sort(_ isFound: (Int) -> Bool) throws(Failure) {
    var order = GrowingArray<Int32>()
    for id in 0..<count where isFound(id) {
      guard !self[id].isEmpty else {
        throw Failure(.invalidVocabulary, "piece \(id) of the vocabulary is empty")
      }
      try order.append(Int32(id))
    }
    try order.buffer.heapSort { (a, b) throws(Failure) in
      try checkCancelled()
      return self[Int(a)].lexicographicallyPrecedes(self[Int(b)])
    }
    var firsts = try GrowingArray<Int32>(repeating: 0, count: 257)
    for place in 0..<order.count {
      let own = self[Int(order[place])]
      if place > 0, own.elementsEqual(self[Int(order[place - 1])]) {
        throw Failure(
          .invalidVocabulary,
          "pieces \(order[place - 1]) and \(order[place]) of the vocabulary are spelled alike")
      }
      firsts[Int(own[0]) + 1] += 1
    }
    for byte in 0..<256 { firsts[byte + 1] += firsts[byte] }
    self.order = order
    self.firsts = firsts
  }

  /// Calls `body` with the id and the length of each piece that the text has at `start`, the shortest first.
  @inline(__always)
  func forEachPrefix(
    of text: UnsafeBufferPointer<UInt8>, from start: Int, _ body: (_ id: Int32, _ length: Int) -> Void
  ) {
    guard !order.isEmpty else { return }
    var (low, high) = (Int(firsts[Int(text[start])]), Int(firsts[Int(text[start]) + 1]))
    var length = 1
    // The pieces from `low` to `high` have the text's next `length` bytes.
    while low < high {
      if self[Int(order[low])].count == length {
        body(order[low], length)
        low += 1
      }
      guard start + length < text.count else { return }
      let byte = text[start + length]
      low = place(low, high) { self[$0][length] < byte }
      high = place(low, high) { self[$0][length] == byte }
      length += 1
    }
  }

  /// The first place of `low` ..< `high` whose piece `isBefore` does not accept; those that it accepts come first.
  @inline(__always)
  private func place(_ low: Int, _ high: Int, _ isBefore: (_ id: Int) -> Bool) -> Int {
    var (low, high) = (low, high)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(Int(order[middle])) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The id of the piece that is spelled so; nil if the search finds none.
  func find(_ spelling: UnsafeBufferPointer<UInt8>) -> Int32? {
    guard !spelling.isEmpty else { return nil }
    var found: Int32?
    forEachPrefix(of: spelling, from: 0) { id, length in if length == spelling.count { found = id } }
    return found
  }
}
