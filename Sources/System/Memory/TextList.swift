/// A list of texts, stored one after another with a NUL after each. Appending throws where memory is refused. One
/// thread fills the list before others read it.
public final class TextList: @unchecked Sendable {
  // Unchecked: the list does not change once it is shared.
  private var bytes = GrowingArray<UInt8>()
  /// The offset in `bytes` of the NUL after each text.
  private var ends = GrowingArray<Int>()

  public init() {}

  /// Copies a few Swift strings, such as built-in templates.
  public convenience init(_ texts: [String]) throws(Failure) {
    self.init()
    for text in texts { try append(text) }
  }

  public var count: Int { ends.count }
  public var isEmpty: Bool { ends.isEmpty }

  /// Bytes of all texts and their NULs.
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

  /// The text at `index`, which must be in 0 ..< count, without its NUL; valid until the list grows or is destroyed.
  /// Keep the list in a variable: a temporary list is destroyed before the text is read.
  public subscript(index: Int) -> UnsafeBufferPointer<UInt8> {
    let start = index == 0 ? 0 : ends[index - 1] + 1
    return UnsafeBufferPointer(rebasing: bytes.view[start..<ends[index]])
  }

  /// The text at `index` as a C string; nil if the index is out of range. Valid until the list grows or is destroyed.
  public func cString(_ index: Int) -> UnsafePointer<CChar>? {
    guard index >= 0, index < count, let base = bytes.view.baseAddress else { return nil }
    let start = index == 0 ? 0 : ends[index - 1] + 1
    return UnsafeRawPointer(base + start).assumingMemoryBound(to: CChar.self)
  }
}
