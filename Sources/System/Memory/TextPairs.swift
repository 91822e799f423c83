/// Keys with values, texts in memory that can be refused. Filled by one thread before others read it.
public final class TextPairs: @unchecked Sendable {
  // Unchecked: not changed once it is shared.
  /// Each key with its value behind it.
  private let texts = TextList()
  /// The numbers of the pairs in their order.
  private var order = GrowingArray<Int>()

  public init() {}

  public var count: Int { order.count }
  public var isEmpty: Bool { order.isEmpty }
  /// Bytes of all keys and values together, with their NULs.
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

  /// Valid until a pair is added; `index` must be in 0 ..< count.
  public func key(_ index: Int) -> UnsafeBufferPointer<UInt8> { texts[2 * order[index]] }
  public func value(_ index: Int) -> UnsafeBufferPointer<UInt8> { texts[2 * order[index] + 1] }

  /// A key as a C string, valid until a pair is added; nil if there is none of this index.
  public func keyString(_ index: Int) -> UnsafePointer<CChar>? {
    index >= 0 && index < count ? texts.cString(2 * order[index]) : nil
  }
  public func valueString(_ index: Int) -> UnsafePointer<CChar>? {
    index >= 0 && index < count ? texts.cString(2 * order[index] + 1) : nil
  }

  /// Where a key stands; nil if it is not there.
  public func index(of key: some Sequence<UInt8>) -> Int? {
    (0..<count).first { self.key($0).elementsEqual(key) }
  }

  /// By the bytes of the keys.
  public func sort() {
    order.buffer.heapSort { texts[2 * $0].lexicographicallyPrecedes(texts[2 * $1]) }
  }
}
