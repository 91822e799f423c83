import System
import Text

/// Builds a `MergeList` merge by merge, and keeps the spelling of every symbol meanwhile.
///
/// It is stricter than the reference, which accepts any text: each part of a merge must be a byte or the product of
/// an earlier merge, and no two merges may make the same symbol. The encoder relies on both.
struct MergeBuilder: ~Copyable {
  private(set) var symbols: SymbolTable
  private var pairs: PairTable
  private var product: GrowingArray<UInt8>
  private(set) var count = 0

  /// Makes a builder for at most `capacity` merges.
  init(capacity: Int) throws(Failure) {
    var symbols = try SymbolTable(capacity: MergeList.fixedSymbols + capacity)
    try symbols.insertByteSymbols()
    let pairs = try PairTable(capacity: capacity)
    let product = try GrowingArray<UInt8>(capacity: 256)
    self.symbols = symbols
    self.pairs = pairs
    self.product = product
  }

  /// Adds the next merge, spelled "left right"; `location` names it in messages, such as "line 7".
  mutating func add(
    _ merge: UnsafeBufferPointer<UInt8>, _ location: @autoclosure () -> String
  ) throws(Failure) {
    try checkCancelled()
    guard let (left, right) = Self.parts(merge) else {
      throw Failure(
        .invalidMerges, "\(location()): expected two symbols with one space between, found \(quoted(merge))")
    }
    guard let leftID = symbols.find(left), let rightID = symbols.find(right) else {
      let unknown = symbols.find(left) == nil ? left : right
      throw Failure(
        .invalidMerges, "\(location()): \(quoted(unknown)) is neither a byte nor made by an earlier merge")
    }
    product.removeAll()
    try product.append(contentsOf: left)
    try product.append(contentsOf: right)
    guard let id = try symbols.insert(product.view) else {
      throw Failure(
        .invalidMerges, "\(location()): \(quoted(product.view)) is already made by an earlier merge")
    }
    pairs.insert(leftID, rightID, rank: id - Int32(MergeList.byteSymbols))
    count += 1
  }

  /// Whether `text` is a merge of two known symbols.
  func isMerge(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let (left, right) = Self.parts(text) else { return false }
    return symbols.find(left) != nil && symbols.find(right) != nil
  }

  /// Adds the two markers after the last merge. Repeated calls change nothing.
  mutating func addMarkers() throws(Failure) {
    for (offset, marker) in ["<|startoftext|>", "<|endoftext|>"].enumerated() {
      let expected = Int32(MergeList.byteSymbols + count + offset)
      let id = try Array(marker.utf8).withUnsafeBufferPointer { spelling throws(Failure) in
        if let id = symbols.find(spelling) { return Optional(id) }
        return try symbols.insert(spelling)
      }
      guard id == expected else {
        throw Failure(.invalidMerges, "a merge makes \(quoted(marker.utf8)), which is a marker")
      }
    }
  }

  consuming func finish() -> MergeList { MergeList(pairs: pairs, count: count) }

  /// The two symbols of a merge, which one space separates; nil if it has another form.
  private static func parts(
    _ merge: UnsafeBufferPointer<UInt8>
  ) -> (left: UnsafeBufferPointer<UInt8>, right: UnsafeBufferPointer<UInt8>)? {
    let space = UInt8(ascii: " ")
    guard let middle = merge.firstIndex(of: space), middle > 0, middle + 1 < merge.count,
      merge.lastIndex(of: space) == middle
    else { return nil }
    return (
      UnsafeBufferPointer(rebasing: merge[..<middle]), UnsafeBufferPointer(rebasing: merge[(middle + 1)...])
    )
  }
}
