/// A list of pairs of texts, a key and a value each. Appending throws where memory is refused. One thread fills the
/// list before others read it.
public final class TextPairs: @unchecked Sendable {
  // Unchecked: the list does not change once it is shared.
  /// The keys and values by turns, in the order in which they were appended.
  private let texts = TextList()
  /// For each pair by its index, its number in the order of appending.
  private var order = GrowingArray<Int>()

  public init() {}

  public var count: Int { order.count }
  public var isEmpty: Bool { order.isEmpty }
  /// Bytes of all keys and values and their NULs.
  public var byteCount: Int { texts.byteCount }

  public func append(
    _ key: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>
  ) throws(Failure) {
    try texts.append(key)
    try texts.append(value)
    try order.append(order.count)
  }

  public func append(_ key: String, _ value: String) throws(Failure) {
    try texts.append(key)
    try texts.append(value)
    try order.append(order.count)
  }

  /// The key at `index`, which must be in 0 ..< count; valid until a pair is added.
  public func key(_ index: Int) -> UnsafeBufferPointer<UInt8> { texts[2 * order[index]] }
  /// The value at `index`, which must be in 0 ..< count; valid until a pair is added.
  public func value(_ index: Int) -> UnsafeBufferPointer<UInt8> { texts[2 * order[index] + 1] }

  /// The key at `index` as a C string, valid until a pair is added; nil if the index is out of range.
  public func keyString(_ index: Int) -> UnsafePointer<CChar>? {
    index >= 0 && index < count ? texts.cString(2 * order[index]) : nil
  }
  /// The value at `index` as a C string, valid until a pair is added; nil if the index is out of range.
  public func valueString(_ index: Int) -> UnsafePointer<CChar>? {
    index >= 0 && index < count ? texts.cString(2 * order[index] + 1) : nil
  }

  /// The index of the first pair with this key; nil if there is none.
  public func index(of key: some Sequence<UInt8>) -> Int? {
    (0..<count).first { self.key($0).elementsEqual(key) }
  }

  /// Sorts the pairs by the bytes of their keys.
  public func sort() {
    order.buffer.heapSort { texts[2 * $0].lexicographicallyPrecedes(texts[2 * $1]) }
  }
}
