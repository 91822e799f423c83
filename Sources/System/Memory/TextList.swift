/// Texts one behind the other, each with a NUL after it, in memory that can be refused. Filled by one thread before
/// others read it.
public final class TextList: @unchecked Sendable {
  // Unchecked: not changed once it is shared.
  private var bytes = GrowingArray<UInt8>()
  /// Where each text ends in `bytes`, before its NUL.
  private var ends = GrowingArray<Int>()

  public init() {}

  /// Copies a few texts, such as a model's own templates.
  public convenience init(_ texts: [String]) throws(Failure) {
    self.init()
    for text in texts { try append(text) }
  }

  public var count: Int { ends.count }
  public var isEmpty: Bool { ends.isEmpty }

  /// Bytes of all texts together, with their NULs.
  public var byteCount: Int { bytes.count }

  public func append(_ text: UnsafeBufferPointer<UInt8>) throws(Failure) {
    try bytes.append(contentsOf: text)
    try end()
  }

  public func append(_ text: String) throws(Failure) {
    for byte in text.utf8 { try bytes.append(byte) }
    try end()
  }

  private func end() throws(Failure) {
    let end = bytes.count
    try bytes.append(0)
    try ends.append(end)
  }

  /// A text without its NUL; valid until the list grows or ends. Take it of a list that a variable holds: a temporary one
  /// has ended before the text is read. `index` must be in 0 ..< count.
  public subscript(index: Int) -> UnsafeBufferPointer<UInt8> {
    let start = index == 0 ? 0 : ends[index - 1] + 1
    return UnsafeBufferPointer(rebasing: bytes.view[start..<ends[index]])
  }

  /// A text with its NUL, as C reads it; nil if there is none of this index. Valid until the list grows or ends.
  public func cString(_ index: Int) -> UnsafePointer<CChar>? {
    guard index >= 0, index < count, let base = bytes.view.baseAddress else { return nil }
    let start = index == 0 ? 0 : ends[index - 1] + 1
    return UnsafeRawPointer(base + start).assumingMemoryBound(to: CChar.self)
  }
}
