import Glibc

/// Strings as C has them, for as long as this object lives.
final class CStrings: @unchecked Sendable {
  // Unchecked: written in the initialiser only.
  private let strings: UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>

  init(_ texts: [String]) throws(Failure) {
    guard let memory = calloc(max(texts.count, 1), MemoryLayout<UnsafeMutablePointer<CChar>?>.stride)
    else { throw .outOfMemory("\(texts.count) strings") }
    strings = UnsafeMutableBufferPointer(
      start: memory.bindMemory(to: UnsafeMutablePointer<CChar>?.self, capacity: texts.count),
      count: texts.count)
    for (index, text) in texts.enumerated() {
      strings[index] = strdup(text)
      guard strings[index] != nil else { throw .outOfMemory("\(texts.count) strings") }
    }
  }

  deinit {
    for string in strings { free(string) }
    free(strings.baseAddress)
  }

  var count: Int32 { Int32(clamping: strings.count) }

  /// Nil if there is none of this index.
  subscript(index: Int) -> UnsafePointer<CChar>? {
    strings.indices.contains(index) ? UnsafePointer(strings[index]) : nil
  }
}
